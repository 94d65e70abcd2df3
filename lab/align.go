package lab

import (
	"fmt"
	"io"
	"math"
	"strconv"

	"golang.org/x/sys/unix"

	"mmapbench/internal/prose"
	"mmapbench/internal/units"
)

// AlignOptions are those of Align.
type AlignOptions struct {
	Common
	// Offsets are in any form that units.ParseOffset reads; none: some that show
	// where pages of 4, 16 and 64 KiB differ.
	Offsets []string
	Length  string // bytes wanted from each offset on; "": 1
	Page    int64  // page size to compute with, a power of two; 0: this system's
}

// Align computes where a mapping must begin, and how long it must be, so that
// it holds the bytes from each offset on. With the page size of this system it
// has the kernel confirm it.
func Align(w io.Writer, o AlignOptions) error {
	return o.play(w, "align", func(s *script) error {
		if o.Page == 0 {
			o.Page = pageSize()
		}
		if o.Page < 0 || o.Page&(o.Page-1) != 0 {
			return fmt.Errorf("align: a page of %d bytes: page sizes are powers of two", o.Page)
		}
		length, offsets, err := o.parse()
		if err != nil {
			return err
		}
		f, err := memoryFile()
		if err != nil {
			return err
		}
		defer unix.Close(f.fd)
		s.step("Ask for the page size")
		s.add(Item{Call: "sysconf(_SC_PAGESIZE)", Result: strconv.FormatInt(pageSize(), 10)})
		if o.Page != pageSize() {
			s.note("Computed below with pages of %s, as on another machine; the kernel here cannot "+
				"confirm that.", units.FormatSize(o.Page))
		}
		for _, off := range offsets {
			if err := s.align(f, off, length, o.Page); err != nil {
				return err
			}
		}
		s.conclude("The offset of a mapping is a multiple of the page size: round down, map so much more, and add " +
			"the difference to the address. The length need not be a multiple.")
		s.conclude("The page size belongs to the running kernel, not to the processor: 4 KiB on most machines, 16 " +
			"KiB on a Raspberry Pi 5 with its own kernel, 64 KiB on some servers. A 4096 in the source is a bug that " +
			"shows there: EINVAL.")
		return nil
	})
}

// parse reads the numbers, all of them before anything is done.
func (o *AlignOptions) parse() (length int64, offsets []int64, err error) {
	length = 1
	if o.Length != "" {
		if length, err = units.ParseSize(o.Length); err != nil {
			return 0, nil, fmt.Errorf("length: %w", err)
		}
	}
	texts := o.Offsets
	if len(texts) == 0 {
		texts = []string{"0", "5000", "4k", "16k", "64k"}
	}
	for _, t := range texts {
		off, err := units.ParseOffset(t)
		if err != nil {
			return 0, nil, err
		}
		if off > math.MaxInt64-length {
			return 0, nil, fmt.Errorf("offset %q: %s from there on end behind the largest offset of a "+
				"file, 2^63-1", t, prose.Count(length, "byte"))
		}
		offsets = append(offsets, off)
	}
	return length, offsets, nil
}

// align does it for one offset.
func (s *script) align(f *file, off, length, page int64) error {
	aligned := off &^ (page - 1)
	s.step("Offset %d (%#x)", off, off)
	s.fact("aligned offset", "%d (%#x), page %d", aligned, aligned, aligned/page)
	s.fact("difference", "%d", off-aligned)
	s.fact("length to map", "%d = %d + %s wanted", off-aligned+length, off-aligned, prose.Count(length, "byte"))
	if page != pageSize() {
		return nil
	}
	if off != aligned {
		refused, err := s.mmap("p", f, off, length, unix.PROT_READ, unix.MAP_SHARED)
		s.must(err != nil, "the kernel refuses the offset as it is")
		if err == nil {
			return s.munmap(refused)
		}
	}
	m, err := s.mmap("p", f, aligned, off-aligned+length, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		s.note("The offset is aligned, and the kernel refuses it for another reason: EOVERFLOW, it is behind the " +
			"largest file of this file system; ENOMEM, so much does not fit into the address space.")
		return nil
	}
	s.fact("the byte is at", "p + %d", off-aligned)
	return s.munmap(m)
}

// memoryFile is an empty file that is nowhere: to be mapped, and not touched.
func memoryFile() (*file, error) {
	fd, err := unix.MemfdCreate("align", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make a file in memory to map: %w", err)
	}
	return &file{fd: fd, name: "fd", path: "a file in memory"}, nil
}
