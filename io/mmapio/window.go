package mmapio

import (
	"errors"
	"math"

	"golang.org/x/sys/unix"

	"mmapbench/internal/posix"
	"mmapbench/io/backend"
)

// windows is a file of which each worker maps a piece at a time.
type windows struct {
	path    string
	spec    backend.Spec
	fd      int
	c       *config
	workers []*window
}

func (c *config) openWindows(path string, s backend.Spec) (backend.File, error) {
	fd, err := backend.OpenData(path, s.Size)
	if err != nil {
		return nil, err
	}
	return &windows{path: path, spec: s, fd: fd, c: c}, nil
}

func (f *windows) Worker(id int) (backend.Worker, error) {
	buf, err := f.spec.WorkerBuf(id)
	if err != nil {
		return nil, err
	}
	w := &window{f: f, start: nowhere, buf: buf}
	f.workers = append(f.workers, w)
	return w, nil
}

func (f *windows) Close() (err error) {
	for _, w := range f.workers {
		err = errors.Join(err, backend.Failed("unmap", f.path, munmap(w.m)))
	}
	return errors.Join(err, backend.Failed("close", f.path, unix.Close(f.fd)))
}

// nowhere is where a window begins that serves no access.
const nowhere = math.MaxInt64

// window is what one worker has mapped.
type window struct {
	f     *windows
	m     []byte
	base  int64 // where m begins in the file
	start int64 // the same, or nowhere if the next access wants a mapping of its own
	buf   []byte
}

// move unmaps the window and maps the one that off lies in: windows begin at multiples of
// their size, so that a scan in either direction moves once for each. These are two
// calls, munmap and mmap, as a program makes them that has little address space: it gives
// back before it takes. MAP_FIXED over the old window would be one.
func (w *window) move(off int64, n int) error {
	f := w.f
	err := munmap(w.m)
	w.m, w.start = nil, nowhere
	if err != nil {
		return backend.Failed("unmap", f.path, err)
	}
	base := off - off%f.c.window // a window of a record counts as a page
	size := min(max(f.c.window, off-base+int64(n)), f.spec.Size-base)
	if w.m, err = f.c.mapRead(f.fd, base, size); err != nil {
		return backend.Failed("map", f.path, err)
	}
	w.base = base
	if !f.c.perRecord {
		w.start = base
	}
	return nil
}

func (w *window) View(off int64, n int) ([]byte, error) {
	if err := w.f.spec.Check(off, n); err != nil || n == 0 {
		return w.buf[:0], err
	}
	if off < w.start || off-w.start > int64(len(w.m)-n) {
		if err := w.move(off, n); err != nil {
			return nil, err
		}
	}
	at := off - w.base
	return w.m[at : at+int64(n) : at+int64(n)], nil
}

func (w *window) Do(b *backend.Batch) error {
	n := b.Record
	if err := w.f.spec.Check(0, n); err != nil {
		return err
	}
	buf, last, sum := w.buf[:n], uint64(w.f.spec.Size-int64(n)), b.Sum
	for _, off := range b.Off[:b.N] {
		if uint64(off) > last { // negative ones are huge
			return w.f.spec.Check(off, n)
		}
		if off < w.start || off-w.start > int64(len(w.m)-n) {
			if err := w.move(off, n); err != nil {
				return err
			}
		}
		p := w.m[off-w.base:][:n]
		if b.Consumer == backend.Copy {
			copy(buf, p)
			p = buf
		}
		sum += b.Consumer.Consume(p, off)
	}
	b.Sum = sum
	return nil
}

// releaser is a worker that drops the page table of the mapping whenever it has accessed
// so many bytes: a scan leaves no more than these behind. They stay in the page cache.
type releaser struct {
	worker
	step, left int64
}

func (r *releaser) View(off int64, n int) ([]byte, error) {
	p, err := r.worker.View(off, n)
	if err == nil {
		err = r.accessed(int64(n)) // before p is touched, which brings its pages back
	}
	return p, err
}

// Do accesses the records up to a release in one go, so that none costs more.
func (r *releaser) Do(b *backend.Batch) error {
	n := max(int64(b.Record), 1)
	for offs := b.Off[:b.N]; len(offs) > 0; {
		k := min(int64(len(offs)), (r.left+n-1)/n)
		if err := r.do(b, offs[:k]); err != nil {
			return err
		}
		offs = offs[k:]
		if err := r.accessed(k * n); err != nil {
			return err
		}
	}
	return nil
}

func (r *releaser) accessed(n int64) error {
	if r.left -= n; r.left > 0 {
		return nil
	}
	r.left = r.step
	return posix.Madvise(r.m, unix.MADV_DONTNEED)
}
