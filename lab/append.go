package lab

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sys/unix"

	"mmapbench/internal/posix"
	"mmapbench/internal/prose"
)

// AppendOptions are the options of Append.
type AppendOptions struct {
	Common
	File string // a file of the user; "": a file of the program's own, and two texts
	Text string
}

// Append makes a file longer by a text and fills the new part through a
// mapping. The file must be quiet: a mapping has no O_APPEND.
func Append(w io.Writer, o AppendOptions) error {
	return o.play(w, "append", func(s *script) error {
		if o.File == "" {
			return s.withOwn("append", pagesOf("a")[:pageSize()-10], func(path string) error {
				if err := s.append(path, []byte("+ 5")); err != nil {
					return err
				}
				return s.append(path, []byte("+ crosses into the next page"))
			})
		}
		if o.Text == "" {
			return errors.New("append: the text is empty: give the text that is to be added")
		}
		return s.append(o.File, []byte(o.Text))
	})
}

func (s *script) append(path string, text []byte) (err error) {
	s.step("Open the file and ask for its length")
	f, st, err := s.plain("fd", path, unix.O_RDWR)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unix.Close(f.fd)) }()
	before := make([]byte, min(st.Size, neighbors))
	if err := readInto(f, before, st.Size-int64(len(before))); err != nil {
		return err
	}
	s.step("Make it longer by the %s of the text", prose.Count(int64(len(text)), "byte"))
	if err = s.lengthen(f, st.Size, int64(len(text))); err == nil {
		err = s.fill(f, st.Size, text)
	}
	if err != nil { // ext4 keeps what an fallocate that failed could get
		return errors.Join(err, s.ftruncate(f, st.Size))
	}
	return s.lookAtAppend(f, st.Size, before, text)
}

// lengthen makes a file of size bytes longer by n. ftruncate(2) is for file
// systems without fallocate(2).
func (s *script) lengthen(f *file, size, n int64) error {
	err := posix.Retry(func() error { return unix.Fallocate(f.fd, 0, size, n) })
	err = s.call(f.path, "fallocate", err, "0", "fallocate(%s, 0, %d, %d)", f.name, size, n)
	if errors.Is(err, unix.EOPNOTSUPP) {
		s.note("This file system cannot reserve space: the new part is a hole.")
		return s.ftruncate(f, size+n)
	}
	return err
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

// lookAtAppend reads the file with read(2): length, old end and text.
func (s *script) lookAtAppend(f *file, size int64, before, text []byte) error {
	s.step("Look at the file, with read(2)")
	now, err := f.length()
	if err != nil {
		return err
	}
	held := make([]byte, len(before)+len(text))
	if err := readInto(f, held, size-int64(len(before))); err != nil {
		return err
	}
	end := size + int64(len(text))
	s.must(now == end, fmt.Sprintf("its length is exactly %d + %d = %d", size, len(text), end))
	s.must(bytes.HasPrefix(held, before), "what was there before is as it was")
	s.must(bytes.HasSuffix(held, text), "it ends with the text")
	s.concludeOnce("A mapping never makes a file longer: fallocate or ftruncate does, and the mapping may then reach "+
		"as far. Its own length need not be of whole pages, its offset must.",
		"fallocate reserves the space that the stores need. ftruncate leaves a hole: a store to the hole needs space "+
			"on the disk, and without any raises SIGBUS where write(2) would say ENOSPC.",
		"ftruncate to a length that was asked for a moment ago cuts off what others have appended since; fallocate "+
			"never shortens a file.",
		"Two programs that append in this way at once overwrite each other, unless both lock: there is nothing like "+
			"O_APPEND for a mapping.")
	return nil
}
