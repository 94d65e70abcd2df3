package lab

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"mmapbench/internal/memfault"
	"mmapbench/internal/prose"
)

// EditOptions are those of Edit.
type EditOptions struct {
	Common
	File   string // of the user; "": one of the program's own
	Text   string // to stand at its beginning
	Backup bool   // keep a copy of the file as FILE.bak, which must not exist
}

// Edit puts a text over the beginning of a file through a shared mapping. The
// length of the file stays: a text that is longer is cut.
func Edit(w io.Writer, o EditOptions) error {
	return o.play(w, "edit", func(s *script) (err error) {
		if o.File == "" {
			if o.Backup {
				return errors.New("edit: a backup is of a file that is named: give FILE and TEXT")
			}
			b, err := s.borrow()
			if err != nil {
				return err
			}
			defer b.done(&err)
			o.Text = "Greetings from a mapping!"
			if o.File, err = b.file("edit", []byte("Hello, this is what the file held before.")); err != nil {
				return err
			}
		}
		if o.Text == "" {
			return errors.New("edit: the text is empty: give the text that is to stand at the beginning of the file")
		}
		return s.edit(o.File, []byte(o.Text), o.Backup)
	})
}

func (s *script) edit(path string, text []byte, backup bool) (err error) {
	s.step("Open the file and ask for its length: a mapping has to know it")
	f, err := s.open("fd", path, unix.O_RDWR, 0)
	if err != nil {
		return err
	}
	size, st, err := s.size(f)
	if err != nil {
		return errors.Join(err, unix.Close(f.fd))
	}
	if size == 0 {
		s.emptyFile(f)
		return errors.Join(fmt.Errorf("%s is empty: nothing was stored; append makes it longer", path), unix.Close(f.fd))
	}
	if backup {
		if err := s.backup(f, size, st); err != nil {
			return errors.Join(err, unix.Close(f.fd))
		}
	}
	s.step("Map all of it, for loads and stores that are shared with the file")
	m, err := s.mmap("p", f, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err := errors.Join(err, s.close(f)); err != nil {
		return err
	}
	s.note("The mapping does not need the descriptor any more.")
	var after []byte
	stored := false
	err = memfault.Catch(func() (err error) {
		text, after, stored, err = s.overwrite(m, text)
		return err
	})
	if err = m.faulted(err); err != nil && stored {
		err = fmt.Errorf("%w; %s holds the text already, in the page cache: whether it is on the device is not known", err, path)
	}
	if err := errors.Join(err, s.munmap(m)); err != nil {
		return err
	}
	if err := s.lookAtEdit(path, size, text, after); err != nil {
		return err
	}
	s.conclude("A store to a shared mapping is a store to the page cache, which read(2) reads from: the file has changed at once, without any write(2).")
	s.conclude("msync is about the device, not about other programs: without it the change reaches the device some time later, and a power cut before that loses it.")
	return nil
}

// emptyFile shows what the kernel says to a mapping of no bytes.
func (s *script) emptyFile(f *file) {
	s.step("Map all of it: no byte at all")
	_, err := s.mmap("p", f, 0, 0, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	s.must(errors.Is(err, unix.EINVAL), "a mapping of length 0 is refused with EINVAL (since Linux 2.6.12)")
	s.conclude("An empty file cannot be mapped. A program that maps files needs another way for those: there is nothing to read, and to write it must first make the file longer (see append).")
}

// overwrite stores the text and syncs. It returns what the text was cut to, what
// followed it in the file before, and whether it was stored.
func (s *script) overwrite(m *mapping, text []byte) (cut, after []byte, stored bool, err error) {
	size := int64(len(m.b))
	s.fact("the mapping holds", "%s", quoted(m.b))
	if int64(len(text)) > size {
		s.note("The text has %d bytes and the file %d: it is cut. A store behind the end of the file would not make it longer; it is no part of it, or a SIGBUS (see mistakes).", len(text), size)
		text = text[:size]
	}
	s.step("Store the text: no system call is made")
	after = bytes.Clone(m.b[len(text):][:min(size-int64(len(text)), neighbours)])
	if err := s.store(m, 0, text); err != nil {
		return text, after, false, err
	}
	held, err := s.readFile(m.path, 0, int64(len(text)))
	if err != nil {
		return text, after, true, err
	}
	s.must(bytes.Equal(held, text), "read(2) sees the text already, before any msync")
	s.step("Wait until it is on the device, and end the mapping")
	return text, after, true, s.msync(m, unix.MS_SYNC)
}

// neighbours is how many bytes beside those that were stored are looked at.
const neighbours = 64 << 10

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
		s.must(bytes.Equal(held[len(text):], after), fmt.Sprintf("%s after it are as before", prose.Count(int64(len(after)), "byte")))
	}
	return nil
}

// backup copies the file to FILE.bak, durably, before anything is changed.
func (s *script) backup(from *file, size int64, st unix.Stat_t) error {
	to := from.path + ".bak"
	s.step("Keep a copy as %q", to)
	out, err := s.open("bak", to, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL, 0o600)
	if errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("%w: move it away, so that an older copy is not lost", err)
	}
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(out.fd), to)
	_, err = io.Copy(f, io.NewSectionReader(from, 0, size))
	mode, acl := from.mode(st)
	if acl {
		s.note("The file has an access control list, which is not copied: the copy is closed to the group.")
	}
	if err == nil {
		err = s.call(to, "fchmod", unix.Fchmod(out.fd, mode), "0", "fchmod(%s, %#o)", out.name, mode)
	}
	if err == nil {
		err = s.fsync(out)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(fmt.Errorf("keep a copy of %s: %w", from.path, err), os.Remove(to))
	}
	return s.syncFolder(to)
}
