package lab

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"mmapbench/internal/dataset"
)

// scratch is the folder for files of a program's own.
type scratch struct {
	dir      *dataset.Dir
	giveBack func() error
}

// borrow opens the folder. The caller ends with done.
func (c Common) borrow() (*scratch, error) {
	d, giveBack, err := dataset.Borrow(c.dir())
	if err != nil {
		return nil, err
	}
	return &scratch{d, giveBack}, nil
}

// done removes the files, and the folder if it was not there before.
func (b *scratch) done(err *error) { *err = errors.Join(*err, b.giveBack()) }

// file makes a file with a content that has reached the device: a page that is
// dirty in the page cache would count as dirty in every mapping of it.
func (b *scratch) file(name string, content []byte) (path string, err error) {
	f, err := b.dir.Create("lab-" + name)
	if err != nil {
		return "", err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", fmt.Errorf("make a file to show with: %w", err)
	}
	return f.Name(), nil
}

// pageSize is this system's. It is 4 KiB on most machines, 16 KiB on a
// Raspberry Pi 5, and up to 64 KiB on others: never a constant.
func pageSize() int64 { return int64(os.Getpagesize()) }

// pagesOf makes a content of whole pages, each filled with a letter of its own.
func pagesOf(letters string) []byte {
	b := make([]byte, 0, len(letters)*os.Getpagesize())
	for _, l := range []byte(letters) {
		for range os.Getpagesize() {
			b = append(b, l)
		}
	}
	return b
}

// syncFolder makes the names in a file's folder durable, where that may be asked
// for: a folder that may be written to and not read cannot be opened.
func (s *script) syncFolder(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if errors.Is(err, os.ErrPermission) {
		s.note("Whether the name is on the device is not known: the folder may not be opened.")
		return nil
	}
	if err != nil {
		return err
	}
	defer d.Close()
	// Some file systems cannot sync a folder (EINVAL) and have no need to.
	if err := unix.Fsync(int(d.Fd())); err != nil && err != unix.EINVAL {
		return &os.PathError{Op: "sync the folder of", Path: path, Err: err}
	}
	s.note("The folder was synced too: a name is on the device when that is.")
	return nil
}
