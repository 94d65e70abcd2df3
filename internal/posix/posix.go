// Package posix makes system calls again that a signal interrupted before they
// did anything (EINTR): local disks never do that, FUSE and NFS may.
package posix

import "golang.org/x/sys/unix"

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
