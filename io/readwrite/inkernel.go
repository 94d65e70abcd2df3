package readwrite

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"

	"mmapbench/io/backend"
)

// CopyFileRange, Sendfile and Splice copy without a buffer of the program's: one call
// a record (of splice two), in which the kernel moves the bytes.
var (
	CopyFileRange backend.Backend = inKernel{
		name: "copy_file_range",
		summary: "copy_file_range(2), copies only: the kernel copies, or where the file system can (btrfs, XFS) " +
			"shares the blocks of the source, which is a reflink and no copy",
		move: copyFileRange,
	}
	Sendfile backend.Backend = inKernel{
		name:    "sendfile",
		summary: "sendfile(2) from file to file, copies only: through a pipe of the kernel's own",
		move:    sendfile,
	}
	Splice backend.Backend = inKernel{
		name:    "splice",
		summary: "splice(2) into a pipe and out of it, copies only: two calls a record, or for what the pipe holds",
		move:    splice,
		pipe:    true,
	}
)

// inKernel is a backend that only copies, by calls from one descriptor to another.
type inKernel struct {
	name, summary string
	move          func(c *kernelCopy, n int) (int, syscall.Errno) // moves n bytes at most from where both files stand
	pipe          bool
	whole         bool                   // one call is asked for all, whatever the record
	refuse        func(dir string) error // says why files of the folder cannot be copied so; nil: all can
}

func (b inKernel) Info() backend.Info { return backend.Info{Name: b.name, Summary: b.summary} }

func (b inKernel) Configure(verb backend.Verb, dir string, _ backend.Options) (backend.Access, error) {
	if verb == backend.ToCopy && dir != "" && b.refuse != nil {
		if err := b.refuse(dir); err != nil {
			return backend.Access{}, fmt.Errorf("backend %s: %w", b.name, err)
		}
	}
	return backend.Access{OpenCopy: b.openCopy}, nil
}

func (b inKernel) openCopy(src, dst string, s backend.Spec) (backend.CopyFile, error) {
	p, err := (&config{}).openPair(src, dst, s)
	if err != nil {
		return nil, err
	}
	c := &kernelCopy{pair: p, by: b}
	if b.pipe {
		if err := c.openPipe(); err != nil {
			return nil, errors.Join(err, p.Close())
		}
	}
	return c, nil
}

// kernelCopy is a copy by calls of the kernel.
type kernelCopy struct {
	pair
	by   inKernel
	pipe [2]int
}

// openPipe makes a pipe with room for a record. Beyond what a user may have
// (fs.pipe-max-size) the pipe stays as it is, and a record takes several turns.
func (c *kernelCopy) openPipe() error {
	if err := unix.Pipe2(c.pipe[:], unix.O_CLOEXEC); err != nil {
		return backend.Failed("make a pipe to copy", c.src, err)
	}
	_, err := unix.FcntlInt(uintptr(c.pipe[1]), unix.F_SETPIPE_SZ, c.spec.Record)
	if err != nil && err != unix.EPERM {
		return errors.Join(backend.Failed("make a pipe to copy", c.src, err), closeAll(c.src, c.pipe[:]...))
	}
	return nil
}

func (c *kernelCopy) Copy(n int64) error {
	for end := copyEnd(c.done, n, c.spec.Size); c.done < end; {
		record := int(end - c.done)
		if !c.by.whole {
			record = min(record, c.spec.Record)
		}
		for record > 0 {
			moved, errno := c.by.move(c, record)
			if moved <= 0 {
				if errno == syscall.EINTR {
					continue
				}
				return c.failed(record, errno)
			}
			record -= moved
			c.done += int64(moved)
		}
	}
	return nil
}

func (c *kernelCopy) Counted() map[string]int64 { return shared(c.out.fd, c.spec.Size) }

// failed says what a call met that moved nothing. Without an error it met the end.
func (c *kernelCopy) failed(n int, errno syscall.Errno) error {
	var err error = errno
	switch errno {
	case 0:
		err = errShortened
	case syscall.EXDEV, syscall.EINVAL, syscall.EOPNOTSUPP, syscall.ENOSYS:
		err = fmt.Errorf("%w: the kernel does not make this call between these files, or not for this record "+
			"(blocks are shared whole); use pread", errno)
	}
	op := fmt.Sprintf("%s %d bytes at offset %d to %s from", c.by.name, n, c.done, c.out.path)
	return backend.Failed(op, c.src, err)
}

func (c *kernelCopy) Close() error {
	if !c.by.pipe {
		return c.pair.Close()
	}
	return errors.Join(c.pair.Close(), closeAll(c.src, c.pipe[:]...))
}

// Both offsets are nil: the files' own positions hold, and move.
func copyFileRange(c *kernelCopy, n int) (int, syscall.Errno) {
	moved, _, errno := syscall.RawSyscall6(unix.SYS_COPY_FILE_RANGE, uintptr(c.srcFd), 0, uintptr(c.out.fd), 0,
		uintptr(n), 0)
	return int(moved), errno
}

func sendfile(c *kernelCopy, n int) (int, syscall.Errno) {
	moved, _, errno := syscall.RawSyscall6(unix.SYS_SENDFILE, uintptr(c.out.fd), uintptr(c.srcFd), 0, uintptr(n), 0, 0)
	return int(moved), errno
}

// splice fills the pipe once and empties it into the copy.
func splice(c *kernelCopy, n int) (int, syscall.Errno) {
	in, errno := splice1(c.srcFd, c.pipe[1], n)
	for left := in; left > 0; {
		var out int
		if out, errno = splice1(c.pipe[0], c.out.fd, left); out > 0 {
			left -= out
		} else if errno != syscall.EINTR {
			return 0, errno
		}
	}
	return in, errno
}

func splice1(from, to, n int) (int, syscall.Errno) {
	moved, _, errno := syscall.RawSyscall6(unix.SYS_SPLICE, uintptr(from), 0, uintptr(to), 0, uintptr(n),
		unix.SPLICE_F_MOVE)
	return int(moved), errno
}
