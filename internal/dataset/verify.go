package dataset

import (
	"errors"
	"fmt"
	"io"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// readChunk is how much is read at once.
const readChunk = 1 << 20

// MismatchError says where a file differs from what it should be.
type MismatchError struct {
	Path   string
	Length bool  // the length is wrong: Want and Got are bytes, Offset is 0
	Offset int64 // where the first wrong byte is
	Want   int64 // the byte that should be there
	Got    int64 // the byte that is there
}

func (e *MismatchError) Error() string {
	if e.Length {
		return fmt.Sprintf("%s is %d bytes long, want %d", e.Path, e.Got, e.Want)
	}
	return fmt.Sprintf("%s is wrong from offset %d on, in page %d: byte %#02x, want %#02x",
		e.Path, e.Offset, e.Offset/int64(os.Getpagesize()), e.Got, e.Want)
}

// Verify reads a file of the folder with read(2) and compares every byte with the
// content. The file must be size bytes long; its content begins anew every period
// bytes, or never if period is 0. What is wrong is a *MismatchError.
func (d *Dir) Verify(name string, c Content, size, period int64) error {
	return d.verify(piece{name, 0, size}, c, period)
}

// verify is Verify of a piece of the content.
func (d *Dir) verify(of piece, c Content, period int64) error {
	name, size := of.name, of.size
	path := d.file(name)
	f, err := openRegular(d.fd, name, path)
	if err != nil {
		return err
	}
	defer f.Close()
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return fmt.Errorf("looking at %s: %w", path, err)
	}
	if st.Size != size {
		return &MismatchError{Path: path, Length: true, Want: size, Got: st.Size}
	}
	if period <= 0 {
		period = of.off + size
	}
	buf := pageAligned(readChunk)
	for off := int64(0); off < size; {
		p := buf[:min(readChunk, size-off)]
		if _, err := io.ReadFull(f, p); err != nil {
			return fmt.Errorf("reading %s at offset %d: %w", path, off, err)
		}
		if e := compare(p, c, of.off+off, period); e != nil {
			e.Path, e.Offset = path, e.Offset-of.off
			return e
		}
		off += int64(len(p))
	}
	return nil
}

// compare compares p, which was read from offset off, with content that begins
// anew every period bytes.
func compare(p []byte, c Content, off, period int64) *MismatchError {
	for len(p) > 0 {
		in := off % period
		n := min(int64(len(p)), period-in)
		if i := c.firstWrong(p[:n], in); i >= 0 {
			want := c.byteAt(in + int64(i))
			return &MismatchError{Offset: off + int64(i), Want: int64(want), Got: int64(p[i])}
		}
		p, off = p[n:], off+n
	}
	return nil
}

// openRegular opens a regular file for reading, never through a symbolic link.
func openRegular(dirfd int, name, path string) (*os.File, error) {
	fd, err := unix.Openat(dirfd, name, unix.O_RDONLY|openFlags, 0)
	if err == unix.ELOOP {
		return nil, fmt.Errorf("%s is a symbolic link, which is not followed: %w", path, err)
	}
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
		unix.Close(fd)
		return nil, errors.Join(fmt.Errorf("%s is %s, not a regular file", path, kind(&st)), err)
	}
	return os.NewFile(uintptr(fd), path), nil
}

// sampleAll is sample of every file of a dataset.
func (d *Dir) sampleAll(size int64, c Content) (bool, error) {
	for _, p := range c.pieces(size) {
		if good, err := d.sample(p, c); !good || err != nil {
			return false, err
		}
	}
	return true, nil
}

// samples is how many pages are read to recognize a data file.
const samples = 64

// sample reports whether the file has no holes and a sample of its pages,
// spread over all of it, is right. Holes are asked for by SEEK_HOLE and not by
// st_blocks, which does not tell a hole from compression and is 0 on some FUSE
// file systems; one without SEEK_HOLE says that there is none (lseek(2)).
func (d *Dir) sample(of piece, c Content) (bool, error) {
	size := of.size
	f, err := openRegular(d.fd, of.name, d.file(of.name))
	if errors.Is(err, unix.ENOENT) { // one of several
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	if hole, err := unix.Seek(int(f.Fd()), 0, unix.SEEK_HOLE); err == nil && hole < size {
		return false, nil
	}
	// No read-ahead: a hint, and to do without it is only slower.
	_ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_RANDOM)
	page := int64(os.Getpagesize())
	buf := pageAligned(int(page))
	pages := (size + page - 1) / page
	n := min(samples, pages)
	for i := range n {
		off := i * (pages - 1) / max(1, n-1) * page // the first and the last among them
		p := buf[:min(page, size-off)]
		if _, err := f.ReadAt(p, off); err != nil {
			return false, fmt.Errorf("reading %s at offset %d: %w; if the device is failing, do not benchmark "+
				"it", f.Name(), off, err)
		}
		if c.firstWrong(p, of.off+off) >= 0 {
			return false, nil
		}
	}
	return true, nil
}

// pageAligned returns n bytes that begin at a page, so that the kernel copies
// whole pages.
func pageAligned(n int) []byte {
	page := os.Getpagesize()
	p := make([]byte, n+page)
	skip := -int(uintptr(unsafe.Pointer(&p[0]))) & (page - 1)
	return p[skip : skip+n : skip+n]
}
