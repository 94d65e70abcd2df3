package mmapio

import (
	"errors"
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"mmapbench/internal/units"
)

// mapRead maps n bytes at off for reading, in the way the options ask for.
func (c *config) mapRead(fd int, off, n int64) ([]byte, error) {
	prot, flags := unix.PROT_READ, unix.MAP_SHARED
	if c.private {
		flags = unix.MAP_PRIVATE
	}
	if c.stores {
		prot |= unix.PROT_WRITE
	}
	if c.noreserve {
		// Only a private mapping that may be written to is accounted for,
		// so only there does the flag change anything. Nothing is stored.
		prot, flags = prot|unix.PROT_WRITE, flags|unix.MAP_NORESERVE
	}
	return c.mapRange(fd, off, n, prot, flags)
}

// mapWindow maps a piece of a file that is being appended to.
func (c *config) mapWindow(fd int, off, n int64) ([]byte, error) {
	return c.mapRange(fd, off, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
}

// mapRange maps n bytes at off, then advises, then locks: so that the advice
// already holds for what locking reads.
func (c *config) mapRange(fd int, off, n int64, prot, flags int) ([]byte, error) {
	at := uintptr(0) // the kernel chooses
	if c.advises(unix.MADV_COLLAPSE) {
		at = hugeHole(n)
	}
	m, err := mmap(at, fd, off, n, prot, flags|c.flags)
	if err != nil {
		return nil, err
	}
	if err := c.prepare(m); err != nil {
		return nil, errors.Join(err, munmap(m))
	}
	return m, nil
}

func (c *config) prepare(m []byte) error {
	for _, a := range c.advice {
		if err := advise(m, a); err != nil {
			return err
		}
	}
	switch {
	case c.locked:
		return lock(m, 0)
	case c.onFault:
		return lock(m, unix.MLOCK_ONFAULT)
	}
	return nil
}

// hugeHole finds free addresses for n bytes that begin at a huge page, or returns 0: only
// there can huge pages be mapped, and tmpfs does not look for such a place by itself.
func hugeHole(n int64) uintptr {
	m, err := mmap(0, -1, 0, n+hugePage, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil || munmap(m) != nil {
		return 0
	}
	huge := uintptr(hugePage)
	return (uintptr(unsafe.Pointer(unsafe.SliceData(m))) + huge - 1) / huge * huge
}

// mmap and munmap are the bare system calls, made without telling the scheduler, as
// those of package readwrite are: a moving window makes two for every few accesses.
func mmap(at uintptr, fd int, off, n int64, prot, flags int) ([]byte, error) {
	at, _, errno := syscall.RawSyscall6(syscall.SYS_MMAP, at, uintptr(n), uintptr(prot), uintptr(flags), uintptr(fd),
		uintptr(off))
	if errno != 0 {
		return nil, fmt.Errorf("mmap %s at offset %d: %w", units.FormatSize(n), off, errno)
	}
	// What the kernel chose is no address of Go's: it is read as a pointer from where it
	// stands, as vet knows no other way to say so.
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&at)), n), nil
}

func munmap(m []byte) error {
	if m == nil {
		return nil
	}
	_, _, errno := syscall.RawSyscall(syscall.SYS_MUNMAP, uintptr(unsafe.Pointer(unsafe.SliceData(m))),
		uintptr(len(m)), 0)
	if errno != 0 {
		return fmt.Errorf("munmap: %w", errno)
	}
	return nil
}

// lock brings in every page and keeps it, or with MLOCK_ONFAULT each page once it is
// touched. mlock2(2) reports a page that could not be brought in, MAP_LOCKED does not.
func lock(m []byte, flags uintptr) error {
	_, _, errno := unix.Syscall(unix.SYS_MLOCK2, uintptr(unsafe.Pointer(unsafe.SliceData(m))), uintptr(len(m)), flags)
	if errno != 0 {
		return lockError(int64(len(m)), errno)
	}
	return nil
}

func lockError(size int64, err error) error {
	err = fmt.Errorf("lock %s in memory: %w", units.FormatSize(size), err)
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOMEM) || errors.Is(err, unix.EAGAIN) {
		return fmt.Errorf("%w: the limit is %s; raise it (ulimit -l, or LimitMEMLOCK= of a unit) or grant CAP_IPC_LOCK",
			err, lockLimit())
	}
	return err
}

func lockLimit() string {
	var r unix.Rlimit
	switch err := unix.Getrlimit(unix.RLIMIT_MEMLOCK, &r); {
	case err != nil:
		return "unknown"
	case r.Cur == unix.RLIM_INFINITY:
		return "unlimited"
	}
	return units.FormatSize(int64(r.Cur))
}
