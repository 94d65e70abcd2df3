package readwrite

import (
	"errors"
	"fmt"
	"slices"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"mmapbench/internal/posix"
	"mmapbench/io/backend"
)

// maxIovecs is UIO_MAXIOV.
const maxIovecs = 1024

// Readv reads with readv(2), into several buffers at once.
var Readv backend.Backend = buffered{
	name:    "readv",
	summary: "readv(2) into several buffers, lseek(2) where needed; writes with write(2)",
	call:    byReadv,
	options: slices.Concat(vectorOptions, bufferedOptions),
}

// Preadv2 reads with preadv2(2): readv with an offset and with flags for each call.
var Preadv2 backend.Backend = buffered{
	name:    "preadv2",
	summary: "preadv2(2) into several buffers, with flags; writes with write(2), or with pwritev2(2) and flags",
	call:    byPreadv2,
	options: slices.Concat(vectorOptions, flagOptions, bufferedOptions),
}

// vectors are the buffers of vectored reads: parts of one buffer, side by side. There are
// none where the zero value is left as it is.
type vectors struct {
	iov    []unix.Iovec
	length int // bytes that they hold
	flags  int
	second *int64 // counts reads that took a second call, as not all was in the cache (RWF_NOWAIT)
}

// over spreads the buffers over p, unless that is where they are.
func (v *vectors) over(p []byte) {
	if v.length == len(p) && v.iov[0].Base == unsafe.SliceData(p) {
		return
	}
	v.length = len(p)
	part := (len(p) + len(v.iov) - 1) / len(v.iov)
	for i := range v.iov {
		q := p[min(i*part, len(p)):min((i+1)*part, len(p))]
		v.iov[i].Base = unsafe.SliceData(q)
		v.iov[i].SetLen(len(q))
	}
}

// readv reads at the position of the file.
func (v *vectors) readv(fd int, p []byte) error {
	v.over(p)
	n, _, errno := syscall.RawSyscall(syscall.SYS_READV, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(v.iov))),
		uintptr(len(v.iov)))
	if int(n) == len(p) {
		return nil
	}
	moved, err := progress(n, errno, errShortened)
	if err != nil {
		return err
	}
	return read(fd, p[moved:])
}

// preadv2 reads at the offset. What RWF_NOWAIT does not find in the cache is read by
// pread(2).
func (v *vectors) preadv2(fd int, p []byte, off int64) error {
	v.over(p)
	n, _, errno := syscall.RawSyscall6(unix.SYS_PREADV2, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(v.iov))), uintptr(len(v.iov)), uintptr(off), 0, uintptr(v.flags))
	if int(n) == len(p) {
		return nil
	}
	moved, err := progress(n, errno, errShortened)
	if v.flags&unix.RWF_NOWAIT != 0 && (err == nil || err == syscall.EAGAIN) {
		*v.second++
		err = nil
	}
	if err != nil {
		return err
	}
	return pread(fd, p[moved:], off+int64(moved))
}

// probeFlag tries a flag of preadv2 on a file without a name in the folder.
func probeFlag(flag int) func(dir, value string) error {
	return func(dir, _ string) error {
		if dir == "" {
			return nil // the file system decides
		}
		fd, err := posix.Nameless(dir, 8)
		if err != nil {
			return nil
		}
		defer unix.Close(fd)
		_, err = unix.Preadv2(fd, [][]byte{make([]byte, 8)}, 0, flag)
		if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EINVAL) {
			return fmt.Errorf("the kernel refuses the flag for files in %s: %w", dir, err)
		}
		return nil
	}
}
