package readwrite

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"mmapbench/internal/directio"
	"mmapbench/internal/pagecache"
	"mmapbench/internal/reason"
	"mmapbench/io/backend"
)

// A call is the system call that reads a record.
type call string

const (
	byRead    call = "read"
	byPread   call = "pread"
	byReadv   call = "readv"
	byPreadv2 call = "preadv2"
	byDirect  call = "pread (O_DIRECT)"
)

// positioned reports whether the call is given the offset. Otherwise it reads where the
// file position is.
func (c call) positioned() bool { return c != byRead && c != byReadv }

func (c *config) openFile(path string, s backend.Spec) (backend.File, error) {
	fd, err := backend.OpenData(path, s.Size)
	if err != nil {
		return nil, err
	}
	if err := c.advise(fd, path, s.Size); err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	return &file{path: path, spec: s, config: c, fd: fd, align: directio.None}, nil
}

type file struct {
	*config
	path  string
	spec  backend.Spec
	fd    int
	align directio.Alignment
	more  []int // descriptors of workers other than the first

	second int64 // reads that took a second call, as not all was in the cache (RWF_NOWAIT)
}

// Worker gives every thread that reads with read(2), but the first, a descriptor
// of its own, opened anew: the file position belongs to what open(2) made, and
// dup(2) would share it.
func (f *file) Worker(id int) (backend.Worker, error) {
	buf, err := f.spec.WorkerBuf(id)
	if err != nil {
		return nil, err
	}
	if err := backend.CheckMemory(id, buf, f.align, f.path); err != nil {
		return nil, err
	}
	fd := f.fd
	if id != 0 && !f.call.positioned() {
		if fd, err = backend.OpenData(f.path, f.spec.Size); err != nil {
			return nil, err
		}
		f.more = append(f.more, fd)
	}
	if !f.hints() {
		w := f.worker(fd, buf)
		return &w, nil
	}
	w := &hinted{worker: f.worker(fd, buf), hints: f.hintsOf(f.path, fd, f.spec.Size)}
	return w, w.hints.before(0)
}

func (f *file) worker(fd int, buf []byte) worker {
	w := worker{file: f, fd: fd, positioned: f.call == byPread || f.call == byDirect,
		mask: uint64(f.align.Offset - 1), buf: buf}
	if f.call == byReadv || f.call == byPreadv2 {
		w.vectors = vectors{iov: make([]unix.Iovec, f.iovecs), length: -1, flags: f.flags, second: &f.second}
	}
	return w
}

// Ignored looks for pages that fadvise=dontneed should have dropped: of a file in memory,
// or that others have mapped, they stay. What a trial with that option finds was not there
// before it.
func (f *file) Ignored() map[string]reason.Reason {
	if !f.behind {
		return nil
	}
	return stillCached("fadvise=dontneed", f.path, f.spec.Size)
}

// stillCached says that an option had no effect if more than half of a file is in the page
// cache: the folios at the edges of what was dropped may be, and a last record.
func stillCached(option, path string, size int64) map[string]reason.Reason {
	g, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil
	}
	defer g.Close()
	r, err := pagecache.Resident(g, size)
	if err != nil || 2*r.Resident <= r.Pages {
		return nil
	}
	return map[string]reason.Reason{option: {Code: reason.NoEffect,
		Detail: fmt.Sprintf("%d of %d pages are in the page cache", r.Resident, r.Pages)}}
}

// Counted has the second calls, where there can be any.
func (f *file) Counted() map[string]int64 {
	if f.flags&unix.RWF_NOWAIT == 0 {
		return nil
	}
	return map[string]int64{"second-calls": f.second}
}

func (f *file) Close() error {
	return errors.Join(closeAll(f.path, f.fd), closeAll(f.path, f.more...))
}

type worker struct {
	file       *file
	fd         int
	positioned bool    // pread(2)
	vectors    vectors // of readv(2) and preadv2(2)
	mask       uint64  // alignment - 1, of which an aligned offset and length have no bit
	pos        int64   // where read(2) goes on; -1: unknown
	buf        []byte
}

// check reports what must be refused. The kernel refuses an unaligned direct read
// on some file systems only; the others serve it from the page cache.
func (w *worker) check(off int64, n int) error {
	if err := w.file.spec.Check(off, n); err != nil {
		return err
	}
	return backend.CheckAlign(off, n, w.file.align.Offset)
}

func (w *worker) View(off int64, n int) ([]byte, error) {
	if err := w.check(off, n); err != nil {
		return nil, err
	}
	if err := w.read(w.buf[:n], off); err != nil {
		return nil, w.failed(off, n, err)
	}
	return w.buf[:n], nil
}

// Do has the branches of read in its loop: one more call would cost a hundredth of
// a warm access.
func (w *worker) Do(b *backend.Batch) error {
	spec := &w.file.spec
	if err := spec.Check(0, b.Record); err != nil {
		return err
	}
	p, last, sum := w.buf[:b.Record], uint64(spec.Size-int64(b.Record)), b.Sum
	for _, off := range b.Off[:b.N] {
		if uint64(off) > last || (uint64(off)|uint64(b.Record))&w.mask != 0 { // negative ones are huge
			return w.check(off, b.Record)
		}
		var err error
		if w.positioned {
			err = pread(w.fd, p, off)
		} else {
			err = w.readOther(p, off)
		}
		if err != nil {
			return w.failed(off, b.Record, err)
		}
		sum += b.Consumer.Consume(p, off)
	}
	b.Sum = sum
	return nil
}

func (w *worker) read(p []byte, off int64) error {
	if w.positioned {
		return pread(w.fd, p, off)
	}
	return w.readOther(p, off)
}

// readOther reads with another call than pread(2).
func (w *worker) readOther(p []byte, off int64) error {
	if w.vectors.iov != nil && w.file.call.positioned() {
		return w.vectors.preadv2(w.fd, p, off)
	}
	return w.readOn(p, off)
}

// readOn reads with read(2) or readv(2), at the file position if that is where it stands.
func (w *worker) readOn(p []byte, off int64) error {
	if off != w.pos {
		w.pos = -1
		if err := seek(w.fd, off); err != nil {
			return fmt.Errorf("lseek: %w", err)
		}
	}
	var err error
	if w.vectors.iov != nil {
		err = w.vectors.readv(w.fd, p)
	} else {
		err = read(w.fd, p)
	}
	if err != nil {
		w.pos = -1
		return err
	}
	w.pos = off + int64(len(p))
	return nil
}

// failed says what failed. A file cut off inside a record is read up to its new
// end; a direct read cannot go on from there, which is not aligned (EINVAL).
func (w *worker) failed(off int64, n int, err error) error {
	var st unix.Stat_t
	if err == unix.EINVAL && unix.Fstat(w.fd, &st) == nil && st.Size < off+int64(n) {
		err = errShortened
	}
	return backend.Failed(fmt.Sprintf("%s %d bytes at offset %d of", w.file.call, n, off), w.file.path, err)
}
