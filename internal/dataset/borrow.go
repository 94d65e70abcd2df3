package dataset

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Borrow opens the folder of the target directory, like OpenDir, for scratch
// files alone. giveBack removes the scratch files and closes the folder; one
// that was not there before is removed, so that the target is left as it was
// found.
func Borrow(target string) (d *Dir, giveBack func() error, err error) {
	var st unix.Stat_t
	missing := unix.Lstat(filepath.Join(target, FolderName), &st) == unix.ENOENT
	if d, err = OpenDir(target); err != nil {
		// A disk that is full may have room for the folder and none for its marker.
		if made := unix.Lstat(filepath.Join(target, FolderName), &st) == nil; missing && made {
			if _, cleaning := Clean(target); cleaning != nil && !errors.As(cleaning, new(*BusyError)) {
				err = errors.Join(err, cleaning)
			}
		}
		return nil, nil, err
	}
	return d, func() error { return d.giveBack(target, missing) }, nil
}

func (d *Dir) giveBack(target string, missing bool) error {
	if missing {
		c := Cleaned{Folder: d.path}
		return c.clean(d, target)
	}
	var err error
	for _, name := range d.scratch {
		err = errors.Join(err, d.Remove(name))
	}
	return errors.Join(err, d.Close())
}

// Create makes an empty scratch file, in place of what an earlier program left
// under that name, and opens it for reading and writing.
func (d *Dir) Create(name string) (*os.File, error) {
	if _, err := d.Scratch(name); err != nil {
		return nil, err
	}
	return d.create(name)
}
