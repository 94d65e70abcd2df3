//go:build linux

package backend

import (
	"errors"
	"fmt"
	"io/fs"
	"unsafe"

	"golang.org/x/sys/unix"

	"mmapbench/internal/directio"
	"mmapbench/internal/posix"
)

// OpenData opens the existing file at path for reading, as every backend must:
// without following a symbolic link, a regular file, exactly size bytes long.
// It returns a plain descriptor: an os.File would register with the runtime's
// poller, which no C program pays for.
func OpenData(path string, size int64) (fd int, err error) {
	return openData(path, size, unix.O_RDONLY)
}

// OpenDirect is [OpenData] with O_DIRECT, and returns how accesses must be aligned. It
// refuses a file of which there are no direct reads, with instead as what to do there,
// and a record that is not aligned.
func OpenDirect(path string, s Spec, instead string) (fd int, align directio.Alignment, err error) {
	fd, err = openData(path, s.Size, unix.O_RDONLY|unix.O_DIRECT)
	if errors.Is(err, unix.EINVAL) {
		return fd, align, fmt.Errorf("%w: its file system has no O_DIRECT: %s", err, instead)
	}
	if err != nil {
		return fd, align, err
	}
	if align, err = directio.Of(fd); err != nil {
		err = fmt.Errorf("with O_DIRECT: %w: %s", err, instead)
	} else {
		err = CheckAlign(0, s.Record, align.Offset)
	}
	if err != nil {
		unix.Close(fd)
		return -1, align, Failed("open", path, err)
	}
	return fd, align, nil
}

// CheckMemory reports the buffer of a worker that direct reads of the file cannot fill, as
// an error that wraps ErrAlign.
func CheckMemory(id int, buf []byte, align directio.Alignment, path string) error {
	at := uintptr(unsafe.Pointer(unsafe.SliceData(buf)))
	if at%uintptr(align.Memory) == 0 {
		return nil
	}
	return fmt.Errorf("worker %d: the buffer at %#x: %w to %d bytes, as direct reads of %s must be",
		id, at, ErrAlign, align.Memory, path)
}

func openData(path string, size int64, flags int) (fd int, err error) {
	if size <= 0 {
		return -1, &fs.PathError{Op: "open", Path: path,
			Err: fmt.Errorf("a file of %d bytes cannot be measured", size)}
	}
	// To open a pipe that has been put there must not hang; to a regular file the
	// flag means nothing.
	if fd, err = open(path, flags|unix.O_NONBLOCK); err != nil {
		return -1, err
	}
	if err := checkData(fd, size); err != nil {
		unix.Close(fd)
		return -1, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return fd, nil
}

func checkData(fd int, size int64) error {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return errors.New("not a regular file")
	}
	if st.Size != size {
		return fmt.Errorf("%d bytes long, but %d are expected: it was changed since it was made", st.Size, size)
	}
	return nil
}

// Create creates the file at path, which must not exist, for the owner alone, to
// be written in records of that many bytes. access is O_WRONLY or O_RDWR, with
// O_APPEND where wanted.
func Create(path string, access, record int) (fd int, err error) {
	if record <= 0 {
		err := fmt.Errorf("records of %d bytes cannot be written", record)
		return -1, &fs.PathError{Op: "create", Path: path, Err: err}
	}
	return open(path, access|unix.O_CREAT|unix.O_EXCL)
}

func open(path string, flags int) (fd int, err error) {
	err = posix.Retry(func() (err error) {
		fd, err = unix.Open(path, flags|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0o600)
		return err
	})
	if err == unix.ELOOP {
		err = fmt.Errorf("symbolic links are not followed here: %w", err)
	}
	if err != nil {
		return -1, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return fd, nil
}

// Failed says what failed on which file; nil stays nil.
func Failed(op, path string, err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: op, Path: path, Err: err}
}
