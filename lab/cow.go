package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"mmapbench/internal/procmem"
	"mmapbench/internal/units"
)

// CowOptions are those of Cow.
type CowOptions struct {
	Common
	File string        // a file of the user, which is only read; "": a file of the program's own
	Wait time.Duration // stay with the changed mapping, so that others can look at this process
	// Waiting is called when the wait begins; nil: nobody is told but the text.
	Waiting func(pid int, hint string)
}

// Cow stores to one page of a private mapping and shows what the kernel has of
// the mapping before and after: maps, smaps and pagemap of this process.
func Cow(ctx context.Context, w io.Writer, o CowOptions) error {
	return o.play(w, "cow", func(s *script) error {
		if o.File == "" {
			return s.withOwn("cow", pagesOf("abcd"), func(path string) error { return s.cow(ctx, path, &o) })
		}
		return s.cow(ctx, o.File, &o)
	})
}

// cowPages is how much of a file is mapped, at most, in pages.
const cowPages = 8

func (s *script) cow(ctx context.Context, path string, o *CowOptions) error {
	s.step("Map the file privately, for loads and stores; O_RDONLY is enough for that")
	f, st, err := s.plain("fd", path, unix.O_RDONLY)
	if err != nil {
		return err
	}
	m, err := s.mmap("p", f, 0, min(st.Size, cowPages*pageSize()), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE)
	if err := errors.Join(err, s.close(f)); err != nil {
		return err
	}
	return errors.Join(s.copyOnWrite(ctx, m, o), s.munmap(m))
}

func (s *script) copyOnWrite(ctx context.Context, m *mapping, o *CowOptions) error {
	content, err := s.readFile(m.path, 0, int64(len(m.b)))
	if err != nil {
		return err
	}
	s.step("Read a byte of each page, so that all are in the page table")
	for off := 0; off < len(m.b); off += int(pageSize()) {
		load1(m.b[off:])
	}
	if err := s.lookAtMapping(m); err != nil {
		return err
	}
	at := min(1, (len(m.b)-1)/int(pageSize())) // the second page, if there is one
	s.step("Store a byte to page %d", at)
	faults, err := procmem.MinorFaults(func() { m.b[at*int(pageSize())] = '#' })
	s.add(Item{Call: fmt.Sprintf("p[%d] = '#'", int64(at)*pageSize())})
	if err == nil {
		s.fact("minor page faults of the store", "%d", faults)
	}
	if err := s.lookAtMapping(m); err != nil {
		return err
	}
	if err := s.checkCopy(m, at, content); err != nil {
		return err
	}
	s.conclude("The store to a page that is mapped for reading faults. The kernel copies the page into memory of " +
		"this process alone, maps the copy, and lets the store be made again: copy on write.")
	s.conclude("In maps there is one line, before and after: a mapping is of the file as a whole, and which of its " +
		"pages are copies only smaps (Anonymous) and pagemap tell.")
	s.conclude("Private_Dirty alone does not tell: it counts pages of the file, too, that are in the page cache and " +
		"not yet on the device, if nobody else maps them.")
	return s.wait(ctx, m, o)
}

// load1 reads a byte. Inlined, the compiler would leave it out.
//
//go:noinline
func load1(b []byte) byte { return b[0] }

// lookAtMapping shows what the kernel has of the mapping. What it does not tell
// is said.
func (s *script) lookAtMapping(m *mapping) error {
	r, err := procmem.RegionOf(m.b)
	if err != nil {
		s.note("smaps: %v", err)
	} else {
		s.fact("maps", "%s", oneSpace(r.Line))
		for _, name := range []string{"Rss", "Private_Clean", "Private_Dirty", "Anonymous"} {
			s.fact("smaps "+name, "%s", units.FormatSize(r.Bytes[name]))
		}
	}
	pages, err := procmem.Pages(m.b)
	if err != nil {
		s.note("pagemap: %v", err)
	}
	for i, p := range pages {
		s.fact(fmt.Sprintf("pagemap page %d", i), "%s", describe(p))
	}
	return nil
}

// oneSpace takes out the blanks that the kernel aligns a line of maps with.
func oneSpace(line string) string { return strings.Join(strings.Fields(line), " ") }

func describe(p procmem.Page) string {
	text := "not in the page table"
	switch {
	case p.Anonymous():
		text = "anonymous: a copy, of this process alone"
	case p.File():
		text = "the file's page in the page cache"
	}
	if n := p.Frame(); n != 0 {
		text += fmt.Sprintf(", frame %#x", n)
	}
	return text
}

// checkCopy holds the page table and the file against what should have happened.
func (s *script) checkCopy(m *mapping, at int, content []byte) error {
	if pages, err := procmem.Pages(m.b); err == nil {
		others := 0
		for i, p := range pages {
			if i != at && p.Anonymous() {
				others++
			}
		}
		s.must(pages[at].Anonymous(), fmt.Sprintf("page %d is a copy now", at))
		s.must(others == 0, "no other page is")
	}
	now, err := s.readFile(m.path, 0, int64(len(content)))
	if err != nil {
		return err
	}
	s.must(bytes.Equal(now, content), "the file is as before, byte for byte")
	return nil
}

// wait keeps the mapping for others to look at.
func (s *script) wait(ctx context.Context, m *mapping, o *CowOptions) error {
	if o.Wait <= 0 {
		return nil
	}
	pid := os.Getpid()
	s.step("Wait for %s", units.FormatDuration(o.Wait))
	s.fact("process", "%d", pid)
	s.fact("mapping at", "%p", m.addr())
	hint := fmt.Sprintf("grep -A 25 ^%x- /proc/%d/smaps", uintptr(m.addr()), pid)
	s.fact("in another terminal", "%s", hint)
	if o.Waiting != nil {
		o.Waiting(pid, hint)
	}
	select {
	case <-ctx.Done():
		return fmt.Errorf("the wait was stopped: %w", ctx.Err())
	case <-time.After(o.Wait):
		return nil
	}
}
