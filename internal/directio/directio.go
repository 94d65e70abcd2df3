// Package directio knows what a file system asks of direct reads (O_DIRECT).
//
// The package repeats what the kernel says, and makes a cautious guess where the
// kernel says nothing. It cannot know whether a read did go past the page cache:
// some file systems accept the flag and read through the cache all the same.
// Only the cache and the device's counters show that.
package directio

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"mmapbench/internal/posix"
)

// Alignment is the number of bytes, a power of two, of which parts of a direct
// read or write must be a multiple.
type Alignment struct {
	Offset int // offset in the file, and length, of a read
	Write  int // the same of a write
	Memory int // address of the buffer
}

// None is the alignment of a read through the page cache.
var None = Alignment{1, 1, 1}

// Cautious is the alignment where the kernel tells none: a multiple of the
// logical block sizes in common use, which are 512 bytes and 4 KiB.
const Cautious = 4096

// ErrNone is wrapped by the error about a file that has no direct reads.
var ErrNone = errors.New("its file system reads it through the page cache, O_DIRECT or not")

// Of returns the alignment of direct reads and writes of an open regular file.
// statx(2) knows it since Linux 6.1, on the larger file systems, and since 6.14 it
// tells the alignment of reads apart from the one of writes, which may be coarser. 0
// from a kernel that knows means that this very file cannot be read directly, as with
// ext4's data=journal.
func Of(fd int) (Alignment, error) {
	a := Alignment{Cautious, Cautious, Cautious}
	var st unix.Statx_t
	err := unix.Statx(fd, "", unix.AT_EMPTY_PATH, unix.STATX_DIOALIGN|unix.STATX_DIO_READ_ALIGN, &st)
	if err != nil || st.Mask&unix.STATX_DIOALIGN == 0 {
		return a, nil
	}
	if st.Dio_offset_align == 0 || st.Dio_mem_align == 0 {
		return a, ErrNone
	}
	a = Alignment{int(st.Dio_offset_align), int(st.Dio_offset_align), int(st.Dio_mem_align)}
	if st.Mask&unix.STATX_DIO_READ_ALIGN != 0 && st.Dio_read_offset_align != 0 {
		a.Offset = int(st.Dio_read_offset_align)
	}
	return a, nil
}

// In returns the alignment of direct reads and writes of the files that are made in dir,
// by asking about one that has no name and is gone afterwards. Where none can
// be made, or dir is "", it returns the cautious alignment: about a file that exists,
// [Of] is to be asked in any case.
func In(dir string) (Alignment, error) {
	a := Alignment{Cautious, Cautious, Cautious}
	if dir == "" {
		return a, nil
	}
	// ext4 with inline_data keeps a short file in its inode, which cannot be
	// read directly; it moves out as the file grows.
	fd, err := posix.Nameless(dir, Cautious)
	if err != nil {
		return a, nil
	}
	defer unix.Close(fd)
	// A file system without O_DIRECT refuses the flag.
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETFL, unix.O_DIRECT); err == unix.EINVAL {
		return a, fmt.Errorf("files in %s cannot be read with O_DIRECT: %w", dir, err)
	}
	if a, err = Of(fd); err != nil {
		err = fmt.Errorf("a file made in %s cannot be read with O_DIRECT: %w", dir, err)
	}
	return a, err
}
