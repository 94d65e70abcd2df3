package lab

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

// CompareOptions are those of Compare.
type CompareOptions struct{ Common }

// Compare stores through a private and through a shared mapping of one file,
// and looks after each at what the file holds, byte for byte.
func Compare(w io.Writer, o CompareOptions) error {
	return o.play(w, "compare", func(s *script) error {
		content := pagesOf("ab")
		copy(content, "Original data for comparison.")
		return s.withOwn("compare", content, func(path string) error {
			err := s.storeAndCompare(path, unix.MAP_PRIVATE)
			if err == nil {
				err = s.storeAndCompare(path, unix.MAP_SHARED)
			}
			if err == nil {
				err = s.laterWrite(path)
			}
			if err != nil {
				return err
			}
			s.conclude("MAP_PRIVATE: the first store to a page makes a copy of it for this process alone. The file " +
				"never changes, and the copy is gone with the mapping.")
			s.conclude("MAP_SHARED: a store goes to the page cache: to the file, and to every other mapping of it.")
			s.conclude("A private mapping is no snapshot. Pages that were not stored to go on being the file's, and " +
				"whether they show later writes POSIX leaves open: to work on a fixed state, copy it, or keep others " +
				"from writing.")
			return nil
		})
	})
}

// storeAndCompare stores a word through a mapping of either kind.
func (s *script) storeAndCompare(path string, flags int) error {
	name := names(flags, mapFlags, "0")
	s.step("Store through %s", name)
	f, st, err := s.plain("fd", path, unix.O_RDWR)
	if err != nil {
		return err
	}
	before, err := s.readFile(path, 0, st.Size)
	if err != nil {
		return errors.Join(err, unix.Close(f.fd))
	}
	m, err := s.mmap("p", f, 0, st.Size, unix.PROT_READ|unix.PROT_WRITE, flags)
	if err := errors.Join(err, s.close(f)); err != nil {
		return err
	}
	word := []byte(map[int]string{unix.MAP_PRIVATE: "PRIVATE BYTES", unix.MAP_SHARED: "SHARED BYTES!"}[flags])
	err = s.store(m, 0, word)
	if err == nil && flags == unix.MAP_SHARED {
		err = s.msync(m, unix.MS_SYNC)
	}
	if err == nil {
		err = s.difference(m, before, word, flags == unix.MAP_SHARED)
	}
	return errors.Join(err, s.munmap(m))
}

// start is how much of the beginning of a file or mapping is shown: the first
// sentence.
const start = 29

// difference compares the file, as read(2) sees it, with what it held before
// and with the mapping.
func (s *script) difference(m *mapping, before, word []byte, shared bool) error {
	after, err := s.readFile(m.path, 0, int64(len(m.b)))
	if err != nil {
		return err
	}
	s.fact("the mapping shows", "%q", m.b[:start])
	s.fact("the file holds", "%q", after[:start])
	s.fact("file before and after", "%s", differing(before, after))
	s.fact("mapping and file", "%s", differing(m.b, after))
	s.must(bytes.HasPrefix(m.b, word), "the mapping shows the store")
	if shared {
		s.must(bytes.Equal(m.b, after), "file and mapping are the same, byte for byte")
	} else {
		s.must(bytes.Equal(before, after), "the file is as before, byte for byte")
	}
	return nil
}

// differing says in how many bytes two contents of the same length differ.
func differing(a, b []byte) string {
	n, first := 0, 0
	for i := range a {
		if a[i] != b[i] {
			if n == 0 {
				first = i
			}
			n++
		}
	}
	if n == 0 {
		return fmt.Sprintf("none of %d bytes differs", len(a))
	}
	return fmt.Sprintf("%d of %d bytes differ, the first at %d", n, len(a), first)
}

// laterWrite writes to a file of two pages while a private mapping of it has a
// copy of the first.
func (s *script) laterWrite(path string) error {
	s.step("Write to the file while a private mapping has a copy of its first page")
	f, err := s.open("fd", path, unix.O_RDWR, 0)
	if err != nil {
		return err
	}
	page := pageSize()
	m, err := s.mmap("p", f, 0, 2*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE)
	if err != nil {
		return errors.Join(err, s.close(f))
	}
	err = s.store(m, 0, []byte("MINE!"))
	for _, off := range []int64{0, page} {
		if err == nil {
			var n int
			n, err = unix.Pwrite(f.fd, []byte("LATER"), off)
			err = s.call(path, "pwrite", err, fmt.Sprint(n), "pwrite(%s, \"LATER\", 5, %d)", f.name, off)
		}
	}
	if err == nil {
		s.fact("first page of the mapping, copied before", "%q", m.b[:5])
		s.fact("second page of the mapping, not stored to", "%q", m.b[page:page+5])
		s.must(bytes.HasPrefix(m.b, []byte("MINE!")), "the copied page does not change any more")
	}
	return errors.Join(err, s.munmap(m), s.close(f))
}
