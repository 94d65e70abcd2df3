package mmapio

import (
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"mmapbench/internal/units"
	"mmapbench/io/backend"
)

// The values of the option growth: how the mapping of an append follows its file.
const (
	byWindow = "window" // the new part alone is mapped, the part before is unmapped
	byRemap  = "remap"  // munmap(2), and mmap(2) of the whole file
	byMremap = "mremap" // mremap(2), which may move what is mapped
	byFixed  = "fixed"  // MAP_FIXED: the new part is mapped behind the rest
)

// step is by how much a file of so many bytes grows.
func (c *config) step(length int64) int64 {
	if c.double {
		return max(c.grow, length)
	}
	return c.grow
}

// extend makes the file longer, and the mapping of the whole file with it.
func (a *appendFile) extend() error {
	size := int64(len(a.win)) + a.c.step(int64(len(a.win)))
	if err := unix.Ftruncate(a.fd, size); err != nil {
		return backend.Failed(fmt.Sprintf("grow to %d bytes", size), a.path, err)
	}
	win, err := a.remap(a.win, size)
	if err != nil {
		return backend.Failed("map", a.path, err)
	}
	a.win = win
	return nil
}

// remap returns a mapping of the first size bytes of the file, of which old is mapped.
func (a *appendFile) remap(old []byte, size int64) ([]byte, error) {
	mapped := int64(len(old))
	switch {
	case a.c.growth == byFixed:
		return a.behind(mapped, size)
	case a.c.growth == byMremap && mapped > 0:
		m, err := mremap(old, size)
		if err != nil {
			return nil, err
		}
		a.win = m // what was mapped before may be elsewhere now
		return m, a.c.prepare(m[mapped:])
	}
	a.win = nil
	if err := munmap(old); err != nil {
		return nil, err
	}
	return a.c.mapWindow(a.fd, 0, size)
}

// reserved is how many addresses are set aside for a file of the size, which doubles or
// takes one step too many at most. They cost nothing, so that there are plenty.
func (c *config) reserved(size int64) int64 { return 2*(pages(size)+c.grow) + 1<<30 }

// behind maps what the file has grown by where the addresses that were set aside go on. A
// page that nobody may touch takes no memory, and is not accounted for.
func (a *appendFile) behind(mapped, size int64) (m []byte, err error) {
	if a.addresses == nil {
		a.addresses, err = mmap(0, -1, 0, a.c.reserved(a.size), unix.PROT_NONE,
			unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE)
		if err != nil {
			return nil, fmt.Errorf("set addresses aside: %w", err)
		}
	}
	if size > int64(len(a.addresses)) {
		return nil, fmt.Errorf("%s are more than the %s of addresses that were set aside", units.FormatSize(size),
			units.FormatSize(int64(len(a.addresses))))
	}
	base := unsafe.Pointer(unsafe.SliceData(a.addresses))
	part, err := mmap(uintptr(base)+uintptr(mapped), a.fd, mapped, size-mapped, unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_SHARED|unix.MAP_FIXED|a.c.flags)
	if err != nil {
		return nil, err
	}
	return a.addresses[:size], a.c.prepare(part)
}

// mremap is the bare system call, as mmap is.
func mremap(m []byte, size int64) ([]byte, error) {
	at, _, errno := syscall.RawSyscall6(syscall.SYS_MREMAP, uintptr(unsafe.Pointer(unsafe.SliceData(m))),
		uintptr(len(m)), uintptr(size), unix.MREMAP_MAYMOVE, 0, 0)
	if errno != 0 {
		return nil, fmt.Errorf("mremap to %s: %w", units.FormatSize(size), errno)
	}
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&at)), size), nil
}
