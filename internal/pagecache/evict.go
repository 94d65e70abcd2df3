package pagecache

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"mmapbench/internal/posix"
)

// Evict writes the file's dirty pages to the device and asks for all of its
// pages to be dropped. Pages that are mapped by any process, under write-back,
// or locked stay: only Resident tells.
//
// This is posix_fadvise(2), the system call. posix_madvise(POSIX_MADV_DONTNEED),
// which some benchmarks use, does nothing at all in glibc and musl, and
// madvise(MADV_DONTNEED) drops page tables, not the cache.
func Evict(f *os.File) error {
	if err := posix.Fdatasync(int(f.Fd())); err != nil {
		return fmt.Errorf("fdatasync of %s: %w", f.Name(), err)
	}
	// Length 0 is "to the end". A range in bytes would spare a page that it
	// covers in part, such as the last one, and since large folios came a
	// folio of many pages.
	if err := unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED); err != nil {
		return fmt.Errorf("posix_fadvise(DONTNEED) of %s: %w", f.Name(), err)
	}
	return nil
}

// coldWaits are the pauses between attempts to evict: pages under write-back,
// or in the hands of reclaim, are free within milliseconds on a fast device and
// a fraction of a second on a card.
var coldWaits = [...]time.Duration{5 * time.Millisecond, 20 * time.Millisecond, 80 * time.Millisecond,
	300 * time.Millisecond}

// Cold evicts the first size bytes of f, looks whether they are gone, and tries
// a few times more if they are not. The residency it returns is the last one
// seen: IsCold says whether it is good enough.
func Cold(f *os.File, size int64) (Residency, error) {
	for try := 0; ; try++ {
		if err := Evict(f); err != nil {
			return Residency{}, err
		}
		r, err := Resident(f, size)
		if err != nil || r.Resident == 0 || try == len(coldWaits) {
			return r, err
		}
		time.Sleep(coldWaits[try])
	}
}

// dropCachesFile is where the kernel is asked to drop its caches.
const dropCachesFile = "/proc/sys/vm/drop_caches"

// DropCaches writes all dirty pages of the machine to their devices and drops
// the clean ones, of all files and for everybody, but not those that are mapped
// (Documentation/admin-guide/sysctl/vm.rst). The program's own text and
// libraries become cold too.
func DropCaches() error { return dropCaches(dropCachesFile) }

func dropCaches(path string) error {
	// Opened first: a sync of the whole machine may take minutes.
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("dropping the page cache: %w; this needs root, and in a container a writable /proc/sys; "+
			"without it files are evicted one by one", err)
	}
	defer f.Close()
	unix.Sync()
	if _, err := f.WriteString("1"); err != nil {
		return fmt.Errorf("dropping the page cache: %w", err)
	}
	return nil
}
