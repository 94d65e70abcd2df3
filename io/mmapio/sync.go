package mmapio

import (
	"golang.org/x/sys/unix"

	"mmapbench/internal/posix"
)

// durableByMsync reports whether msync is to make the data durable. It is the
// natural call for a mapping, and in the kernel an fdatasync of a range
// (mm/msync.c calls vfs_fsync_range with datasync set), so that the file's
// length is covered as well.
func (c *config) durableByMsync() bool { return c.msync == "" || c.msync == "sync" }

// msyncAsAsked makes the call that the option msync names, which no durability
// asked for.
func (c *config) msyncAsAsked(m []byte) error {
	switch c.msync {
	case "sync":
		return posix.Msync(m, unix.MS_SYNC) // waits until the range is on the device
	case "async":
		return posix.Msync(m, unix.MS_ASYNC) // does nothing since Linux 2.6.19, which is worth showing
	}
	return nil
}
