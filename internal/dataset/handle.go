package dataset

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// A path to the folder is for people. Whoever may write to the target directory
// can put a symbolic link in the folder's place at any time, so every file is
// looked up in the open folder, by a name of one component that is not followed.

// Handle returns another descriptor of the open folder, for a process that is to
// work in it. The caller closes it.
func (d *Dir) Handle() (*os.File, error) {
	fd, err := unix.FcntlInt(uintptr(d.fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("handing on %s: %w", d.path, err)
	}
	return os.NewFile(uintptr(fd), d.path), nil
}

// Reopen opens a file once more that was made in the folder, with other flags.
// It must be the same file still.
func (d *Dir) Reopen(f *os.File, flags int) (*os.File, error) {
	name := filepath.Base(f.Name())
	fd, err := unix.Openat(d.fd, name, flags|openFlags, 0)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", f.Name(), err)
	}
	again := os.NewFile(uintptr(fd), f.Name())
	var was, is unix.Stat_t
	err = unix.Fstat(int(f.Fd()), &was)
	if err == nil {
		err = unix.Fstat(fd, &is)
	}
	if err == nil && (was.Dev != is.Dev || was.Ino != is.Ino) {
		err = fmt.Errorf("another file has taken its place: %w", ErrForeign)
	}
	if err != nil {
		again.Close()
		return nil, fmt.Errorf("opening %s once more: %w", f.Name(), err)
	}
	return again, nil
}

// openFlags are those of every open of a file that exists. O_NONBLOCK: to open a
// pipe that has been put there must not hang; to a regular file it means nothing.
const openFlags = unix.O_NOFOLLOW | unix.O_NONBLOCK | unix.O_CLOEXEC

// Free returns how many bytes the user may still write to the file system of the
// folder.
func (d *Dir) Free() (int64, error) {
	return freeSpace(d.path, func(st *unix.Statfs_t) error { return unix.Fstatfs(d.fd, st) })
}
