package dataset

import (
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// A View is a target's folder as it lies there, looked at without a lock and
// without writing anything. The zero View is of a target without a folder.
type View struct{ dir *Dir }

// Look reads the folder of the target directory, if there is one. The error is
// what would keep [Borrow] from using the target, as far as that shows without
// writing to it; a folder in use by another process is none.
func Look(dir string) (View, error) {
	t, err := openTarget(dir)
	if err != nil {
		return View{}, err
	}
	defer t.close()
	d := &Dir{path: t.folder()}
	switch err := d.open(t.fd); {
	case err == errNone:
		return View{}, writable(t.fd, dir)
	case err != nil:
		return View{}, err
	}
	if err := d.read(); err != nil {
		unix.Close(d.fd)
		return View{}, err
	}
	return View{d}, nil
}

// read reads the manifest of an open folder, and checks that the folder could be
// written to.
func (d *Dir) read() error {
	if err := writable(d.fd, d.path); err != nil {
		return err
	}
	d.man = &manifest{}
	fd, err := unix.Openat(d.fd, markerName, markerFlags&^unix.O_RDWR|unix.O_RDONLY, 0)
	if err == unix.ENOENT {
		return d.mayAdopt()
	}
	if err != nil {
		return fmt.Errorf("opening %s: %w", d.file(markerName), advise(err))
	}
	f := os.NewFile(uintptr(fd), d.file(markerName))
	defer f.Close()
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return fmt.Errorf("looking at %s: %w", f.Name(), err)
	}
	if fresh, err := d.load(f, &st); err != nil || !fresh {
		return err
	}
	return d.mayStart(f)
}

// writable reports whether this user may make files in a directory, as far as
// permissions and mount options tell.
func writable(dirfd int, path string) error {
	if err := unix.Faccessat(dirfd, ".", unix.W_OK|unix.X_OK, unix.AT_EACCESS); err != nil {
		return fmt.Errorf("making files in %s: %w", path, advise(err))
	}
	return nil
}

// Has reports whether a finished data file is there, as [Dir.Lookup] does.
func (v View) Has(size int64, c Content) bool { return v.dir != nil && v.dir.Lookup(size, c) }

// Note decodes what was noted last, and reports whether there was such a note.
func (v View) Note(into any) bool {
	return v.dir != nil && v.dir.man.note != nil && json.Unmarshal(v.dir.man.note, into) == nil
}

// Close ends the view.
func (v View) Close() error {
	if v.dir == nil {
		return nil
	}
	return unix.Close(v.dir.fd)
}

// Note keeps something that the next user of the folder may want to know. The
// last note counts.
func (d *Dir) Note(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("noting in %s: %w", d.file(markerName), err)
	}
	// A note is part of a record that programs without notes read as well.
	return d.man.write(record{PID: os.Getpid(), Note: text}, false)
}
