package lab

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"mmapbench/internal/memfault"
	"mmapbench/internal/pagecache"
	"mmapbench/internal/posix"
	"mmapbench/internal/procmem"
)

// The functions in this file are what the child processes do.

// openMapped opens a file and maps all of it.
func (s *script) openMapped(path string, open, prot, flags int) (*file, *mapping, error) {
	f, err := s.open("fd", path, open, 0)
	if err != nil {
		return nil, nil, err
	}
	size, err := f.length()
	if err != nil {
		return nil, nil, err
	}
	m, err := s.mmap("p", f, 0, size, prot, flags)
	return f, m, err
}

func storeToReadOnly(s *script, path string) error {
	f, m, err := s.openMapped(path, unix.O_RDONLY, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return err
	}
	_, err = s.mmap("q", f, 0, int64(len(m.b)), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	s.must(errors.Is(err, unix.EACCES), "a shared mapping for stores needs a descriptor for writing: EACCES")
	return s.fatal(m, "p[0] = 'x'", func() { m.b[0] = 'x' })
}

func touchTruncated(s *script, path string) error {
	f, m, err := s.openMapped(path, unix.O_RDWR, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return err
	}
	if err := s.ftruncate(f, 10); err != nil {
		return err
	}
	s.fact("p[0], p[9] and p[10], around the new end", "%q, %q, %q", m.b[0], m.b[9], m.b[10])
	page := int(pageSize())
	return s.fatal(m, fmt.Sprintf("c = p[%d]", page), func() { load1(m.b[page:]) })
}

func mapUnaligned(s *script, path string) error {
	f, err := s.open("fd", path, unix.O_RDONLY, 0)
	if err != nil {
		return err
	}
	for _, off := range []int64{1, 512, pageSize() / 2} {
		_, err := s.mmap("p", f, off, 1, unix.PROT_READ, unix.MAP_SHARED)
		s.must(errors.Is(err, unix.EINVAL), "the offset is refused")
	}
	_, err = s.mmap("p", f, pageSize(), 1, unix.PROT_READ, unix.MAP_SHARED)
	return err
}

func mapEmpty(s *script, path string) error {
	f, err := s.open("fd", path, unix.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := s.ftruncate(f, 0); err != nil {
		return err
	}
	_, err = s.mmap("p", f, 0, 0, unix.PROT_READ, unix.MAP_SHARED)
	s.must(errors.Is(err, unix.EINVAL), "a length of 0 is refused")
	return nil
}

func useUnmapped(s *script, path string) error {
	_, m, err := s.openMapped(path, unix.O_RDONLY, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return err
	}
	// The two at once, and written down afterwards: between them something of
	// the runtime might be mapped to the very place.
	size := len(m.b)
	var unmapped error
	caught := memfault.Catch(func() error {
		unmapped = posix.Munmap(m.b)
		load1(m.b)
		return nil
	})
	if err := s.call(path, "munmap", unmapped, "0", "munmap(p, %d)", size); err != nil {
		return err
	}
	s.reportFault(m, "c = p[0]", caught)
	_, m, err = s.openMapped(path, unix.O_RDONLY, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return err
	}
	return s.die(func() {
		if posix.Munmap(m.b) == nil {
			load1(m.b)
		}
	}, fmt.Sprintf("munmap(p, %d)", size), "c = p[0]")
}

func unmapWrongLength(s *script, path string) error {
	_, m, err := s.openMapped(path, unix.O_RDONLY, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return err
	}
	page := uintptr(pageSize())
	err = unix.MunmapPtr(unsafe.Add(m.addr(), 1), page)
	_ = s.call(path, "munmap", err, "0", "munmap(p + 1, %d)", page)
	s.must(err == unix.EINVAL, "an address that is no page's is refused")
	if err := s.call(path, "munmap", unix.MunmapPtr(m.addr(), 1), "0", "munmap(p, 1)"); err != nil {
		return err
	}
	if r, err := procmem.RegionOf(m.b[page:]); err == nil {
		s.fact("too short, so this is left of the mapping", "%s", oneSpace(r.Line))
	}
	s.fact("p[page], which is still mapped", "%q", load1(m.b[page:]))
	return s.unmapNeighbor(path, page)
}

// unmapNeighbor has two mappings side by side, the file's first page and some
// memory of another part of the program, and unmaps one by a length too long.
func (s *script) unmapNeighbor(path string, page uintptr) error {
	f, err := s.open("fd", path, unix.O_RDONLY, 0)
	if err != nil {
		return err
	}
	s.note("Now two mappings side by side: q, a page of the file, and right behind it memory of another part of " +
		"the program.")
	q, err := s.sideBySide(f, page)
	if err != nil {
		return err
	}
	var unmapped error
	caught := memfault.Catch(func() error { // nothing may come between, see useUnmapped
		unmapped = posix.Munmap(q.b)
		load1(q.b[page:])
		return nil
	})
	load := fmt.Sprintf("c = q[%d]", page)
	if err := s.call(path, "munmap", unmapped, "0", "munmap(q, %d)", 2*page); err != nil {
		return err
	}
	s.note("Too long by a page, and no error.")
	s.reportFault(q, load, caught)
	if q, err = s.sideBySide(f, page); err != nil {
		return err
	}
	return s.die(func() {
		if posix.Munmap(q.b) == nil {
			load1(q.b[page:])
		}
	}, fmt.Sprintf("munmap(q, %d)", 2*page), load)
}

// sideBySide maps two pages of memory and puts the file's first page over the
// first of them. MAP_FIXED replaces what is there, which is safe where the place
// is known to be one's own.
func (s *script) sideBySide(f *file, page uintptr) (*mapping, error) {
	const anonymous = unix.MAP_PRIVATE | unix.MAP_ANONYMOUS
	b, err := posix.Mmap(-1, 0, int64(2*page), unix.PROT_READ|unix.PROT_WRITE, anonymous)
	if err := s.call(f.path, "mmap", err, "q", "mmap(NULL, %d, "+
		"PROT_READ|PROT_WRITE, %s, -1, 0)", 2*page, names(anonymous, mapFlags, "0")); err != nil {
		return nil, err
	}
	const fixed = unix.MAP_SHARED | unix.MAP_FIXED
	q := &mapping{b, "q", f.path}
	_, err = unix.MmapPtr(f.fd, 0, q.addr(), page, unix.PROT_READ, fixed)
	if err := s.call(f.path, "mmap", err, "q", "mmap(q, %d, "+
		"PROT_READ, %s, %s, 0)", page, names(fixed, mapFlags, "0"), f.name); err != nil {
		return nil, err
	}
	return q, nil
}

func leaveMsyncOut(s *script, path string) error {
	f, m, err := s.openMapped(path, unix.O_RDWR, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return err
	}
	if err := s.store(m, 0, []byte("stored")); err != nil {
		return err
	}
	held, err := s.readFile(path, 0, 6)
	if err != nil {
		return err
	}
	s.must(string(held) == "stored", "another descriptor reads the store, without msync")
	before := s.waiting(f, len(m.b), "after the store")
	if err := s.msync(m, unix.MS_ASYNC); err != nil {
		return err
	}
	if before != nil {
		s.waiting(f, len(m.b), "after MS_ASYNC")
	}
	if err := s.msync(m, unix.MS_SYNC); err != nil {
		return err
	}
	if before == nil {
		return nil
	}
	after := s.waiting(f, len(m.b), "after MS_SYNC")
	s.must(*before >= 1 && after != nil && *after == 0, "the page waited for MS_SYNC (and with it its whole folio, "+
		"where the page cache has large ones)")
	return nil
}

// waiting counts the file's pages that are not on the device yet; nil: the
// kernel does not tell.
func (s *script) waiting(f *file, size int, when string) *int64 {
	if memory, err := pagecache.InMemory(f.fd); err == nil && memory {
		s.note("This file system is memory and has no device: nothing waits for one, and nothing in it survives " +
			"a power cut.")
		return nil
	}
	fd, err := unix.Dup(f.fd)
	if err != nil {
		return nil
	}
	again := os.NewFile(uintptr(fd), f.path)
	defer again.Close()
	c, err := pagecache.Cachestat(again, int64(size))
	if err != nil {
		s.note("How many pages are not on the device yet is not told here: %v", err)
		return nil
	}
	n := c.Dirty + c.Writeback
	s.fact("pages not on the device "+when, "%d", n)
	return &n
}
