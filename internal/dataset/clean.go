package dataset

import (
	"errors"
	"fmt"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Cleaned is what Clean did.
type Cleaned struct {
	Folder  string    // path of the folder
	Removed []Removed // the folder last
	Left    []Left
}

// Removed is something that was removed.
type Removed struct {
	Path  string
	Bytes int64 // its length; 0 for a directory
}

// Left is something in the folder that was not removed.
type Left struct {
	Path string
	Why  string
}

// Clean removes the files that mmapbench made in the target directory, and its
// folder if nothing else is in it. Whatever the manifest does not name, and
// whatever is not as mmapbench makes it, stays and is listed; the manifest then
// stays too. Without a folder there is nothing to do. While a run uses the
// folder the error is a *BusyError.
//
// Even with an error the result says what was done before it.
func Clean(target string) (Cleaned, error) {
	t, err := openTarget(target)
	if err != nil {
		return Cleaned{Folder: filepath.Join(target, FolderName)}, err
	}
	defer t.close()
	return t.clean()
}

func (t *target) clean() (Cleaned, error) {
	c := Cleaned{Folder: t.folder()}
	d, err := t.openRetry(false)
	switch {
	case err == errNone:
		return c, nil
	case err == errEmpty:
		return c, c.removeFolder(t)
	case err != nil:
		return c, err
	}
	return c, c.clean(d, t)
}

// clean removes what is in an open folder, closes it, and removes it.
func (c *Cleaned) clean(d *Dir, t *target) error {
	err := c.removeContents(d)
	// Closed before the folder is removed: NFS keeps an open file that was
	// removed under another name in it.
	if err = errors.Join(err, d.Close()); err != nil || len(c.Left) > 0 {
		return err
	}
	return c.removeFolder(t)
}

// removeContents removes what is ours in the folder, and the marker if nothing
// else is left. The marker is the last to go: cut short before it, cleaning can
// be repeated, and after it there is an empty folder.
func (c *Cleaned) removeContents(d *Dir) error {
	if err := c.removeFiles(d); err != nil || len(c.Left) > 0 {
		return err
	}
	if err := unix.Unlinkat(d.fd, markerName, 0); err != nil {
		return fmt.Errorf("removing %s: %w", d.file(markerName), advise(err))
	}
	c.Removed = append(c.Removed, Removed{d.file(markerName), d.man.size})
	return nil
}

// removeFiles removes the files of the manifest and lists what else there is.
func (c *Cleaned) removeFiles(d *Dir) error {
	for _, name := range d.man.names() {
		st, exists, err := d.find(name)
		if errors.Is(err, ErrForeign) {
			continue // listed below
		}
		if err == nil && exists {
			err = d.Remove(name)
		}
		if err != nil {
			return err
		}
		if exists {
			c.Removed = append(c.Removed, Removed{d.file(name), st.Size})
		}
	}
	others, err := d.others()
	if err != nil {
		return err
	}
	for _, name := range others {
		c.Left = append(c.Left, Left{d.file(name), d.whyLeft(name)})
	}
	return nil
}

func (d *Dir) whyLeft(name string) string {
	_, _, err := d.find(name)
	if err == nil {
		return "made while cleaning"
	}
	if e, ok := errors.AsType[*foreignError](err); ok {
		return fmt.Sprintf("%s: %v", e.why, ErrForeign)
	}
	return err.Error()
}

// removeFolder removes the folder, which is empty. rmdir(2) neither follows a
// symbolic link nor removes what has something in it.
func (c *Cleaned) removeFolder(t *target) error {
	err := unix.Unlinkat(t.fd, FolderName, unix.AT_REMOVEDIR)
	if err == unix.ENOTEMPTY {
		c.Left = append(c.Left, Left{c.Folder, "another mmapbench has just begun to use it"})
		return nil
	}
	if err == unix.ENOENT { // another clean was faster
		return nil
	}
	if err != nil {
		return fmt.Errorf("removing %s: %w", c.Folder, advise(err))
	}
	c.Removed = append(c.Removed, Removed{c.Folder, 0})
	return nil
}
