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
// cachestat(2) counts it; a file system in memory takes no notice.
func msyncWrites(p *probing) answer {
	n := fewPages * p.page
	f, _, m := p.newShared(n)
	fdatasync(f)
	m[0]++
	before, err := pagecache.Cachestat(f, int64(n))
	if err != nil {
		return unknown("what msync did cannot be seen: %v", errors.Unwrap(err))
	}
	if before.Dirty == 0 {
		return unknown("cachestat(2) counts no dirty page after a store: what msync does cannot be seen here")
	}
	msync(m)
	after := must(pagecache.Cachestat(f, int64(n)))
	return yesIf(after.Dirty+after.Writeback == 0,
		"dirty pages by cachestat(2) after a store: %d; after msync(MS_SYNC): %d, and %d under way",
		before.Dirty, after.Dirty, after.Writeback)
}

// msyncErrors gives msync what it must refuse by POSIX.
func msyncErrors(p *probing) answer {
	f, _ := p.newFile(2 * p.page)
	m := p.readable(f, 2*p.page)
	begin := unsafe.Pointer(unsafe.SliceData(m))
	// A page whose mapping goes away, beside one whose mapping stays.
	check(munmap(m[p.page:]))
	p.maps[len(p.maps)-1] = m[:p.page]
	page := uintptr(p.page)
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
	return yesIf(good, "%s", text)
}
