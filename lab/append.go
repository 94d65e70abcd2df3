package lab

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

// AppendOptions are those of Append.
type AppendOptions struct {
	Common
	File string // of the user; "": one of the program's own, and two texts
	Text string
}

// Append makes a file longer by a text and fills the new part through a
// mapping. The length is exact. If the text cannot be stored, as on a full
// disk, the file gets its old length back.
func Append(w io.Writer, o AppendOptions) error {
	return o.play(w, "append", func(s *script) (err error) {
		if o.File != "" {
			if o.Text == "" {
				return errors.New("append: the text is empty: give the text that is to be added")
			}
			return s.append(o.File, []byte(o.Text))
		}
		b, err := o.borrow()
		if err != nil {
			return err
		}
		defer b.done(&err)
		path, err := b.file("append", pagesOf("a")[:pageSize()-10])
		if err != nil {
			return err
		}
		for _, text := range []string{"+ 5", "+ crosses into the next page"} {
			if err := s.append(path, []byte(text)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *script) append(path string, text []byte) error {
	s.step("Open the file and ask for its length")
	f, err := s.open("fd", path, unix.O_RDWR, 0)
	if err != nil {
		return err
	}
	size, _, err := s.size(f)
	if err == nil {
		err = s.grow(f, size, text)
	}
	return errors.Join(err, unix.Close(f.fd))
}

// grow adds the text to a file of size bytes.
func (s *script) grow(f *file, size int64, text []byte) error {
	before, err := readFile(f.path, max(size-neighbours, 0), min(size, neighbours))
	if err != nil {
		return err
	}
	end := size + int64(len(text))
	s.step("Make it longer by the %s of the text", count(int64(len(text)), "byte"))
	if err := s.ftruncate(f, end); err != nil {
		return err
	}
	s.note("The new part reads as zeros. It is a hole, which takes no space until it is stored to, where the file system has holes (mmapbench check says so).")
	if err := s.fill(f, size, text); err != nil {
		if undo := s.ftruncate(f, size); undo != nil {
			return errors.Join(err, undo)
		}
		return fmt.Errorf("%w; the file has its old length of %d bytes again", err, size)
	}
	s.step("Look at the file, with read(2)")
	now, err := fileSize(f.path)
	if err != nil {
		return err
	}
	held, err := readFile(f.path, size-int64(len(before)), int64(len(before)+len(text)))
	if err != nil {
		return err
	}
	s.must(now == end, fmt.Sprintf("its length is exactly %d + %d = %d", size, len(text), end))
	s.must(bytes.HasPrefix(held, before), "what was there before is as it was")
	s.must(bytes.HasSuffix(held, text), "it ends with the text")
	s.concludeOnce("A mapping never makes a file longer: ftruncate or fallocate does, and the mapping may then reach as far. Its own length need not be of whole pages, its offset must.",
		"A store to a hole needs space on the disk. If there is none, write(2) would say ENOSPC; a mapping raises SIGBUS. fallocate beforehand finds out in time.",
		"Two programs that append so at once overwrite each other: there is nothing like O_APPEND for a mapping.")
	return nil
}

// fill maps the pages that hold the new part, and stores.
func (s *script) fill(f *file, size int64, text []byte) error {
	page, end := pageSize(), size+int64(len(text))
	from := size / page * page
	s.step("Map the pages that the new part lies in")
	s.note("A mapping begins at a page: the old end, byte %d, is %d bytes into its page.", size, size-from)
	m, err := s.mmap("p", f, from, end-from, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return err
	}
	if first, last := size/page, (end-1)/page; first == last {
		s.fact("page boundary", "not crossed, all of the text is in page %d", first)
	} else {
		s.fact("page boundary", "crossed, the text goes from page %d to page %d", first, last)
	}
	err = s.store(m, size-from, text)
	if err == nil {
		err = s.msync(m, unix.MS_SYNC)
	}
	return errors.Join(err, s.munmap(m))
}
