package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sys/unix"

	"mmapbench/internal/memfault"
	"mmapbench/internal/prose"
)

// EditOptions are the options of Edit.
type EditOptions struct {
	Common
	File   string // a file of the user; "": a file of the program's own
	Text   string // written over the beginning of the file
	Backup bool   // first copy the file to FILE.bak, which must not exist
}

// Edit puts a text over the beginning of a file through a shared mapping. The
// length of the file stays: a longer text is cut.
func Edit(w io.Writer, o EditOptions) error {
	return o.play(w, "edit", func(s *script) (err error) {
		if o.File == "" {
			return s.editOwn(o)
		}
		if o.Text == "" {
			return errors.New("edit: the text is empty: give the text that is to stand at the beginning of the file")
		}
		if o.Backup {
			if err := s.keepCopy(o.File); err != nil {
				return err
			}
		}
		return s.edit(o.File, []byte(o.Text))
	})
}

func (s *script) edit(path string, text []byte) (err error) {
	s.step("Open the file and ask for its length: a mapping has to know it")
	f, st, err := s.plain("fd", path, unix.O_RDWR)
	if err != nil {
		return err
	}
	s.step("Map all of it, for loads and stores that are shared with the file")
	m, err := s.mmap("p", f, 0, st.Size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err := errors.Join(err, s.close(f)); err != nil {
		return err
	}
	s.note("The mapping does not need the descriptor any more.")
	var after []byte
	err = memfault.Catch(func() (err error) {
		text, after, err = s.overwrite(m, text)
		return err
	})
	if err := errors.Join(m.faulted(err), s.munmap(m)); err != nil {
		return err
	}
	if err := s.lookAtEdit(path, st.Size, text, after); err != nil {
		return err
	}
	s.conclude("A store to a shared mapping is a store to the page cache, which read(2) reads from: the file has " +
		"changed at once, without any write(2).")
	s.conclude("msync is about the device, not about other programs: without it the change reaches the device some " +
		"time later, and a power cut before that loses it.")
	return nil
}

// overwrite stores the text and syncs. It returns the text, cut to the length of
// the file, and what followed it in the file before.
func (s *script) overwrite(m *mapping, text []byte) (cut, after []byte, err error) {
	size := len(m.b)
	s.fact("the mapping holds", "%s", quoted(m.b))
	if len(text) > size {
		s.note("The text has %d bytes and the file %d: the text is cut. A store behind the end of the file would not "+
			"make the file longer: it is lost, or a SIGBUS (see mistakes).", len(text), size)
		text = text[:size]
	}
	s.step("Store the text: no system call is made")
	after = bytes.Clone(m.b[len(text):][:min(size-len(text), neighbors)])
	if err := s.store(m, 0, text); err != nil {
		return text, after, err
	}
	held, err := s.readFile(m.path, 0, int64(len(text)))
	if err != nil {
		return text, after, err
	}
	s.must(bytes.Equal(held, text), "read(2) sees the text already, before any msync")
	s.step("Wait until it is on the device, and end the mapping")
	if err := s.msync(m, unix.MS_SYNC); err != nil {
		return text, after, fmt.Errorf("%w; read(2) sees the text in %s, and whether the device has "+
			"it is unknown", err, m.path)
	}
	return text, after, nil
}

// neighbors is how many bytes beside the stored ones are looked at.
const neighbors = 64 << 10

// lookAtEdit reads the file with read(2): length, text and what follows it.
func (s *script) lookAtEdit(path string, size int64, text, after []byte) error {
	s.step("Look at the file, with read(2)")
	now, err := s.fileSize(path)
	if err != nil {
		return err
	}
	held, err := s.readFile(path, 0, int64(len(text)+len(after)))
	if err != nil {
		return err
	}
	s.fact("the file holds", "%s", quoted(held))
	s.must(now == size, fmt.Sprintf("its length is %d as before", size))
	s.must(bytes.Equal(held[:len(text)], text), "it begins with the text")
	if len(after) > 0 {
		s.must(bytes.Equal(held[len(text):], after), fmt.Sprintf("%s after it "+
			"are as before", prose.Count(int64(len(after)), "byte")))
	}
	return nil
}

// editOwn edits a file of the program's own.
func (s *script) editOwn(o EditOptions) error {
	if o.Backup {
		return errors.New("edit: a backup is a copy of a file that is named: give FILE and TEXT")
	}
	return s.withOwn("edit", []byte("Hello, this is what the file held before."), func(path string) error {
		return s.edit(path, []byte("Greetings from a mapping!"))
	})
}

// keepCopy copies a file to FILE.bak as the program copy does.
func (s *script) keepCopy(path string) error {
	s.step("Keep a copy as %q", path+".bak")
	s.nested = true
	defer func() { s.nested = false }()
	if err := s.copy(context.Background(), path, path+".bak", DefaultWindow); err != nil {
		return fmt.Errorf("keep a copy: %w", err)
	}
	s.report.Conclusions = s.report.Conclusions[:0] // they are about copying
	return nil
}
