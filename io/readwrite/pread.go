package readwrite

import (
	"fmt"

	"mmapbench/io/backend"
)

// Pread reads with pread(2): one call an access, the offset among its
// arguments.
var Pread backend.Backend = preadBackend{}

type preadBackend struct{ appender }

var (
	_ backend.Appender = preadBackend{}
	_ backend.Copier   = preadBackend{}
)

func (preadBackend) Info() backend.Info {
	return backend.Info{
		Name:    "pread",
		Summary: "pread(2) into a buffer; writes with write(2)",
	}
}

func (preadBackend) Open(path string, s backend.Spec) (backend.File, error) {
	fd, err := backend.OpenData(path, s.Size)
	if err != nil {
		return nil, err
	}
	return &preadFile{path, s, fd}, nil
}

func (preadBackend) OpenCopy(src, dst string, s backend.Spec) (backend.CopyFile, error) {
	return openCopy(src, dst, s, true)
}

type preadFile struct {
	path string
	spec backend.Spec
	fd   int
}

func (f *preadFile) Worker(id int) (backend.Worker, error) {
	buf, err := f.spec.WorkerBuf(id)
	if err != nil {
		return nil, err
	}
	return &preadWorker{f, f.fd, buf}, nil
}

func (f *preadFile) Close() error { return closeAll(f.path, f.fd) }

type preadWorker struct {
	file *preadFile
	fd   int
	buf  []byte
}

func (w *preadWorker) View(off int64, n int) ([]byte, error) {
	if err := w.file.spec.Check(off, n); err != nil {
		return nil, err
	}
	if err := pread(w.fd, w.buf[:n], off); err != nil {
		return nil, w.failed(off, n, err)
	}
	return w.buf[:n], nil
}

func (w *preadWorker) Do(b *backend.Batch) error {
	spec := &w.file.spec
	if err := spec.Check(0, b.Record); err != nil {
		return err
	}
	p, last, sum := w.buf[:b.Record], uint64(spec.Size-int64(b.Record)), b.Sum
	for _, off := range b.Off[:b.N] {
		if uint64(off) > last { // negative ones are huge
			return spec.Check(off, b.Record)
		}
		if err := pread(w.fd, p, off); err != nil {
			return w.failed(off, b.Record, err)
		}
		sum += b.Consumer.Consume(p, off)
	}
	b.Sum = sum
	return nil
}

func (w *preadWorker) failed(off int64, n int, err error) error {
	return wrap(fmt.Sprintf("pread %d bytes at offset %d of", n, off), w.file.path, err)
}
