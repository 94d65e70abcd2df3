package lab

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unsafe"

	"golang.org/x/sys/unix"

	"mmapbench/internal/prose"
)

// counterBytes is the length of a counter's file: one unsigned 64-bit number in
// the byte order of the machine.
const counterBytes = 8

// How a number is incremented.
const (
	Plain  = "plain"  // load, add, store: others may come between
	Atomic = "atomic" // one instruction that nothing comes between
)

// CounterOptions are those of the counter programs.
type CounterOptions struct {
	Common
	File      string
	Processes int    // Increment: that count at once; 0: one, this one
	Times     int    // Increment: by each; 0: once
	How       string // Increment: Plain or Atomic; "": one after the other where there are several processes
}

// CounterInit makes a file with the number 0.
func CounterInit(w io.Writer, o CounterOptions) error {
	return o.play(w, "counter", func(s *script) error {
		s.step("Make a file for one number")
		f, err := s.open("fd", o.File, unix.O_RDWR|unix.O_CREAT|unix.O_EXCL, 0o600)
		if errors.Is(err, unix.EEXIST) {
			return fmt.Errorf("%w: it is left alone; a counter begins at 0 in a new file", err)
		}
		if err != nil {
			return err
		}
		if err := errors.Join(s.ftruncate(f, counterBytes), unix.Close(f.fd)); err != nil {
			return err
		}
		err = s.withCounter(o.File, func(m *mapping) error {
			s.add(Item{Call: "*(uint64_t *)p = 0"})
			*number(m) = 0
			return nil
		})
		s.conclude("The number stays in the file when the program has ended, and every program that maps the file " +
			"counts on from there: increment does.")
		return err
	})
}

// CounterShow prints the number.
func CounterShow(w io.Writer, o CounterOptions) error {
	return o.play(w, "counter", func(s *script) error {
		s.step("Look at the number")
		b, err := s.readCounter(o.File)
		if err != nil {
			return err
		}
		s.fact("the file holds", "%d", b)
		s.conclude("It is in the file, whoever stored it and whether that program lives or not. On the device it is " +
			"after an msync, or some time later.")
		return nil
	})
}

// number is the counter at the beginning of the mapping: a page, so aligned.
func number(m *mapping) *uint64 { return (*uint64)(unsafe.Pointer(unsafe.SliceData(m.b))) }

// withCounter maps a counter's file for f.
func (s *script) withCounter(path string, use func(*mapping) error) error {
	f, err := s.open("fd", path, unix.O_RDWR, 0)
	if err != nil {
		return err
	}
	st, err := s.size(f)
	if err == nil && st.Size != counterBytes {
		err = notCounter(path, st.Size)
	}
	if err != nil {
		return errors.Join(err, unix.Close(f.fd))
	}
	m, err := s.mmap("p", f, 0, counterBytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err := errors.Join(err, s.close(f)); err != nil {
		return err
	}
	return errors.Join(use(m), s.munmap(m))
}

func notCounter(path string, size int64) error {
	return fmt.Errorf("%s is not a counter: it has %s, a counter has %d; make one with: "+
		"counter init FILE", path, prose.Count(size, "byte"), counterBytes)
}

// readCounter reads the number with read(2).
func (s *script) readCounter(path string) (uint64, error) {
	size, err := s.fileSize(path)
	if err != nil {
		return 0, err
	}
	if size != counterBytes {
		return 0, notCounter(path, size)
	}
	b, err := s.readFile(path, 0, counterBytes)
	if err != nil {
		return 0, err
	}
	return binary.NativeEndian.Uint64(b), nil
}
