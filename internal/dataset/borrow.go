package dataset

import (
	"errors"
	"os"
)

// Borrow opens the folder of the target directory, which must exist, for scratch
// files alone, and makes the folder if need be. giveBack removes the scratch files and closes the folder; one
// that was not there before is removed, so that the target is left as it was
// found.
func Borrow(target string) (d *Dir, giveBack func() error, err error) {
	t, err := openTarget(target)
	if err != nil {
		return nil, nil, err
	}
	if d, err = t.openDir(); err != nil {
		// A disk that is full may have room for the folder and none for its marker.
		if t.made {
			if _, cleaning := t.clean(); cleaning != nil && !errors.As(cleaning, new(*BusyError)) {
				err = errors.Join(err, cleaning)
			}
		}
		return nil, nil, errors.Join(err, t.close())
	}
	d.in = t
	return d, d.giveBack, nil
}

func (d *Dir) giveBack() error {
	if t := d.in; t.made {
		c := Cleaned{Folder: d.path}
		d.in = nil // needed once more when the folder is closed
		return errors.Join(c.clean(d, t), t.close())
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
	if err := d.Scratch(name); err != nil {
		return nil, err
	}
	return d.create(name)
}
