package dataset

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// MaxParts is in how many files a content may lie: each is in the folder, which has no
// others below it, and each is open while a trial looks after its pages.
const MaxParts = 1 << 16

// In returns the content in files of so many bytes each, one after the other; 0: in one
// file. What a last, shorter one would hold is left out.
func (c Content) In(part int64) Content {
	c.part = part
	return c
}

// Parts returns the names of the files in which a dataset called name lies.
func Parts(name string, n int64) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = partName(name, int64(i))
	}
	return names
}

func partName(name string, i int64) string { return fmt.Sprintf("%s.%05d", name, i) }

// A piece is a file of a dataset: one part of it, or all.
type piece struct {
	name      string
	off, size int64
}

func (c Content) pieces(size int64) []piece {
	name := c.fileName(size)
	if c.part == 0 {
		return []piece{{name, 0, size}}
	}
	all := make([]piece, size/c.part)
	for i := range all {
		all[i] = piece{partName(name, int64(i)), int64(i) * c.part, c.part}
	}
	return all
}

// makeParts makes the files of a dataset and makes them durable together. As they have no
// other names while they are made, the dataset counts as made when the manifest says so.
func (d *Dir) makeParts(name string, size int64, c Content, progress Progress) error {
	all := c.pieces(size)
	if err := d.man.write(record{File: name, Parts: int64(len(all))}, true); err != nil {
		return err
	}
	for _, p := range all {
		if err := d.Remove(p.name); err != nil {
			return err
		}
	}
	const block = 4 << 10 // of most file systems: a file takes whole ones
	if err := d.checkSpace(name, int64(len(all))*((c.part+block-1)/block*block)); err != nil {
		return err
	}
	var fs unix.Statfs_t
	if err := unix.Fstatfs(d.fd, &fs); err == nil && fs.Files > 0 && fs.Ffree < uint64(len(all)) {
		return fmt.Errorf("the file system of %s has %d inodes left, and %d files are to be made: choose larger "+
			"files (--record), or less of them (--size)", d.path, fs.Ffree, len(all))
	}
	first, written, err := d.fillParts(all, c, progress)
	if err == nil {
		done := c.record(first, size)
		err = d.man.write(record{File: name, Content: &done}, true)
	}
	if err == nil {
		return report(progress, size, size)
	}
	for _, p := range all {
		err = errors.Join(err, d.Remove(p.name))
	}
	return d.failed(err, name, size, written)
}

// fillParts writes the files, and returns the inode of the first.
func (d *Dir) fillParts(all []piece, c Content, progress Progress) (first uint64, written int64, err error) {
	buf := pageAligned(int(c.part))
	for i, p := range all {
		c.Fill(buf, p.off)
		fd, err := unix.Openat(d.fd, p.name, unix.O_RDWR|unix.O_CREAT|unix.O_EXCL|openFlags, 0o600)
		if err != nil {
			return 0, written, fmt.Errorf("making %s: %w", d.file(p.name), advise(err))
		}
		f := os.NewFile(uintptr(fd), d.file(p.name))
		n, err := f.Write(buf)
		written += int64(n)
		var st unix.Stat_t
		if err = errors.Join(err, unix.Fstat(fd, &st), f.Close()); err != nil {
			return 0, written, err
		}
		if i == 0 {
			first = st.Ino
		}
		if err := report(progress, written, int64(len(all))*c.part); err != nil {
			return 0, written, err
		}
	}
	if err := unix.Syncfs(d.fd); err != nil {
		return 0, written, fmt.Errorf("syncing %s: %w", d.path, err)
	}
	return first, written, nil
}
