package readwrite

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"

	"mmapbench/internal/extents"
	"mmapbench/internal/posix"
	"mmapbench/io/backend"
)

// Reflink makes a file of the blocks of another one (FICLONE): nothing is copied until
// one of both is written to. It stands among the copies to show what a program gets that
// asks for no bytes of its own, and is ranked among none of them.
var Reflink backend.Backend = inKernel{
	name: "reflink",
	summary: "ioctl(2) FICLONE, copies only: the new file shares the blocks of the source (btrfs, XFS), " +
		"and nothing is copied; never ranked as a copy",
	move:   clone,
	whole:  true,
	refuse: noReflink,
}

// clone shares all that is left, or in a part of a copy that is timed by itself a whole
// number of blocks.
func clone(c *kernelCopy, n int) (int, syscall.Errno) {
	length := uint64(n)
	if c.done+int64(n) == c.spec.Size {
		length = 0 // up to the end, which need not be that of a block
	}
	err := unix.IoctlFileCloneRange(c.out.fd, &unix.FileCloneRange{Src_fd: int64(c.srcFd), Src_offset: uint64(c.done),
		Src_length: length, Dest_offset: uint64(c.done)})
	if errno, ok := err.(syscall.Errno); ok {
		return 0, errno
	}
	return n, 0
}

// noReflink asks with two files without names whether files in the folder can share
// blocks.
func noReflink(dir string) error {
	var fds [2]int
	for i := range fds {
		fd, err := posix.Nameless(dir, 4096)
		if err != nil {
			return nil // the trial will tell
		}
		defer unix.Close(fd)
		fds[i] = fd
	}
	err := unix.IoctlFileClone(fds[1], fds[0])
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTTY) {
		return fmt.Errorf("files in %s cannot share blocks: %w: use pread, or a target on btrfs or XFS", dir, err)
	}
	return nil
}

// shared counts what of a copy are blocks of its source.
func shared(fd int, size int64) map[string]int64 {
	n, err := extents.Shared(fd, size)
	if err != nil {
		return nil // a file system without a map of its files has no reflinks either
	}
	return map[string]int64{backend.SharedBytes: n}
}
