package mmapio

import (
	"errors"

	"golang.org/x/sys/unix"

	"mmapbench/io/backend"
)

// openCopy maps the source as the options ask for and the destination plainly,
// at its full length, shared and writable.
func (c *config) openCopy(src, dst string, s backend.Spec) (backend.CopyFile, error) {
	from, err := c.openFile(src, s)
	if err != nil {
		return nil, err
	}
	fd, err := backend.Create(dst, unix.O_RDWR, s.Record) // a shared writable mapping needs both
	if err != nil {
		return nil, errors.Join(err, from.Close())
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
	to   []byte
	c    *config
	done int // bytes copied
}

func (c *copyFile) Copy(n int64) error {
	from, to, record := c.from.m[c.done:], c.to[c.done:], c.from.spec.Record
	if n > 0 && n < int64(len(from)) {
		from = from[:n]
	}
	c.done += len(from)
	for len(from) > 0 {
		k := copy(to, from[:min(record, len(from))])
		from, to = from[k:], to[k:]
	}
	return nil
}

func (c *copyFile) Sync() error {
	return c.c.flush(c.to, true, c.fd, c.dst, c.from.spec.Durability)
}

func (c *copyFile) Close() error {
	return errors.Join(c.from.Close(), backend.Failed("unmap", c.dst, munmap(c.to)),
		backend.Failed("close", c.dst, unix.Close(c.fd)))
}
