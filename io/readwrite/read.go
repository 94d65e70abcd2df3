package readwrite

import (
	"fmt"

	"mmapbench/io/backend"
)

// Read reads with read(2), after an lseek(2) where the next record does not
// begin where the last one ended: the interface of 1971, and still what most
// programs do.
var Read backend.Backend = readBackend{}

type readBackend struct{ appender }

var (
	_ backend.Appender = readBackend{}
	_ backend.Copier   = readBackend{}
)

func (readBackend) Info() backend.Info {
	return backend.Info{
		Name:    "read",
		Summary: "read(2) into a buffer, lseek(2) where needed; writes with write(2)",
	}
}

func (readBackend) Open(path string, s backend.Spec) (backend.File, error) {
	fd, err := backend.OpenData(path, s.Size)
	if err != nil {
		return nil, err
	}
	return &readFile{path: path, spec: s, fds: []int{fd}}, nil
}

func (readBackend) OpenCopy(src, dst string, s backend.Spec) (backend.CopyFile, error) {
	return openCopy(src, dst, s, false)
}

type readFile struct {
	path string
	spec backend.Spec
	fds  []int // the first one is worker 0's
}

// Worker gives every thread but the first a descriptor of its own, opened anew:
// the file position belongs to what open(2) made, and dup(2) would share it.
func (f *readFile) Worker(id int) (backend.Worker, error) {
	buf, err := f.spec.WorkerBuf(id)
	if err != nil {
		return nil, err
	}
	fd := f.fds[0]
	if id != 0 {
		if fd, err = backend.OpenData(f.path, f.spec.Size); err != nil {
			return nil, err
		}
		f.fds = append(f.fds, fd)
	}
	return &readWorker{file: f, fd: fd, buf: buf}, nil
}

func (f *readFile) Close() error { return closeAll(f.path, f.fds...) }

type readWorker struct {
	file *readFile
	fd   int
	pos  int64 // where the file position is; -1: unknown
	buf  []byte
}

func (w *readWorker) View(off int64, n int) ([]byte, error) {
	if err := w.file.spec.Check(off, n); err != nil {
		return nil, err
	}
	if err := w.readAt(w.buf[:n], off); err != nil {
		return nil, err
	}
	return w.buf[:n], nil
}

func (w *readWorker) Do(b *backend.Batch) error {
	spec := &w.file.spec
	if err := spec.Check(0, b.Record); err != nil {
		return err
	}
	p, last, sum := w.buf[:b.Record], uint64(spec.Size-int64(b.Record)), b.Sum
	for _, off := range b.Off[:b.N] {
		if uint64(off) > last { // negative ones are huge
			return spec.Check(off, b.Record)
		}
		if err := w.readAt(p, off); err != nil {
			return err
		}
		sum += b.Consumer.Consume(p, off)
	}
	b.Sum = sum
	return nil
}

func (w *readWorker) readAt(p []byte, off int64) error {
	if off != w.pos {
		if err := seek(w.fd, off); err != nil {
			return wrap(fmt.Sprintf("lseek to offset %d of", off), w.file.path, err)
		}
	}
	if err := read(w.fd, p); err != nil {
		w.pos = -1
		return wrap(fmt.Sprintf("read %d bytes at offset %d of", len(p), off), w.file.path, err)
	}
	w.pos = off + int64(len(p))
	return nil
}
