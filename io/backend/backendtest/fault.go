package backendtest

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"unsafe"

	"golang.org/x/sys/unix"

	"mmapbench/io/backend"
)

// shortened cuts the file while it is open. A read must then say so; for a
// mapping it is a SIGBUS, and its address must lie in the mapping, because that
// is how the worker process tells it from a bug.
func shortened(s *suite) (err error) {
	if !faultsTellAddress() {
		return errSkip
	}
	record := s.up(page)
	size := 4 * record
	r, err := s.open(size, record)
	if err != nil {
		return err
	}
	defer r.closing(&err)
	first, err := r.w.View(0, record)
	if err != nil {
		return err
	}
	base := uintptr(unsafe.Pointer(&first[0]))
	if err := os.Truncate(s.path("data"), int64(record)); err != nil {
		return err
	}
	var sink uint64
	accesses := map[string]func() error{"View": func() error {
		p, err := r.w.View(int64(3*record), record)
		if err == nil {
			sink += want(backend.Sum, p, 0)
		}
		return err
	}}
	for _, c := range consumers {
		accesses["Do, consumer "+c.String()] = func() error {
			b := backend.Batch{Record: record, N: 1, Consumer: c}
			b.Off[0] = int64(3 * record)
			return r.do.Do(&b)
		}
	}
	for what, access := range accesses {
		addr, err := guard(access)
		switch {
		case err == nil:
			return fmt.Errorf("%s: nothing happened (sum %d)", what, sink)
		case errors.Is(err, errFault) && (addr < base || addr >= base+uintptr(size)):
			return fmt.Errorf("%s: fault at %#x, outside the mapping at %#x", what, addr, base)
		}
	}
	return r.view(0, record) // what is left is still there
}

var errFault = errors.New("memory fault")

// guard calls f and turns a memory fault into an error with its address.
func guard(f func() error) (addr uintptr, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch p := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }:
			addr, err = p.Addr(), errFault
		default:
			panic(p)
		}
	}()
	return 0, f()
}

// errSkip says that a check cannot be made here.
var errSkip = errors.New("memory faults carry no address here, as under user-mode emulation")

// faultsTellAddress reports whether a fault arrives with its address. It does
// not under user-mode emulation.
func faultsTellAddress() bool {
	fd, err := unix.MemfdCreate("backendtest", unix.MFD_CLOEXEC)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	p, err := unix.MmapPtr(fd, 0, nil, uintptr(page), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return false
	}
	defer unix.MunmapPtr(p, uintptr(page))
	var sink byte
	addr, err := guard(func() error { // the file is empty: this page does not exist
		sink = *(*byte)(p)
		return fmt.Errorf("read %d", sink)
	})
	return errors.Is(err, errFault) && addr == uintptr(p)
}
