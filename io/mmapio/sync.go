package mmapio

import (
	"golang.org/x/sys/unix"

	"mmapbench/internal/posix"
	"mmapbench/io/backend"
)

// durableByMsync reports whether msync is to make the data durable. It is the
// natural call for a mapping, and in the kernel an fdatasync of a range
// (mm/msync.c calls vfs_fsync_range with datasync set), so that the file's
// length is covered as well.
func (c *config) durableByMsync() bool { return c.msync == "" || c.msync == "sync" }

// flush makes what was stored in a mapping as durable as asked. m is the part that was
// stored to since the last time; whole says that nothing else of the file was. Where m is
// empty the file's length may have changed, which msync of nothing would not reach.
func (c *config) flush(m []byte, whole bool, fd int, path string, d backend.Durability) error {
	switch {
	case d == backend.Full:
		return backend.Failed("fsync", path, posix.Fsync(fd))
	case d != backend.Data:
		return backend.Failed("msync", path, c.msyncAsAsked(m))
	case whole && len(m) > 0 && c.durableByMsync():
		return backend.Failed("msync", path, posix.Msync(m, unix.MS_SYNC))
	}
	return backend.Failed("fdatasync", path, posix.Fdatasync(fd))
}

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
