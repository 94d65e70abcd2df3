package preflight

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"

	"mmapbench/internal/pagecache"
)

// msyncWrites watches a dirty page become clean. The first store to a clean page
// faults, by which a file system with a device learns that it is dirty, and
// cachestat(2) counts it; one in memory does not want to know.
func msyncWrites(b *bench) (reply, error) {
	n := filePages * b.page
	f, _, m, err := b.shared(n)
	if err != nil {
		return reply{}, err
	}
	if err := failed("fdatasync", unix.Fdatasync(int(f.Fd()))); err != nil {
		return reply{}, err
	}
	m[0]++
	before, err := pagecache.Cachestat(f, int64(n))
	if err != nil {
		return unknown("what msync did cannot be seen: %v", errors.Unwrap(err))
	}
	if before.Dirty == 0 {
		return unknown("cachestat(2) counts no dirty page after a store: what msync does cannot be seen here")
	}
	if err := failed("msync", unix.Msync(m, unix.MS_SYNC)); err != nil {
		return reply{}, err
	}
	after, err := pagecache.Cachestat(f, int64(n))
	if err != nil {
		return reply{}, err
	}
	return verdict(after.Dirty+after.Writeback == 0, "dirty pages by cachestat(2) after a store: %d; after msync(MS_SYNC): %d, and %d under way",
		before.Dirty, after.Dirty, after.Writeback)
}

// msyncErrors gives msync what POSIX wants refused.
func msyncErrors(b *bench) (reply, error) {
	f, _, err := b.made(2 * b.page)
	if err != nil {
		return reply{}, err
	}
	m, err := b.readable(f, 2*b.page)
	if err != nil {
		return reply{}, err
	}
	begin := unsafe.Pointer(unsafe.SliceData(m))
	// A page whose mapping goes away, beside one whose mapping stays.
	hole := unsafe.Pointer(unsafe.SliceData(m[b.page:]))
	if err := failed("munmap", unix.MunmapPtr(hole, uintptr(b.page))); err != nil {
		return reply{}, err
	}
	b.maps[len(b.maps)-1] = m[:b.page]
	page := uintptr(b.page)
	cases := []struct {
		what   string
		at     unsafe.Pointer
		flags  uintptr
		errno  unix.Errno
		length uintptr
	}{
		{"not mapped", begin, unix.MS_SYNC, unix.ENOMEM, 2 * page},
		{"not at a page", unsafe.Add(begin, 1), unix.MS_SYNC, unix.EINVAL, page - 1},
		{"MS_SYNC with MS_ASYNC", begin, unix.MS_SYNC | unix.MS_ASYNC, unix.EINVAL, page},
	}
	good, text := true, ""
	for i, c := range cases {
		_, _, errno := unix.Syscall(unix.SYS_MSYNC, uintptr(c.at), c.length, c.flags)
		good = good && errno == c.errno
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%s: %s", c.what, errnoName(errno))
	}
	return verdict(good, "%s", text)
}
