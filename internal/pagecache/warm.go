package pagecache

import (
	"fmt"
	"io"
	"os"
)

// Warm reads the first size bytes of f through buf, which must not be empty, so
// that they are in the page cache without being mapped, and looks whether all
// of them are. If not, it reads once more: pages can be reclaimed before the
// end is read. A file larger than the memory never becomes warm; IsWarm says
// whether this one is.
func Warm(f *os.File, size int64, buf []byte) (Residency, error) {
	var r Residency
	for range 2 {
		if err := readAll(f, size, buf); err != nil {
			return Residency{}, err
		}
		var err error
		if r, err = Resident(f, size); err != nil || IsWarm(r) {
			return r, err
		}
	}
	return r, nil
}

func readAll(f *os.File, size int64, buf []byte) error {
	for off := int64(0); off < size; {
		n, err := f.ReadAt(buf[:min(int64(len(buf)), size-off)], off)
		off += int64(n)
		if err == io.EOF && off < size {
			return fmt.Errorf("warming %s: it ends at offset %d, want %d bytes: %w", f.Name(), off, size,
				io.ErrUnexpectedEOF)
		}
		if err != nil && err != io.EOF {
			return fmt.Errorf("warming %s at offset %d: %w", f.Name(), off, err)
		}
	}
	return nil
}
