package mmapio

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"

	"mmapbench/internal/units"
)

// mapRead maps the whole file for reading, in the way the options ask for.
func (c *config) mapRead(fd int, size int64) ([]byte, error) {
	prot, flags := unix.PROT_READ, unix.MAP_SHARED
	if c.private {
		flags = unix.MAP_PRIVATE
	}
	if c.noreserve {
		// Only a private mapping that may be written to is accounted for,
		// so only there does the flag change anything. Nothing is stored.
		prot, flags = prot|unix.PROT_WRITE, flags|unix.MAP_NORESERVE
	}
	return c.mapRange(fd, 0, size, prot, flags)
}

// mapWindow maps a piece of a file that is being appended to.
func (c *config) mapWindow(fd int, off, n int64) ([]byte, error) {
	return c.mapRange(fd, off, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
}

// mapRange maps n bytes at off, then advises, then locks: so that the advice
// already holds for what locking reads.
func (c *config) mapRange(fd int, off, n int64, prot, flags int) ([]byte, error) {
	m, err := mmap(fd, off, n, prot, flags|c.flags)
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
	if c.locked {
		return lock(m)
	}
	return nil
}

// mmap does not go through unix.Mmap, which takes a mutex and keeps a map of
// all mappings: here mapping and unmapping are themselves timed.
func mmap(fd int, off, n int64, prot, flags int) ([]byte, error) {
	p, err := unix.MmapPtr(fd, off, nil, uintptr(n), prot, flags)
	if err != nil {
		return nil, fmt.Errorf("mmap %s at offset %d: %w", units.FormatSize(n), off, err)
	}
	return unsafe.Slice((*byte)(p), n), nil
}

func munmap(m []byte) error {
	if m == nil {
		return nil
	}
	if err := unix.MunmapPtr(unsafe.Pointer(unsafe.SliceData(m)), uintptr(len(m))); err != nil {
		return fmt.Errorf("munmap: %w", err)
	}
	return nil
}

// lock brings in every page and keeps it. mlock(2) reports a page that could
// not be brought in, MAP_LOCKED does not.
func lock(m []byte) error {
	if err := unix.Mlock(m); err != nil {
		return lockError(int64(len(m)), err)
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
