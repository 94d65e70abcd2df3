// Package extents says how much of a file lies on its device as it is read.
//
// A hole, or a part that was allocated and never written, is read as zeros without
// asking the device, and a compressed part asks the device for less. Such a file can
// be cold and cost nothing, so it proves nothing about the device. The kernel is
// asked by FIEMAP where the file system has it, else by SEEK_HOLE, else by the
// blocks that the file takes.
package extents

import (
	"fmt"
	"os"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"mmapbench/internal/units"
)

// Map is how many bytes of a file are not what they seem.
type Map struct {
	Size       int64
	Holes      int64 // belong to no block of the device
	Unwritten  int64 // have blocks that were never written
	Compressed int64 // lie compressed, or encoded otherwise
	Short      int64 // the file takes so much less room than it is long, for reasons that are not known
	How        string

	shared int64
}

// sharePercent of a file, and less, may be so without a word: a program has a hole
// here and there.
const sharePercent = 1

// Plus is the map of both files as if they were one.
func (m Map) Plus(o Map) Map {
	how := m.How
	if how != o.How && o.How != "" {
		how = strings.TrimPrefix(how+", "+o.How, ", ")
	}
	return Map{m.Size + o.Size, m.Holes + o.Holes, m.Unwritten + o.Unwritten,
		m.Compressed + o.Compressed, m.Short + o.Short, how, 0}
}

// Absent says in words what the device does not have to deliver; "" where that is
// no more than a trifle.
func (m Map) Absent() string {
	if (m.Holes+m.Unwritten+m.Compressed+m.Short)*100 <= m.Size*sharePercent {
		return ""
	}
	var parts []string
	for _, p := range []struct {
		bytes int64
		what  string
	}{
		{m.Holes, "are holes"},
		{m.Unwritten, "were never written"},
		{m.Compressed, "lie compressed"},
		{m.Short, "take no room on the device"},
	} {
		if p.bytes > 0 {
			parts = append(parts, fmt.Sprintf("%s of %s %s",
				units.FormatSize(p.bytes), units.FormatSize(m.Size), p.what))
		}
	}
	return fmt.Sprintf("%s (%s)", strings.Join(parts, ", "), m.How)
}

// Look asks about an open file of a size. It writes nothing but what the file has
// in the cache to its device.
func Look(f *os.File, size int64) Map {
	m, err := byMap(int(f.Fd()), size, flagSync)
	if err != nil {
		m = bySeek(f, size)
	}
	return m
}

// Shared says how many bytes of an open file lie in blocks that belong to another file
// as well. It writes nothing: what has no block yet is shared with none.
func Shared(fd int, size int64) (int64, error) {
	m, err := byMap(fd, size, 0)
	return m.shared, err
}

// The structures of linux/fiemap.h.
type (
	header struct {
		start, length   uint64
		flags           uint32
		mapped, entries uint32
		_               uint32
	}
	extent struct {
		logical, physical, length uint64
		_                         [2]uint64
		flags                     uint32
		_                         [3]uint32
	}
)

const (
	iocFiemap       = 0xC020660B // _IOWR('f', 11, struct fiemap)
	flagSync        = 0x1        // write what waits first: what is written later is not known yet
	extentLast      = 0x1
	extentEncoded   = 0x8
	extentUnwritten = 0x800
	extentShared    = 0x2000
	extentsAtOnce   = 256
)

// byMap asks for the map of the file (Documentation/filesystems/fiemap.rst).
func byMap(fd int, size int64, flags uint32) (Map, error) {
	m := Map{Size: size, How: "by FIEMAP"}
	var ask struct {
		header
		extents [extentsAtOnce]extent
	}
	at := uint64(0) // what is before it is accounted for
	for at < uint64(size) {
		ask.header = header{start: at, length: uint64(size) - at, flags: flags, entries: extentsAtOnce}
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), iocFiemap, uintptr(unsafe.Pointer(&ask)))
		if errno != 0 {
			return m, errno
		}
		if ask.mapped == 0 {
			break
		}
		for _, e := range ask.extents[:min(ask.mapped, extentsAtOnce)] {
			from, to := max(e.logical, at), min(e.logical+e.length, uint64(size))
			if from > at {
				m.Holes += int64(min(from, uint64(size)) - at)
			}
			if to > from && e.flags&extentShared != 0 {
				m.shared += int64(to - from)
			}
			if to > from {
				switch n := int64(to - from); {
				case e.flags&extentUnwritten != 0:
					m.Unwritten += n
				case e.flags&extentEncoded != 0:
					m.Compressed += n
				}
			}
			at = max(at, to)
			if e.flags&extentLast != 0 && at < uint64(size) {
				m.Holes += size - int64(at)
				return m, nil
			}
		}
	}
	if at < uint64(size) {
		m.Holes += size - int64(at)
	}
	return m, nil
}

// bySeek asks for holes (lseek(2)); many a file system names none that it has. What
// was never written counts as a hole there. It leaves the offset at the start.
func bySeek(f *os.File, size int64) Map {
	m := Map{Size: size, How: "by SEEK_HOLE"}
	defer func() { _, _ = f.Seek(0, 0) }()
	for at := int64(0); at < size; {
		data, err := unix.Seek(int(f.Fd()), at, unix.SEEK_DATA)
		if err == unix.ENXIO {
			data = size
		} else if err != nil {
			break
		}
		m.Holes += min(data, size) - at
		if at, err = unix.Seek(int(f.Fd()), data, unix.SEEK_HOLE); err != nil || at <= data {
			break
		}
	}
	var st unix.Stat_t
	// Blocks of 0 with data: a file system that does not count them, or that keeps
	// a small file in its inode.
	if unix.Fstat(int(f.Fd()), &st) == nil && st.Blocks > 0 && st.Blocks*512 < (size-m.Holes)/10*9 {
		m.Short, m.How = size-m.Holes-st.Blocks*512, m.How+" and its blocks"
	}
	return m
}
