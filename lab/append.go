package lab

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sys/unix"

	"mmapbench/internal/posix"
	"mmapbench/internal/prose"
)

// AppendOptions are those of Append.
type AppendOptions struct {
	Common
	File string // of the user; "": one of the program's own, and two texts
	Text string
}

// Append makes a file longer by a text and fills the new part through a
// mapping. The length is exact. If the text cannot be stored the file gets its old
// length back. It is not for files that others write to without a lock: a mapping
// has no O_APPEND.
func Append(w io.Writer, o AppendOptions) error {
	return o.play(w, "append", func(s *script) (err error) {
		if o.File != "" {
			if o.Text == "" {
				return errors.New("append: the text is empty: give the text that is to be added")
			}
			return s.append(o.File, []byte(o.Text))
		}
		b, err := s.borrow()
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
	s.step("Open the file, lock it against programs that lock, and ask for its length")
	f, err := s.open("fd", path, unix.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(s.appendTo(f, text), unix.Close(f.fd))
}

func (s *script) appendTo(f *file, text []byte) error {
	err := s.call(f.path, "flock", unix.Flock(f.fd, unix.LOCK_EX|unix.LOCK_NB), "0", "flock(%s, LOCK_EX|LOCK_NB)", f.name)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return fmt.Errorf("%w: another program has locked it; wait until it is done", err)
	}
	if err != nil && !errors.Is(err, unix.EOPNOTSUPP) && !errors.Is(err, unix.ENOLCK) {
		return err
	}
	size, _, err := s.size(f)
	if err != nil {
		return err
	}
	before := make([]byte, min(size, neighbours))
	if err := readInto(f, before, size-int64(len(before))); err != nil {
		return err
	}
	if err := s.lengthen(f, size, int64(len(text))); err != nil {
		return err
	}
	if err := s.ours(f, size, int64(len(text))); err != nil {
		return err
	}
	if err := s.fill(f, size, text); err != nil {
		return errors.Join(err, s.undo(f, size, size+int64(len(text))))
	}
	return s.lookAtAppend(f, size, before, text)
}

// ours looks whether the new part is what was just made: zeros up to the end of
// the file. If not, another program has written meanwhile, and nothing is stored.
func (s *script) ours(f *file, size, n int64) error {
	theirs := fmt.Errorf("another program has written to %s meanwhile: nothing is stored, and what of byte %d to %d it has not written stays, as zeros", f.path, size, size+n-1)
	if now, err := f.length(); err != nil || now != size+n {
		return cmp.Or(err, theirs)
	}
	zeros, err := f.zeros(size, size+n)
	if err != nil || !zeros {
		return cmp.Or(err, theirs)
	}
	s.must(true, "the new part reads as zeros")
	return nil
}

// zeros reports whether all bytes of a range are.
func (f *file) zeros(from, to int64) (bool, error) {
	b := make([]byte, neighbours)
	for off := from; off < to; off += neighbours {
		part := b[:min(to-off, neighbours)]
		if err := readInto(f, part, off); err != nil {
			return false, err
		}
		if bytes.Count(part, []byte{0}) != len(part) {
			return false, nil
		}
	}
	return true, nil
}

// lengthen makes a file of size bytes longer by n. fallocate(2) never shortens a
// file, whatever others have appended meanwhile, and takes the space that the
// stores will need; ftruncate(2), which does neither, is for file systems without
// it.
func (s *script) lengthen(f *file, size, n int64) error {
	s.step("Make it longer by the %s of the text", prose.Count(n, "byte"))
	err := posix.Retry(func() error { return unix.Fallocate(f.fd, 0, size, n) })
	err = s.call(f.path, "fallocate", err, "0", "fallocate(%s, 0, %d, %d)", f.name, size, n)
	switch {
	case err == nil:
		s.note("The new part has its space. (ftruncate would make a hole, which gets its space when it is stored to, if there is any left.)")
		return nil
	case !errors.Is(err, unix.EOPNOTSUPP):
		return errors.Join(err, s.undoPart(f, size, n))
	}
	if now, err := f.length(); err != nil || now != size {
		return cmp.Or(err, fmt.Errorf("%s has %d bytes, and a moment ago it had %d: another program is writing to it", f.path, now, size))
	}
	s.note("This file system cannot reserve space: the new part is a hole.")
	return s.ftruncate(f, size+n)
}

// undoPart takes away what a fallocate that failed has added: ext4 keeps what it
// could get, and the length that goes with it.
func (s *script) undoPart(f *file, size, n int64) error {
	now, err := f.length()
	if err != nil || now == size {
		return err
	}
	if zeros, err := f.zeros(size, now); err != nil || !zeros || now > size+n {
		return cmp.Or(err, fmt.Errorf("%s has grown to %d bytes meanwhile, by another program: it is left so", f.path, now))
	}
	return s.ftruncate(f, size)
}

// undo gives the file its old length back, unless others have appended since.
func (s *script) undo(f *file, size, end int64) error {
	if now, err := f.length(); err != nil || now != end {
		return cmp.Or(err, fmt.Errorf("%s has %d bytes by now, by another program: the part from byte %d to %d is left as it is", f.path, now, size, end))
	}
	if err := s.ftruncate(f, size); err != nil {
		return err
	}
	return fmt.Errorf("%s has its old length of %d bytes again", f.path, size)
}

// lookAtAppend reads the file with read(2): length, old end and text.
func (s *script) lookAtAppend(f *file, size int64, before, text []byte) error {
	end := size + int64(len(text))
	s.step("Look at the file, with read(2)")
	now, err := f.length()
	if err != nil {
		return err
	}
	held := make([]byte, len(before)+len(text))
	if err := readInto(f, held, size-int64(len(before))); err != nil {
		return err
	}
	if !f.stillNamed() {
		s.note("%s is another file by now: this one was replaced or removed while it was appended to.", f.path)
	}
	if now > end {
		s.note("It has %d bytes, %d more than expected: another program has appended to it, without a lock.", now, now-end)
	} else {
		s.must(now == end, fmt.Sprintf("its length is exactly %d + %d = %d", size, len(text), end))
	}
	s.must(bytes.HasPrefix(held, before), "what was there before is as it was")
	s.must(bytes.HasSuffix(held, text), "it ends with the text")
	s.concludeOnce("A mapping never makes a file longer: fallocate or ftruncate does, and the mapping may then reach as far. Its own length need not be of whole pages, its offset must.",
		"ftruncate to a length that was asked for a moment ago cuts off what others have appended since; fallocate cannot. A store to the hole that ftruncate leaves needs space on the disk, and without any raises SIGBUS where write(2) would say ENOSPC.",
		"Two programs that append so at once overwrite each other, unless both lock: there is nothing like O_APPEND for a mapping.")
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
