package mmapio

import "golang.org/x/sys/unix"

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
		return msync(m, unix.MS_SYNC) // waits until the range is on the device
	case "async":
		return msync(m, unix.MS_ASYNC) // does nothing since Linux 2.6.19, which is worth showing
	}
	return nil
}

func msync(m []byte, flags int) error {
	if len(m) == 0 {
		return nil // unix.Msync would pass an address of its own, and get EINVAL
	}
	for {
		if err := unix.Msync(m, flags); err != unix.EINTR {
			return err
		}
	}
}

func fdatasync(fd int, path string) error {
	for {
		if err := unix.Fdatasync(fd); err != unix.EINTR {
			return wrap("fdatasync", path, err)
		}
	}
}
