package mmapio

import (
	"errors"

	"golang.org/x/sys/unix"

	"mmapbench/io/backend"
)

// open opens and maps an existing file for reading.
func (c *config) open(path string, s backend.Spec) (backend.File, error) {
	if c.window > 0 {
		return c.openWindows(path, s)
	}
	f, err := c.openFile(path, s)
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (c *config) openFile(path string, s backend.Spec) (*file, error) {
	fd, err := backend.OpenData(path, s.Size)
	if err != nil {
		return nil, err
	}
	m, err := c.mapRead(fd, 0, s.Size)
	if err != nil {
		unix.Close(fd)
		return nil, backend.Failed("map", path, err)
	}
	return &file{path, s, fd, m, c}, nil
}

type file struct {
	path string
	spec backend.Spec
	fd   int
	m    []byte
	c    *config
}

func (f *file) Worker(id int) (backend.Worker, error) {
	buf, err := f.spec.WorkerBuf(id)
	if err != nil {
		return nil, err
	}
	if f.c.release > 0 {
		return &releaser{worker{&f.spec, f.m, buf}, f.c.release, f.c.release}, nil
	}
	return &worker{&f.spec, f.m, buf}, nil
}

func (f *file) Close() error {
	return errors.Join(backend.Failed("unmap", f.path, munmap(f.m)),
		backend.Failed("close", f.path, unix.Close(f.fd)))
}

type worker struct {
	spec *backend.Spec
	m    []byte // the whole file
	buf  []byte // takes the bytes that a consumer must own
}

func (w *worker) View(off int64, n int) ([]byte, error) {
	if err := w.spec.Check(off, n); err != nil {
		return nil, err
	}
	return w.m[off : off+int64(n) : off+int64(n)], nil
}

func (w *worker) Do(b *backend.Batch) error { return w.do(b, b.Off[:b.N]) }

// do accesses those records of the batch.
func (w *worker) do(b *backend.Batch, offs []int64) error {
	n := b.Record
	if err := w.spec.Check(0, n); err != nil {
		return err
	}
	m, buf, last, sum := w.m, w.buf[:n], uint64(w.spec.Size-int64(n)), b.Sum
	for _, off := range offs {
		if uint64(off) > last { // negative ones are huge
			return w.spec.Check(off, n)
		}
		p := m[off : off+int64(n)]
		if b.Consumer == backend.Copy {
			copy(buf, p)
			p = buf
		}
		sum += b.Consumer.Consume(p, off)
	}
	b.Sum = sum
	return nil
}
