package preflight

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"mmapbench/internal/posix"
	"mmapbench/internal/procmem"
)

// hugeLimit is the largest huge page that is tried: on kernels with pages of 16
// and 64 KiB they are of 32 and 512 MiB, and a check writes Bytes at most.
const hugeLimit = 2 << 20

// hugeSize returns the size of a huge page of this kernel, or why it has none.
func hugeSize() (size int, why string) {
	const path = "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size"
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, "this kernel tells of no transparent huge pages: " + err.Error()
	}
	size, err = strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, path + ": " + err.Error()
	}
	if size > hugeLimit {
		return 0, fmt.Sprintf("a huge page is %d bytes here, more than a check writes", size)
	}
	return size, ""
}

// huge makes a file that is a huge page long, and maps it at an address that a
// huge page may have. The file is open for reading alone: some file systems
// have huge pages only for files to which nobody writes.
func (p *probing) huge() (g *os.File, m []byte) {
	n, why := hugeSize()
	if why != "" {
		check(&setupError{errors.New(why)})
	}
	f, _ := p.newFile(n)
	fdatasync(f)
	g = p.reopen(f, os.O_RDONLY)
	call("close", f.Close())
	// Twice as much address space has such an address in it.
	m, err := posix.Mmap(-1, 0, int64(2*n), unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON)
	call("mmap", err)
	p.maps = append(p.maps, m)
	space := unsafe.Pointer(unsafe.SliceData(m))
	at := unsafe.Add(space, -uintptr(space)&uintptr(n-1))
	_, err = unix.MmapPtr(int(g.Fd()), 0, at, uintptr(n), unix.PROT_READ, p.sharing()|unix.MAP_FIXED)
	call("mmap", err)
	return g, unsafe.Slice((*byte)(at), n)
}

// pmdMapped is how much of a mapping is mapped by huge pages.
func pmdMapped(r *procmem.Region) int64 {
	return r.Bytes["FilePmdMapped"] + r.Bytes["ShmemPmdMapped"]
}

// hugePage reads the file through the mapping, without the advice and with it.
// The file is evicted before, as a page cache that is filled in small pieces
// stays so: the advice is about what is read from then on.
func hugePage(p *probing) answer {
	f, m := p.huge()
	read := func(advice int) *procmem.Region {
		madvise(m, "DONTNEED", unix.MADV_DONTNEED)
		p.evict(f, len(m))
		madvise(m, "HUGEPAGE", advice)
		p.touch(m)
		return region(m)
	}
	without := pmdMapped(read(unix.MADV_NORMAL))
	r := read(unix.MADV_HUGEPAGE)
	with := pmdMapped(r)
	text := fmt.Sprintf("accepted (flag hg in /proc/self/smaps %s); FilePmdMapped and ShmemPmdMapped "+
		"after reading %d bytes through the mapping: %d without the advice, %d with it",
		isSet(r.Has("hg")), len(m), without, with)
	// In memory pages stay as large as they were made: see tmpfs's option huge=.
	if p.stays && with <= without {
		return unknown("%s; the pages were made before the advice, and stay as they are", text)
	}
	return yesIf(with > without, "%s", text)
}

func collapse(p *probing) answer {
	_, m := p.huge()
	p.touch(m)
	before := pmdMapped(region(m))
	madvise(m, "COLLAPSE", unix.MADV_COLLAPSE)
	p.touch(m)
	after := pmdMapped(region(m))
	return yesIf(after > 0,
		"it returned 0; FilePmdMapped and ShmemPmdMapped in /proc/self/smaps: %d before, %d after", before, after)
}
