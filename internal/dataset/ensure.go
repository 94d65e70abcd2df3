package dataset

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"mmapbench/internal/posix"
	"mmapbench/internal/units"
)

// chunk is how much is written at once.
const chunk = 4 << 20

const (
	// dataPrefix begins the names of data files.
	dataPrefix = "data-"
	// partSuffix ends the name of one that is not finished.
	partSuffix = ".part"
)

// SpaceError says that a file does not fit.
type SpaceError struct {
	Path    string
	Size    int64 // bytes of the file
	Missing int64 // bytes that must be freed
	Err     error // the system's; nil if the lack was seen beforehand
}

func (e *SpaceError) Error() string {
	s := fmt.Sprintf("no room for the data file %s of %s: %s (%d bytes) are missing; "+
		"free them or choose a smaller size",
		e.Path, units.FormatSize(e.Size), units.FormatSize(e.Missing), e.Missing)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *SpaceError) Unwrap() error { return e.Err }

// FreeSpace returns how many bytes the user may still write to the file system
// of dir. Blocks that are kept for root do not count, not even for root.
func FreeSpace(dir string) (int64, error) {
	return freeSpace(dir, func(st *unix.Statfs_t) error { return unix.Statfs(dir, st) })
}

func freeSpace(dir string, statfs func(*unix.Statfs_t) error) (int64, error) {
	var st unix.Statfs_t
	if err := statfs(&st); err != nil {
		return 0, fmt.Errorf("asking for the free space of %s: %w", dir, err)
	}
	// Blocks are counted in f_frsize; f_bsize is the size for transfers, which
	// on FUSE is another (fs/statfs.c fills f_frsize where a driver does not).
	return int64(st.Bavail) * int64(st.Frsize), nil
}

// Lookup reports whether Ensure would find a finished file, by its length and
// its place in the manifest alone.
func (d *Dir) Lookup(size int64, c Content) bool {
	st, exists, err := d.find(c.pieces(size)[0].name)
	return err == nil && exists && d.finished(&st, size, c)
}

// finished reports whether the file, or the first of several, is the one that was recorded as complete
// with that content.
func (d *Dir) finished(st *unix.Stat_t, size int64, c Content) bool {
	return d.man.made[c.fileName(size)] == c.record(st.Ino, size) && st.Size == c.pieces(size)[0].size
}

// Progress is told how many bytes of a data file are on the device. An error
// that it returns ends the making, and what was made is removed.
type Progress func(done, total int64) error

// Ensure returns the name of a data file of size bytes with this
// content, and whether it had to be made. A finished one is used again if a sample
// of its pages is right. progress may be nil.
//
// A file that was made is durable, and all of it that fits is in the page cache.
func (d *Dir) Ensure(size int64, c Content, progress Progress) (name string, made bool, err error) {
	if size <= 0 || size < c.part {
		return "", false, fmt.Errorf("a data file of %d bytes cannot be made", size)
	}
	name = c.fileName(size)
	st, exists, err := d.find(c.pieces(size)[0].name)
	if err != nil {
		return "", false, fmt.Errorf("the data file: %w", err)
	}
	if exists && d.finished(&st, size, c) {
		good, err := d.sampleAll(size, c)
		if err != nil {
			return "", false, err
		}
		if good {
			return name, false, nil
		}
	}
	make := d.make
	if c.part > 0 {
		make = d.makeParts
	}
	if err := make(name, size, c, progress); err != nil {
		return "", false, err
	}
	return name, true, nil
}

// make makes the data file under another name and renames it when it is
// complete, so that a file of the right name is whole.
func (d *Dir) make(name string, size int64, c Content, progress Progress) error {
	if err := d.claim(name); err != nil {
		return err
	}
	part := name + partSuffix
	f, err := d.create(part)
	if err != nil {
		return err
	}
	if err := d.checkSpace(name, size); err != nil {
		return errors.Join(err, f.Close(), d.Remove(part))
	}
	written, err := fillFile(f, size, c, progress)
	if err == nil {
		err = d.finish(f, name, size, c)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return d.failed(err, name, size, written)
	}
	return nil
}

func (d *Dir) checkSpace(name string, size int64) error {
	free, err := d.Free()
	if err != nil {
		return err
	}
	if free < size {
		return &SpaceError{Path: d.file(name), Size: size, Missing: size - free}
	}
	return nil
}

// finish puts the complete file on record and gives it its name.
func (d *Dir) finish(f *os.File, name string, size int64, c Content) error {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return fmt.Errorf("looking at %s: %w", f.Name(), err)
	}
	// The record precedes the name: after a crash between the two there is no
	// file of that inode under the name, and it is made again.
	done := c.record(st.Ino, size)
	if err := d.man.write(record{File: name, Content: &done}, true); err != nil {
		return err
	}
	if err := unix.Renameat(d.fd, filepath.Base(f.Name()), d.fd, name); err != nil {
		return fmt.Errorf("renaming %s to %s: %w", f.Name(), name, err)
	}
	return d.flush()
}

// failed removes what was made and says what was missing.
func (d *Dir) failed(err error, name string, size, written int64) error {
	removed := errors.Join(d.Remove(name+partSuffix), d.Remove(name))
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
		missing := size - written
		if free, ferr := d.Free(); ferr == nil && free < size {
			missing = size - free
		}
		return errors.Join(&SpaceError{Path: d.file(name), Size: size, Missing: missing, Err: err}, removed)
	}
	return errors.Join(fmt.Errorf("making the data file %s: %d of %d bytes are missing: %w", d.file(name),
		size-written, size, err), removed)
}

// fillFile writes the content and returns how much was written. No more than
// window chunks are ever waiting to be written by the device: what progress is
// told is then on the device, and a slow card is not left with a minute of
// dirty pages for the end.
func fillFile(f *os.File, size int64, c Content, progress Progress) (done int64, err error) {
	const window = 8
	buf := pageAligned(chunk)
	for done < size {
		p := buf[:min(chunk, size-done)]
		c.Fill(p, done)
		n, err := f.Write(p)
		if err != nil {
			return done + int64(n), err
		}
		if err := writeBack(f, done, int64(n), unix.SYNC_FILE_RANGE_WRITE); err != nil {
			return done, err
		}
		done += int64(n)
		if old := done - window*chunk; old >= 0 {
			const wait = unix.SYNC_FILE_RANGE_WAIT_BEFORE | unix.SYNC_FILE_RANGE_WRITE |
				unix.SYNC_FILE_RANGE_WAIT_AFTER
			if err := writeBack(f, old/chunk*chunk, chunk, wait); err != nil {
				return done, err
			}
		}
		if err := report(progress, max(0, done-(window-1)*chunk), size); err != nil {
			return done, err
		}
	}
	if err := posix.Fdatasync(int(f.Fd())); err != nil {
		return done, fmt.Errorf("fdatasync of %s: %w", f.Name(), err)
	}
	return done, report(progress, size, size)
}

// writeBack starts the writing of a range, or waits for it. Its errors must not
// be dropped: to wait takes the error off the file, and the fdatasync that
// follows would succeed (file_fdatawait_range in mm/filemap.c).
func writeBack(f *os.File, off, n int64, flags int) error {
	err := unix.SyncFileRange(int(f.Fd()), off, n, flags)
	if err != nil && err != unix.ENOSYS {
		return fmt.Errorf("writing back %s: %w", f.Name(), err)
	}
	return nil
}

func report(progress Progress, done, total int64) error {
	if progress == nil {
		return nil
	}
	return progress(done, total)
}
