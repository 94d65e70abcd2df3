package dataset

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// A Watch looks whether a finished data file is still as it was.
type Watch struct {
	dir  *Dir
	size int64
	of   Content
	seen []unix.Timespec // when the content of each file was last changed, as far as it is known to be right
}

// ErrFolderGone says that somebody removed the folder under us.
var ErrFolderGone = errors.New("was removed by somebody during the run: nothing is made there again")

// LostError says that somebody removed or cut off a data file. It can be made
// again by Ensure without a loss to anybody.
type LostError struct {
	Path string
	How  string
}

func (e *LostError) Error() string { return fmt.Sprintf("%s was %s by somebody", e.Path, e.How) }

// Watch begins to watch a data file that Ensure has just returned.
func (d *Dir) Watch(size int64, c Content) (*Watch, error) {
	w := &Watch{dir: d, size: size, of: c}
	for _, p := range c.pieces(size) {
		var st unix.Stat_t
		if err := unix.Fstatat(d.fd, p.name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return nil, fmt.Errorf("looking at %s: %w", d.file(p.name), err)
		}
		w.seen = append(w.seen, st.Mtim)
	}
	return w, nil
}

func (w *Watch) name() string { return w.of.fileName(w.size) }

// Path returns the path of the file, for people.
func (w *Watch) Path() string { return w.dir.file(w.name()) }

// Look reports what has happened to the file: nothing, a *LostError, ErrFolderGone,
// an error that wraps ErrForeign, or a *MismatchError of a file that holds other
// bytes. It costs one system call while nobody has written to the file, and reads
// all of it after somebody has: changed says so.
//
// A file system that keeps times in coarse steps (FAT: two seconds) hides a change
// right after the one before; the bytes that trials read show it then.
//
// An inode number is no sign: on file systems without inodes the number changes
// when the kernel forgets a file that is not in use (fat_build_inode).
func (w *Watch) Look() (changed bool, err error) {
	for i, p := range w.of.pieces(w.size) {
		st, exists, err := w.dir.find(p.name)
		switch path := w.dir.file(p.name); {
		case err != nil:
			return true, err
		case !exists:
			return true, w.dir.gone(&LostError{path, "removed"})
		case st.Size < p.size:
			return true, &LostError{path, fmt.Sprintf("cut off at %d bytes", st.Size)}
		case st.Size == p.size && st.Mtim == w.seen[i]:
			continue
		}
		changed = true
		if err := w.dir.verify(p, w.of, 0); err != nil {
			return true, err
		}
		w.seen[i] = st.Mtim
	}
	return changed, nil
}

// Verify compares every byte of the file with its definition.
func (w *Watch) Verify() error {
	for _, p := range w.of.pieces(w.size) {
		if err := w.dir.verify(p, w.of, 0); err != nil {
			return err
		}
	}
	return nil
}

// gone tells the loss of a file from the loss of the whole folder.
func (d *Dir) gone(file error) error {
	var st unix.Stat_t
	if unix.Fstatat(d.fd, markerName, &st, unix.AT_SYMLINK_NOFOLLOW) == unix.ENOENT {
		return fmt.Errorf("the folder %s %w", d.path, ErrFolderGone)
	}
	return file
}
