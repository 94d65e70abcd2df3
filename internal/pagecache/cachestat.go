package pagecache

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Stat is what cachestat(2) counts of a file, in pages.
type Stat struct {
	Cached          int64 // pages in the page cache, or being read into it
	Dirty           int64 // cached pages that changed and are not yet on the way to the device
	Writeback       int64 // cached pages on the way to the device
	Evicted         int64 // pages that left the cache, which still remembers them
	RecentlyEvicted int64 // pages evicted so recently that memory must be short
}

// Why cachestat(2) gives no answer, or none that is true.
var (
	errNoCachestat = errors.New("this kernel has no cachestat(2): it came with Linux 6.5")
	errNotTold     = errors.New("cachestat(2) is refused: only who owns the file, or may write to it, is told, " +
		"and a container's filter may forbid the call")
	errNotCounted = errors.New("cachestat(2) does not count this file system's pages")
	errOverlay    = errors.New("cachestat(2) finds nothing on overlayfs: it looks at the overlay's inode, and " +
		"the pages belong to the file below")
)

// Cachestat counts the pages of the first size bytes of f by cachestat(2),
// without a mapping. The error says why it cannot.
//
// Two traps. A file that is reached through overlayfs, as in a container, has
// its pages with the file below, where mmap and mincore find them; cachestat
// asks the overlay's own inode, which has none, and would report every file as
// cold. So overlayfs is refused. And since the beginning of 2025
// (can_do_cachestat in mm/filemap.c, also in stable kernels) it answers only
// those whom mincore would tell the truth, and EPERM to all others.
func Cachestat(f *os.File, size int64) (Stat, error) {
	s, err := cachestat(f, size)
	if err != nil {
		return Stat{}, fmt.Errorf("counting the cached pages of %s: %w", f.Name(), err)
	}
	return s, nil
}

func cachestat(f *os.File, size int64) (Stat, error) {
	var fs unix.Statfs_t
	if err := unix.Fstatfs(int(f.Fd()), &fs); err != nil {
		return Stat{}, fmt.Errorf("fstatfs: %w", err)
	}
	if fs.Type == unix.OVERLAYFS_SUPER_MAGIC {
		return Stat{}, errOverlay
	}
	if size == 0 { // a length of 0 means "to the end"
		return Stat{}, nil
	}
	var c unix.Cachestat_t
	err := unix.Cachestat(uint(f.Fd()), &unix.CachestatRange{Len: uint64(size)}, &c, 0)
	if err != nil {
		return Stat{}, cachestatError(err)
	}
	return Stat{int64(c.Cache), int64(c.Dirty), int64(c.Writeback), int64(c.Evicted), int64(c.Recently_evicted)}, nil
}

func cachestatError(err error) error {
	switch {
	case errors.Is(err, unix.ENOSYS):
		return errNoCachestat
	case errors.Is(err, unix.EPERM):
		return errNotTold
	case errors.Is(err, unix.EOPNOTSUPP): // hugetlbfs
		return errNotCounted
	}
	return fmt.Errorf("cachestat: %w", err)
}
