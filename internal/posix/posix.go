// Package posix has the system calls that several packages make, in the form in
// which all of them need the calls. A call that a signal interrupted before it did
// anything (EINTR) is made again: local disks never do that, FUSE and NFS may.
package posix

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Retry makes a call until its error is another than EINTR.
func Retry(call func() error) error {
	for {
		if err := call(); err != unix.EINTR {
			return err
		}
	}
}

// Fdatasync is fdatasync(2).
func Fdatasync(fd int) error { return Retry(func() error { return unix.Fdatasync(fd) }) }

// Fsync is fsync(2).
func Fsync(fd int) error { return Retry(func() error { return unix.Fsync(fd) }) }

// Mmap is mmap(2) at an address that the kernel chooses. unix.Mmap would take a mutex
// and keep a list of all mappings: here mapping and unmapping may themselves be timed.
func Mmap(fd int, off, n int64, prot, flags int) ([]byte, error) {
	p, err := unix.MmapPtr(fd, off, nil, uintptr(n), prot, flags)
	if err != nil {
		return nil, err
	}
	return unsafe.Slice((*byte)(p), n), nil
}

// Munmap is munmap(2) of what Mmap mapped, or of whole pages of it.
func Munmap(m []byte) error {
	return unix.MunmapPtr(unsafe.Pointer(unsafe.SliceData(m)), uintptr(len(m)))
}

// Msync is msync(2) of a part of a mapping; an empty part needs none. For it
// unix.Msync would pass an address of its own, and get EINVAL.
func Msync(m []byte, flags int) error {
	if len(m) == 0 {
		return nil
	}
	return Retry(func() error { return unix.Msync(m, flags) })
}

// Madvise is madvise(2).
func Madvise(m []byte, advice int) error {
	return Retry(func() error { return unix.Madvise(m, advice) })
}

// Nameless makes a file of n zeros in the folder that has no name there and is gone once it
// is closed: what a file system does with files can be tried on it. Not every file system
// has such files, nor may everybody write to every folder.
func Nameless(dir string, n int64) (fd int, err error) {
	if fd, err = unix.Open(dir, unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o600); err != nil {
		return -1, err
	}
	if _, err = unix.Write(fd, make([]byte, n)); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}
