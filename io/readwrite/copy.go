package readwrite

import (
	"errors"
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"mmapbench/internal/directio"
	"mmapbench/internal/posix"
	"mmapbench/internal/reason"
	"mmapbench/io/backend"
)

// pair is what copies have in common: both files and how far the copy has come.
type pair struct {
	src   string
	srcFd int
	align directio.Alignment // of the source
	out   writer
	spec  backend.Spec
	done  int64 // bytes copied, and where both files stand
}

func (c *config) openPair(src, dst string, s backend.Spec) (p pair, err error) {
	access := unix.O_WRONLY
	if c.toMap {
		access = unix.O_RDWR // a shared mapping for writing needs both
	}
	p = pair{src: src, spec: s, align: directio.None}
	if c.open&unix.O_DIRECT != 0 {
		p.srcFd, p.align, err = backend.OpenDirect(src, s, elsewhere)
	} else {
		p.srcFd, err = backend.OpenData(src, s.Size)
	}
	if err != nil {
		return p, err
	}
	if err = c.advise(p.srcFd, src, s.Size); err == nil {
		p.out, err = c.create(dst, access, s, p.align)
	}
	if err != nil {
		unix.Close(p.srcFd)
	}
	return p, err
}

// copyEnd is where a call of Copy stops that is asked for n bytes when some were copied.
func copyEnd(done, n, size int64) int64 {
	if n > 0 && n < size-done {
		return done + n
	}
	return size
}

func (p *pair) Sync() error { return flush(p.out.fd, p.out.path, p.spec.Durability) }

func (p *pair) Close() error { return closeAll(p.out.path, p.srcFd, p.out.fd) }

// copyFile copies by reading a record, into the private buffer or a mapping of the copy.
type copyFile struct {
	pair
	file   file // the source
	worker worker
	hints  hints
	to     []byte // the mapping; nil: records are written
}

func (c *config) openCopy(src, dst string, s backend.Spec) (backend.CopyFile, error) {
	buf, err := s.WorkerBuf(0)
	if err != nil {
		return nil, err
	}
	p, err := c.openPair(src, dst, s)
	if err != nil {
		return nil, err
	}
	f := &copyFile{pair: p, file: file{config: c, path: src, spec: s, align: p.align},
		hints: c.hintsOf(src, p.srcFd, s.Size)}
	f.worker = f.file.worker(p.srcFd, buf)
	if c.toMap {
		f.to, err = mapNew(p.out.fd, s.Size)
		err = backend.Failed("map", dst, err)
	}
	if err == nil {
		err = f.hints.before(0)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close(), unix.Unlink(dst))
	}
	return f, nil
}

// mapNew gives a new file its length and maps it.
func mapNew(fd int, size int64) ([]byte, error) {
	if err := unix.Ftruncate(fd, size); err != nil {
		return nil, err
	}
	return posix.Mmap(fd, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
}

func (c *copyFile) Copy(n int64) error {
	for end := copyEnd(c.done, n, c.spec.Size); c.done < end; {
		from, n := c.done, min(int64(c.spec.Record), end-c.done)
		p := c.worker.buf[:n]
		if c.to != nil {
			p = c.to[from:][:n]
		}
		if err := c.hints.before(from); err != nil {
			return err
		}
		if err := c.read(p, from); err != nil {
			return c.worker.failed(from, len(p), err)
		}
		if err := c.hints.after(from, from+n); err != nil {
			return err
		}
		if c.to == nil {
			if err := c.out.write(p); err != nil {
				return backend.Failed(fmt.Sprintf("write %d bytes at offset %d of", len(p), from), c.out.path, err)
			}
		}
		c.done += n
	}
	return nil
}

// read reads a record. The last one of a direct read, cut off by the end of the file, is
// asked for whole, as its length must be aligned.
func (c *copyFile) read(p []byte, off int64) error {
	short := uint64(len(p)) & c.worker.mask
	if short == 0 {
		return c.worker.read(p, off)
	}
	if off+int64(len(p)) < c.spec.Size {
		return backend.CheckAlign(off, len(p), c.worker.file.align.Offset)
	}
	whole := uint64(len(p)) + c.worker.mask + 1 - short
	for {
		n, _, errno := syscall.RawSyscall6(syscall.SYS_PREAD64, uintptr(c.srcFd),
			uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(whole), uintptr(off), 0, 0)
		if int(n) == len(p) {
			return nil
		}
		if _, err := progress(n, errno, errShortened); err != nil || errno == 0 {
			return errors.Join(err, errShortened)
		}
	}
}

// Ignored tells of what was written and of what was read.
func (c *copyFile) Ignored() map[string]reason.Reason {
	if all := c.out.Ignored(); all != nil {
		return all
	}
	return c.file.Ignored()
}

func (c *copyFile) Counted() map[string]int64 { return c.file.Counted() }

func (c *copyFile) Close() error {
	var err error
	if c.to != nil {
		err = backend.Failed("unmap", c.out.path, posix.Munmap(c.to))
	}
	return errors.Join(err, c.pair.Close())
}
