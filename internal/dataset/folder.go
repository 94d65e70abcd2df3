package dataset

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"mmapbench/internal/posix"
)

// errGone says that the folder was removed or made by another process while we
// looked at it.
var errGone = errors.New("it kept changing while it was being opened")

// errNone says that there is no folder.
var errNone = errors.New("there is no benchmark folder")

// errEmpty says that the folder is empty, without a marker: its making or its
// cleaning was cut short.
var errEmpty = errors.New("the benchmark folder is empty")

// openRetry opens the folder, and once more when another process that was just
// making or cleaning it came in between.
func (t *target) openRetry(create bool) (*Dir, error) {
	busy := 0
	for range 10 + busyTries {
		d, err := t.openFolder(create)
		switch {
		case errors.As(err, new(*BusyError)) && busy < busyTries:
			// A lock belongs to the open file (flock(2)): a process that the holder
			// was just starting keeps it until it executes its program.
			busy++
			time.Sleep(busyPause)
		case !errors.Is(err, errGone):
			return d, err
		}
	}
	return nil, fmt.Errorf("opening %s: %w", t.folder(), errGone)
}

// A lock that is held for longer than these tries together is another run's.
const (
	busyTries = 10
	busyPause = 20 * time.Millisecond
)

func (t *target) openFolder(create bool) (d *Dir, err error) {
	if create {
		err := unix.Mkdirat(t.fd, FolderName, 0o700)
		if err != nil && err != unix.EEXIST {
			return nil, fmt.Errorf("making %s in %s: %w", FolderName, t.path, advise(err))
		}
		t.made = err == nil
	}
	d = &Dir{path: t.folder()}
	if err := d.open(t.fd); err != nil {
		if create && err == errNone {
			err = errGone // it was there a moment ago
		}
		return nil, err
	}
	if err := d.lock(create); err != nil {
		unix.Close(d.fd)
		return nil, err
	}
	return d, nil
}

// target is an open target directory: its path is walked once, and the folder is
// looked up in it from then on.
type target struct {
	fd   int
	path string
	made bool // the folder was made by the last openFolder
}

// openTarget opens the target directory as a place to look names up from.
// O_PATH: a directory that may be searched but not listed will do.
func openTarget(path string) (*target, error) {
	if path == "" {
		return nil, errors.New("the name of the target directory is empty: is a variable not set?")
	}
	fd, err := unix.Open(path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	switch err {
	case nil:
		return &target{fd: fd, path: path}, nil
	case unix.ENOENT:
		return nil, fmt.Errorf("target %s does not exist; name a directory that is there: %w", path, err)
	case unix.ENOTDIR:
		return nil, fmt.Errorf("target %s is not a directory; name a directory on the device: %w", path, err)
	}
	return nil, fmt.Errorf("opening target %s: %w", path, advise(err))
}

func (t *target) close() error { return unix.Close(t.fd) }

// folder returns the path of the folder, for people.
func (t *target) folder() string { return filepath.Join(t.path, FolderName) }

// advise adds to an error of the system what the user can do.
func advise(err error) error {
	switch {
	case errors.Is(err, unix.EROFS):
		return fmt.Errorf("%w; a benchmark must write its data file first, so remount it read-write or choose "+
			"another target", err)
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return fmt.Errorf("%w; choose a directory that you may write to, or change its owner or mode", err)
	}
	return err
}

// open opens the folder itself and checks that it is one, and ours.
func (d *Dir) open(tfd int) error {
	var st unix.Stat_t
	err := unix.Fstatat(tfd, FolderName, &st, unix.AT_SYMLINK_NOFOLLOW)
	if err == unix.ENOENT {
		return errNone
	}
	if err != nil {
		return fmt.Errorf("looking at %s: %w", d.path, advise(err))
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR {
		return fmt.Errorf("%s is %s, not a directory of mmapbench's; it is left alone: move it away or choose "+
			"another target", d.path, kind(&st))
	}
	d.fd, err = unix.Openat(tfd, FolderName, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err == unix.ENOENT || err == unix.ELOOP || err == unix.ENOTDIR {
		return errGone
	}
	if err != nil {
		return fmt.Errorf("opening %s: %w", d.path, advise(err))
	}
	if err := d.checkOwner(); err != nil {
		unix.Close(d.fd)
		return err
	}
	return nil
}

// checkOwner refuses a folder of another user: in a directory like /tmp it may
// be a trap, and root would follow a user into it.
func (d *Dir) checkOwner() error {
	var st unix.Stat_t
	if err := unix.Fstat(d.fd, &st); err != nil {
		return fmt.Errorf("looking at %s: %w", d.path, err)
	}
	d.owner = st.Uid
	if int(st.Uid) == os.Geteuid() || !keepsOwners(d.fd) {
		return nil
	}
	return fmt.Errorf("%s belongs to user %d, you are user %d: run mmapbench as the same user each time, or let "+
		"that user run \"mmapbench clean\" first",
		d.path, st.Uid, os.Geteuid())
}

// keepsOwners reports whether the file system of fd gives a new file the owner
// that the process has. Those of DOS and Windows have no owners and show the
// same one for all files; network file systems may map them.
func keepsOwners(fd int) bool {
	const exfat, ntfs3 = 0x2011bab0, 0x7366746e // not in x/sys
	var st unix.Statfs_t
	if unix.Fstatfs(fd, &st) != nil {
		return true
	}
	switch int64(st.Type) & 0xffffffff {
	case unix.MSDOS_SUPER_MAGIC, exfat, ntfs3, unix.FUSE_SUPER_MAGIC, unix.V9FS_MAGIC,
		unix.NFS_SUPER_MAGIC, unix.CIFS_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC:
		return false
	}
	return true
}

// lock opens the marker, makes it in an empty folder, locks it and reads it.
func (d *Dir) lock(create bool) error {
	f, err := d.openMarker(create)
	if err != nil {
		return err
	}
	if err := d.lockMarker(f); err != nil {
		f.Close()
		return err
	}
	return nil
}

func (d *Dir) openMarker(create bool) (*os.File, error) {
	path := d.file(markerName)
	fd, err := unix.Openat(d.fd, markerName, markerFlags, 0)
	if err == unix.ENOENT {
		if err := d.mayAdopt(); err != nil {
			return nil, err
		}
		if !create {
			return nil, errEmpty
		}
		fd, err = unix.Openat(d.fd, markerName, markerFlags|unix.O_CREAT|unix.O_EXCL, 0o600)
		if err == unix.EEXIST || err == unix.ENOENT { // made or cleaned meanwhile
			return nil, errGone
		}
	}
	if err == unix.ELOOP {
		return nil, fmt.Errorf("%s is a symbolic link, which mmapbench never makes nor follows: remove it", path)
	}
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, advise(err))
	}
	return os.NewFile(uintptr(fd), path), nil
}

const markerFlags = unix.O_RDWR | openFlags

// mayAdopt refuses a folder without a marker that has something in it.
func (d *Dir) mayAdopt() error {
	others, err := d.others()
	if err != nil || len(others) == 0 {
		return err
	}
	var st unix.Stat_t
	if unix.Fstatat(d.fd, markerName, &st, unix.AT_SYMLINK_NOFOLLOW) == nil {
		return errGone // another process has made the marker since we looked
	}
	return fmt.Errorf("%s holds %s but no %s, so it was not made by mmapbench and is left alone: move it away or "+
		"choose another target",
		d.path, list(others), markerName)
}

// lockMarker takes the lock and reads the manifest. The lock belongs to the
// open file and ends with it, however the process ends (flock(2)).
func (d *Dir) lockMarker(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == unix.EWOULDBLOCK {
		return d.busy(f)
	}
	if err != nil {
		return fmt.Errorf("locking %s: %w; choose a target on a file system with locks", f.Name(), err)
	}
	var opened, named unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &opened); err != nil {
		return fmt.Errorf("looking at %s: %w", f.Name(), err)
	}
	err = unix.Fstatat(d.fd, markerName, &named, unix.AT_SYMLINK_NOFOLLOW)
	if err != nil || named.Ino != opened.Ino {
		return errGone // another process cleaned before we had the lock
	}
	fresh, err := d.load(f, &opened)
	if err != nil || !fresh {
		return err
	}
	return d.startManifest()
}

// load reads the manifest from the marker. fresh says that not even its first
// line is whole.
func (d *Dir) load(f *os.File, st *unix.Stat_t) (fresh bool, err error) {
	if why := d.strange(st); why != "" {
		return false, fmt.Errorf("%s %s, as mmapbench never makes it: remove it", f.Name(), why)
	}
	if d.man, fresh, err = readManifest(f); err != nil {
		return false, fmt.Errorf("%s is damaged or not mmapbench's: %w; look at what is in %s and remove it by "+
			"hand", f.Name(), err, d.path)
	}
	return fresh, nil
}

// mayStart refuses to begin a manifest in a folder that has more than the marker.
func (d *Dir) mayStart(f *os.File) error {
	others, err := d.others()
	if err == nil && len(others) > 0 {
		err = fmt.Errorf("%s is empty but %s holds %s: look at what is there and remove it by hand", f.Name(),
			d.path, list(others))
	}
	return err
}

// startManifest writes the manifest's first line, in a folder that has nothing
// but the marker.
func (d *Dir) startManifest() error {
	if err := d.mayStart(d.man.f); err != nil {
		return err
	}
	if err := d.man.start(); err != nil {
		return fmt.Errorf("writing %s: %w", d.man.f.Name(), advise(err))
	}
	return d.flush()
}

// flush makes the names in the folder durable.
func (d *Dir) flush() error {
	// Some file systems cannot sync a directory (EINVAL) and have no need to.
	if err := posix.Fsync(d.fd); err != nil && err != unix.EINVAL {
		return fmt.Errorf("syncing %s: %w", d.path, err)
	}
	return nil
}

// busy names the process that has the lock, if it is the one that is recorded.
func (d *Dir) busy(f *os.File) error {
	e := &BusyError{Path: d.path}
	if m, _, err := readManifest(f); err == nil && m.pid != 0 && unix.Kill(m.pid, 0) != unix.ESRCH {
		e.PID = m.pid
	}
	return e
}

// others lists what is in the folder apart from the marker.
func (d *Dir) others() ([]string, error) {
	fd, err := unix.Openat(d.fd, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err == unix.ENOENT {
		return nil, errGone
	}
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", d.path, err)
	}
	f := os.NewFile(uintptr(fd), d.path)
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if errors.Is(err, unix.ENOENT) {
		return nil, errGone
	}
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", d.path, err)
	}
	slices.Sort(names)
	return slices.DeleteFunc(names, func(n string) bool { return n == markerName }), nil
}

// list writes a few names for people.
func list(names []string) string {
	const most = 3
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}
