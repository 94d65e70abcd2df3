package mmapio

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"mmapbench/io/backend"
)

// openCopy maps the source as the options ask for and the destination plainly,
// at its full length, shared and writable; or leaves the destination to write(2).
func (c *config) openCopy(src, dst string, s backend.Spec) (backend.CopyFile, error) {
	from, err := c.openFile(src, s)
	if err != nil {
		return nil, err
	}
	access := unix.O_RDWR // a shared writable mapping needs both
	if c.toWrite {
		access = unix.O_WRONLY
	}
	fd, err := backend.Create(dst, access, s.Record)
	if err != nil {
		return nil, errors.Join(err, from.Close())
	}
	if c.toWrite {
		return &copyFile{from, dst, fd, nil, c, 0}, nil
	}
	to, err := mapNew(fd, s.Size)
	if err != nil {
		return nil, errors.Join(backend.Failed("map", dst, err), from.Close(), unix.Close(fd), unix.Unlink(dst))
	}
	return &copyFile{from, dst, fd, to, c, 0}, nil
}

// mapNew gives a new file its length and maps it. The file is a hole until it
// is stored to; a disk that is full by then is a SIGBUS, not an ENOSPC.
func mapNew(fd int, size int64) ([]byte, error) {
	if err := unix.Ftruncate(fd, size); err != nil {
		return nil, err
	}
	return mmap(0, fd, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
}

type copyFile struct {
	from *file
	dst  string
	fd   int
	to   []byte // nil: records are written
	c    *config
	done int // bytes copied
}

func (c *copyFile) Copy(n int64) error {
	from, record := c.from.m[c.done:], c.from.spec.Record
	if n > 0 && n < int64(len(from)) {
		from = from[:n]
	}
	if c.to == nil {
		return c.write(from)
	}
	to := c.to[c.done:]
	c.done += len(from)
	for len(from) > 0 {
		k := copy(to, from[:min(record, len(from))])
		from, to = from[k:], to[k:]
	}
	return nil
}

// write writes the bytes of the mapping, which the kernel brings in if they are not there.
func (c *copyFile) write(from []byte) error {
	for record := c.from.spec.Record; len(from) > 0; {
		p := from[:min(record, len(from))]
		n, err := unix.Write(c.fd, p)
		if err != nil && err != unix.EINTR {
			return backend.Failed(fmt.Sprintf("write %d bytes at offset %d of", len(p), c.done), c.dst, err)
		}
		n = max(n, 0)
		from, c.done = from[n:], c.done+n
	}
	return nil
}

func (c *copyFile) Sync() error {
	return c.c.flush(c.to, c.to != nil, c.fd, c.dst, c.from.spec.Durability)
}

func (c *copyFile) Close() error {
	err := c.from.Close()
	if c.to != nil {
		err = errors.Join(err, backend.Failed("unmap", c.dst, munmap(c.to)))
	}
	return errors.Join(err, backend.Failed("close", c.dst, unix.Close(c.fd)))
}
