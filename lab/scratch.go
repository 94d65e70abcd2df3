package lab

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"mmapbench/internal/dataset"
)

// scratch is the folder for files of a program's own. It is the working directory
// while they are used, of child processes too, and they go by plain names: a path
// to the folder may lead elsewhere at any time, if others may write to where it
// lies.
type scratch struct {
	dir      *dataset.Dir
	giveBack func() error
	left     int // descriptor of the working directory before
	made     map[string]*os.File
}

// borrow opens the folder and enters it. The caller ends with done. The working
// directory is the whole process's: nothing else may go by relative paths
// meanwhile.
func (s *script) borrow() (b *scratch, err error) {
	d, giveBack, err := dataset.Borrow(s.common.dir())
	if err != nil {
		return nil, err
	}
	b = &scratch{dir: d, giveBack: giveBack}
	if err := b.enter(); err != nil {
		return nil, errors.Join(err, giveBack())
	}
	s.own = map[string]*os.File{}
	s.folder, b.made = d.Path(), s.own
	return b, nil
}

func (b *scratch) enter() (err error) {
	f, err := b.dir.Handle()
	if err != nil {
		return err
	}
	defer f.Close()
	if b.left, err = unix.Open(".", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0); err != nil {
		return fmt.Errorf("open the current directory, to come back to it: %w", err)
	}
	if err := unix.Fchdir(int(f.Fd())); err != nil {
		return errors.Join(fmt.Errorf("enter %s: %w", b.dir.Path(), err), unix.Close(b.left))
	}
	return nil
}

// done goes back to where the process was, and removes the files, and the folder
// if it was not there before. It adds to an error where the files are.
func (b *scratch) done(err *error) {
	if *err != nil {
		*err = fmt.Errorf("in %s: %w", b.dir.Path(), *err)
	}
	for _, f := range b.made {
		*err = errors.Join(*err, f.Close())
	}
	*err = errors.Join(*err, unix.Fchdir(b.left), unix.Close(b.left), b.giveBack())
}

// file makes a file with a content that has reached the device: a page that is
// dirty in the page cache would count as dirty in every mapping of it. The file
// stays open, as what it is known by.
func (b *scratch) file(name string, content []byte) (path string, err error) {
	name = "lab-" + name
	f, err := b.dir.Create(name)
	if err != nil {
		return "", err
	}
	if old := b.made[name]; old != nil {
		err = old.Close()
	}
	b.made[name] = f
	if err == nil {
		_, err = f.Write(content)
	}
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		return "", fmt.Errorf("make a file to show with: %w", err)
	}
	return name, nil
}

// withOwn makes a file of the program's own for use, and removes it.
func (s *script) withOwn(name string, content []byte, use func(path string) error) (err error) {
	b, err := s.borrow()
	if err != nil {
		return err
	}
	defer b.done(&err)
	path, err := b.file(name, content)
	if err != nil {
		return err
	}
	return use(path)
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
