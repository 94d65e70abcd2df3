package dataset

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// FolderName is the folder in a target directory in which every benchmark file
// lives. Nothing outside it is ever written.
const FolderName = "mmapbench.d"

// Dir is a target's folder, locked against other processes. It is not safe for
// concurrent use.
type Dir struct {
	path  string
	fd    int // the open folder: names are looked up in it, not by path
	owner uint32
	man   *manifest
	in    *target // closed with the folder; nil: closed already

	scratch []string // names of the scratch files since the folder was opened
}

// BusyError says that another process uses the folder.
type BusyError struct {
	Path string
	PID  int // 0 if unknown
}

func (e *BusyError) Error() string {
	who := "another mmapbench"
	if e.PID != 0 {
		who += fmt.Sprintf(" (process %d)", e.PID)
	}
	return fmt.Sprintf("%s is in use by %s: two runs on one device would measure each other; wait for it to end",
		e.Path, who)
}

// ErrForeign is wrapped by the error about a file that mmapbench did not make.
var ErrForeign = errors.New("not made by mmapbench, so it is left alone: move it away")

type foreignError struct{ path, why string }

func (e *foreignError) Error() string { return fmt.Sprintf("%s %s: %v", e.path, e.why, ErrForeign) }
func (e *foreignError) Unwrap() error { return ErrForeign }

// openDir opens the folder, and makes it if need be. The folder is locked until
// Close or the end of the process; a second openDir fails with a *BusyError.
func (t *target) openDir() (*Dir, error) {
	d, err := t.openRetry(true)
	if err != nil {
		return nil, err
	}
	if err := d.man.write(record{PID: os.Getpid()}, false); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// Path returns the path of the folder.
func (d *Dir) Path() string { return d.path }

// Close unlocks the folder. What is in it stays.
func (d *Dir) Close() error {
	err := d.man.f.Close() // and with it the lock
	if errors.Is(err, os.ErrClosed) {
		return err // the number d.fd may be another file's by now
	}
	if d.in != nil {
		err = errors.Join(err, d.in.close())
	}
	return errors.Join(err, unix.Close(d.fd))
}

// Scratch prepares for a file that the caller is about to make with O_EXCL, in
// the folder itself and by no path that leads there. It puts the name on record
// and removes what an earlier trial left there. The name must not begin with
// "data-".
func (d *Dir) Scratch(name string) error {
	if strings.HasPrefix(name, dataPrefix) {
		return fmt.Errorf("scratch file %q: names that begin with %q are those of data files", name, dataPrefix)
	}
	if err := d.claim(name); err != nil {
		return err
	}
	if !slices.Contains(d.scratch, name) {
		d.scratch = append(d.scratch, name)
	}
	return nil
}

// Remove removes a file that mmapbench made. One that does not exist is no
// error.
func (d *Dir) Remove(name string) error {
	_, exists, err := d.find(name)
	if err != nil || !exists {
		return err
	}
	if err := unix.Unlinkat(d.fd, name, 0); err != nil {
		return fmt.Errorf("removing %s: %w", d.file(name), advise(err))
	}
	return nil
}

// file returns the path of a file in the folder.
func (d *Dir) file(name string) string { return filepath.Join(d.path, name) }

// claim removes a leftover of that name and puts the name on record, durably:
// from then on Clean removes a file of that name.
func (d *Dir) claim(name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	if err := d.Remove(name); err != nil {
		return err
	}
	if d.man.files[name] {
		return nil
	}
	return d.man.write(record{File: name}, true)
}

// create makes a file that must not exist.
func (d *Dir) create(name string) (*os.File, error) {
	if err := d.claim(name); err != nil {
		return nil, err
	}
	flags := unix.O_RDWR | unix.O_CREAT | unix.O_EXCL | unix.O_NOFOLLOW | unix.O_CLOEXEC
	fd, err := unix.Openat(d.fd, name, flags, 0o600)
	if err != nil {
		return nil, fmt.Errorf("making %s: %w", d.file(name), advise(err))
	}
	return os.NewFile(uintptr(fd), d.file(name)), nil
}

// find looks a name up without following it. A file that exists and is not as
// we made it is an error that wraps ErrForeign.
func (d *Dir) find(name string) (st unix.Stat_t, exists bool, err error) {
	err = unix.Fstatat(d.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW)
	if err == unix.ENOENT {
		return st, false, nil
	}
	if err != nil {
		return st, false, fmt.Errorf("looking at %s: %w", d.file(name), err)
	}
	why := d.strange(&st)
	if !d.man.files[name] {
		why = "is not in " + markerName
	}
	if why != "" {
		return st, true, &foreignError{d.file(name), why}
	}
	return st, true, nil
}

// strange says in what way a file is not one that mmapbench makes: a regular
// file with one name and the owner of the folder. "" if it is one. A second
// name would let a stranger's file be written or removed through ours.
func (d *Dir) strange(st *unix.Stat_t) string {
	switch {
	case st.Mode&unix.S_IFMT != unix.S_IFREG:
		return "is " + kind(st)
	case st.Uid != d.owner:
		return fmt.Sprintf("belongs to user %d", st.Uid)
	case st.Nlink != 1:
		return fmt.Sprintf("has %d hard links", st.Nlink)
	}
	return ""
}

// kind names the type of a file.
func kind(st *unix.Stat_t) string {
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFLNK:
		return "a symbolic link"
	case unix.S_IFDIR:
		return "a directory"
	case unix.S_IFBLK, unix.S_IFCHR:
		return "a device"
	case unix.S_IFREG:
		return "a file"
	}
	return "a special file"
}
