// Package pagecache brings a file's pages into the page cache or out of it, and
// gathers the evidence that they were, or were not, there.
//
// A request to the cache is a hint and its success means nothing, so every change
// is followed by a count of the pages that are there. A count is a witness's
// word, so Judge hears all witnesses, the device's counters too, before it calls
// a state proven. Nothing here needs root, apart from
// DropCaches.
package pagecache

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"mmapbench/internal/posix"
)

// Residency is how much of a file is in the page cache.
type Residency struct {
	Pages    int64 // pages that the file takes; the last one may be partly used
	Resident int64 // pages that are in the page cache
}

// coldPerMille is how many pages of a thousand may be in the cache of a cold
// file. Other programs look at files too (an indexer, a backup), and one page
// in a thousand changes a time by less than trials scatter. A file of fewer
// than 1,000 pages must have none.
const coldPerMille = 1

// IsCold reports whether at most 0.1 % of the pages are in the cache.
func IsCold(r Residency) bool { return r.Resident*1000 <= r.Pages*coldPerMille }

// IsWarm reports whether every page is in the cache: a single one that is
// missing may cost as much as reading a thousand that are there.
func IsWarm(r Residency) bool { return r.Resident == r.Pages }

// pages returns how many pages n bytes take.
func pages(n int64) int64 {
	page := int64(os.Getpagesize())
	return (n + page - 1) / page
}

// window is how much of a file is mapped at once to be looked at: little
// address space, and a vector of at most 256 KiB.
const window = 1 << 30

// Resident counts the pages of the first size bytes of f that are in the page
// cache, by mincore(2) over a mapping that nothing touches and that is gone
// afterwards: a page that is mapped cannot be evicted.
//
// The caller must own the file or be able to write to it. Since Linux 5.2
// mincore tells everybody else that all pages are resident (can_do_mincore in
// mm/mincore.c: it was a side channel). Observe finds out, and asks cachestat(2)
// as well.
func Resident(f *os.File, size int64) (Residency, error) {
	return resident(f, size, window)
}

func resident(f *os.File, size, window int64) (Residency, error) {
	r := Residency{Pages: pages(size)}
	vec := make([]byte, pages(min(window, size)))
	for off := int64(0); off < size; off += window {
		n, err := residentWindow(f, off, min(window, size-off), vec)
		if err != nil {
			return Residency{}, fmt.Errorf("counting the pages of %s in the page cache: %w", f.Name(), err)
		}
		r.Resident += n
	}
	return r, nil
}

func residentWindow(f *os.File, off, n int64, vec []byte) (resident int64, err error) {
	// Private, as some file systems have no shared mappings. Nothing is stored,
	// so both show the page cache.
	m, err := posix.Mmap(int(f.Fd()), off, n, unix.PROT_READ, unix.MAP_PRIVATE)
	if err != nil {
		return 0, fmt.Errorf("mmap: %w", err)
	}
	defer func() { err = errors.Join(err, posix.Munmap(m)) }()
	// x/sys has no wrapper for mincore.
	_, _, errno := unix.Syscall(unix.SYS_MINCORE, uintptr(unsafe.Pointer(&m[0])), uintptr(n),
		uintptr(unsafe.Pointer(&vec[0])))
	if errno != 0 {
		return 0, fmt.Errorf("mincore: %w", errno)
	}
	for _, v := range vec[:pages(n)] {
		resident += int64(v & 1) // the other bits are reserved
	}
	return resident, nil
}
