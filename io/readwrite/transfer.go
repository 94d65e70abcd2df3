package readwrite

import (
	"errors"
	"syscall"
	"unsafe"
)

// The functions here move exactly len(p) bytes. The common case, all of them in
// one call, takes one comparison.

var (
	errShortened = errors.New("the file ends here: it was shortened by somebody else")
	errNoWrite   = errors.New("the kernel wrote nothing and gave no error")
)

func pread(fd int, p []byte, off int64) error {
	for {
		n, _, errno := syscall.RawSyscall6(syscall.SYS_PREAD64, uintptr(fd),
			uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), uintptr(off), 0, 0)
		if int(n) == len(p) {
			return nil
		}
		moved, err := progress(n, errno, errShortened)
		if err != nil {
			return err
		}
		p, off = p[moved:], off+int64(moved)
	}
}

func read(fd int, p []byte) error {
	for {
		n, _, errno := syscall.RawSyscall6(syscall.SYS_READ, uintptr(fd),
			uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), 0, 0, 0)
		if int(n) == len(p) {
			return nil
		}
		moved, err := progress(n, errno, errShortened)
		if err != nil {
			return err
		}
		p = p[moved:]
	}
}

func write(fd int, p []byte) error {
	for {
		n, _, errno := syscall.RawSyscall6(syscall.SYS_WRITE, uintptr(fd),
			uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), 0, 0, 0)
		if int(n) == len(p) {
			return nil
		}
		moved, err := progress(n, errno, errNoWrite)
		if err != nil {
			return err
		}
		p = p[moved:]
	}
}

func seek(fd int, off int64) error {
	_, _, errno := syscall.RawSyscall6(syscall.SYS_LSEEK, uintptr(fd), uintptr(off), 0 /* SEEK_SET */, 0, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// progress returns how many bytes a call moved that did not move all. A regular
// file on a local disk is never interrupted (EINTR); one on FUSE or NFS may be.
func progress(n uintptr, errno syscall.Errno, none error) (int, error) {
	switch {
	case errno == syscall.EINTR:
		return 0, nil
	case errno != 0:
		return 0, errno
	case n == 0:
		return 0, none
	}
	return int(n), nil
}
