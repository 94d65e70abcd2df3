package preflight

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

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
func (b *bench) huge() ([]byte, error) {
	n, why := hugeSize()
	if why != "" {
		return nil, &unasked{errors.New(why)}
	}
	f, _, err := b.made(n)
	if err != nil {
		return nil, err
	}
	if err := failed("fdatasync", unix.Fdatasync(int(f.Fd()))); err != nil {
		return nil, err
	}
	g, err := b.again(f, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	if err := failed("close", f.Close()); err != nil {
		return nil, err
	}
	// Twice as much address space has such an address in it.
	p, err := unix.MmapPtr(-1, 0, nil, uintptr(2*n), unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil, failed("mmap", err)
	}
	b.maps = append(b.maps, unsafe.Slice((*byte)(p), 2*n))
	at := unsafe.Add(p, -uintptr(p)&uintptr(n-1))
	if _, err = unix.MmapPtr(int(g.Fd()), 0, at, uintptr(n), unix.PROT_READ, b.sharing()|unix.MAP_FIXED); err != nil {
		return nil, failed("mmap", err)
	}
	return unsafe.Slice((*byte)(at), n), nil
}

// pmdMapped is how much of a mapping is mapped by huge pages.
func pmdMapped(r *procmem.Region) int64 {
	return r.Bytes["FilePmdMapped"] + r.Bytes["ShmemPmdMapped"]
}

// hugePage reads the file through the mapping, without the advice and with it.
// The file is evicted before, as a page cache that is filled in small pieces
// stays so: the advice is about what is read from then on.
func hugePage(b *bench) (reply, error) {
	m, err := b.huge()
	if err != nil {
		return reply{}, err
	}
	f := b.files[len(b.files)-1]
	var mapped [2]int64
	kept := false
	for i, advice := range []int{unix.MADV_NORMAL, unix.MADV_HUGEPAGE} {
		if err := madvise(m, "DONTNEED", unix.MADV_DONTNEED); err != nil {
			return reply{}, err
		}
		if _, err := b.evict(f, int64(len(m))); err != nil {
			return reply{}, err
		}
		if err := madvise(m, "HUGEPAGE", advice); err != nil {
			return reply{}, err
		}
		b.touch(m)
		r, err := procmem.RegionOf(m)
		if err != nil {
			return reply{}, err
		}
		mapped[i], kept = pmdMapped(r), r.Has("hg")
	}
	text := fmt.Sprintf("accepted (flag hg in /proc/self/smaps %s); FilePmdMapped and ShmemPmdMapped after reading %d bytes through the mapping: %d without the advice, %d with it",
		isSet(kept), len(m), mapped[0], mapped[1])
	if b.stays && mapped[1] <= mapped[0] { // in memory pages are as large as they were made: see mount option huge= of tmpfs
		return unknown("%s; the pages were made before the advice, and stay as they are", text)
	}
	return verdict(mapped[1] > mapped[0], "%s", text)
}

func collapse(b *bench) (reply, error) {
	m, err := b.huge()
	if err != nil {
		return reply{}, err
	}
	b.touch(m)
	before, err := procmem.RegionOf(m)
	if err != nil {
		return reply{}, err
	}
	if err := madvise(m, "COLLAPSE", unix.MADV_COLLAPSE); err != nil {
		return reply{}, err
	}
	b.touch(m)
	after, err := procmem.RegionOf(m)
	if err != nil {
		return reply{}, err
	}
	return verdict(pmdMapped(after) > 0, "it returned 0; FilePmdMapped and ShmemPmdMapped in /proc/self/smaps: %d before, %d after", pmdMapped(before), pmdMapped(after))
}
