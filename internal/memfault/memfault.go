// Package memfault turns a fault of a load or store on a mapping into an error
// with its address.
//
// A mapping moves I/O errors from return values into signals, so whoever touches a
// mapping must expect the touch itself to fail: the file was truncated (SIGBUS),
// its disk is full, the device did not deliver the page, or the page may not be
// touched that way (SIGSEGV). Go tells the address, and not which of the signals
// arrived.
package memfault

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"unsafe"

	"golang.org/x/sys/unix"

	"mmapbench/internal/posix"
)

// Error is a load or store that failed.
type Error struct{ Addr uintptr }

func (e *Error) Error() string {
	return fmt.Sprintf("the access to memory at address %#x failed (SIGBUS or SIGSEGV)", e.Addr)
}

// In reports whether the fault lies in the mapping, and how many bytes from its
// beginning.
func (e *Error) In(m []byte) (offset int64, ok bool) {
	base := uintptr(unsafe.Pointer(unsafe.SliceData(m)))
	return int64(e.Addr) - int64(base), e.Addr >= base && e.Addr < base+uintptr(len(m))
}

// Catch runs access and returns its error, or an *Error if a load, a store or a
// copy of its own goroutine faulted (debug.SetPanicOnFault). A system call that
// is handed such memory does not fault: it returns EFAULT. Other panics go on.
func Catch(access func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch p := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }:
			err = &Error{p.Addr()}
		default:
			panic(p)
		}
	}()
	return access()
}

// Works reports whether a fault arrives here with its address. It does not
// under emulation of user mode alone (qemu-user).
func Works() bool {
	fd, err := unix.MemfdCreate("memfault", unix.MFD_CLOEXEC)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	m, err := posix.Mmap(fd, 0, int64(os.Getpagesize()), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return false
	}
	defer posix.Munmap(m)
	var sink byte
	err = Catch(func() error { // the file is empty: this page does not exist
		sink = m[0]
		return fmt.Errorf("read %d", sink)
	})
	fault, ok := errors.AsType[*Error](err)
	return ok && fault.Addr == uintptr(unsafe.Pointer(&m[0]))
}
