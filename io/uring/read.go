package uring

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"mmapbench/internal/directio"
	"mmapbench/io/backend"
)

func (c *config) open(path string, s backend.Spec) (backend.File, error) {
	var err error
	f := &file{config: c, path: path, spec: s, align: directio.None}
	if c.direct {
		f.fd, f.align, err = backend.OpenDirect(path, s, elsewhere)
	} else {
		f.fd, err = backend.OpenData(path, s.Size)
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

type file struct {
	*config
	path    string
	spec    backend.Spec
	fd      int
	align   directio.Alignment
	workers *worker // a list: each has a ring of its own
}

func (f *file) Worker(id int) (backend.Worker, error) {
	mem, err := f.spec.WorkerBufs(id, f.depth)
	if err != nil {
		return nil, err
	}
	if err := backend.CheckMemory(id, mem, f.align, f.path); err != nil {
		return nil, err
	}
	w := &worker{file: f, mem: mem, stride: f.spec.Stride(), mask: uint64(f.align.Offset - 1), next: f.workers}
	files := [...]int32{int32(f.fd)}
	if !f.fixed {
		w.fd = files[0]
	}
	if err := w.queue.open(f.depth, f.fixed, mem, files[:]); err != nil {
		return nil, backend.Failed("open", f.path, err)
	}
	w.idle.all(f.depth)
	f.workers = w
	return w, nil
}

func (f *file) Close() (err error) {
	for w := f.workers; w != nil; w = w.next {
		err = errors.Join(err, backend.Failed("close the io_uring of", f.path, w.shut()))
	}
	return errors.Join(err, backend.Failed("close", f.path, unix.Close(f.fd)))
}

type worker struct {
	queue
	file   *file
	fd     int32  // a descriptor, or its place among those registered
	mask   uint64 // alignment - 1, of which an aligned offset and length have no bit
	mem    []byte // a record for each slot, one stride after the other
	stride int
	idle   idle
	next   *worker
}

// idle is the slots without a transfer.
type idle struct {
	slots [maxDepth]uint8
	n     int
}

func (i *idle) all(depth int) {
	for i.n = range depth {
		i.slots[i.n] = uint8(i.n)
	}
	i.n = depth
}

func (i *idle) get() int {
	i.n--
	return int(i.slots[i.n])
}

func (i *idle) put(s int) {
	i.slots[i.n] = uint8(s)
	i.n++
}

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
	if w.flying > 0 {
		return nil, errInFlight
	}
	p := w.mem[:n:n]
	if n == 0 {
		return p, nil
	}
	w.start(0, opRead, w.fd, p, off)
	for {
		if err := w.enter(1); err != nil {
			return nil, w.failed(off, n, err)
		}
		s, err := w.finished()
		if err != nil {
			return nil, w.failed(off, n, err)
		}
		if s >= 0 {
			return p, nil
		}
	}
}

// Do keeps as many reads in flight as there are slots, over the ends of batches that
// are followed by more, and adds up records in the order in which they arrive.
func (w *worker) Do(b *backend.Batch) error {
	spec, n := &w.file.spec, b.Record
	if err := spec.Check(0, n); err != nil {
		return err
	}
	last, sum := uint64(spec.Size-int64(n)), b.Sum
	for i := 0; ; {
		for ; i < b.N && w.idle.n > 0; i++ {
			off := b.Off[i]
			if uint64(off) > last || (uint64(off)|uint64(n))&w.mask != 0 { // negative ones are huge
				return errors.Join(w.check(off, n), w.settle())
			}
			s := w.idle.get()
			w.start(s, opRead, w.fd, w.mem[s*w.stride:][:n], off)
		}
		if w.flying == 0 || i == b.N && b.More && w.file.depth > 1 {
			break
		}
		if err := w.enter(1); err != nil {
			return w.failed(b.Off[0], n, err)
		}
		for {
			s, err := w.finished()
			if s < 0 {
				break
			}
			w.idle.put(s)
			off := w.slots[s].off
			if err != nil {
				return errors.Join(w.failed(off, n, err), w.settle())
			}
			sum += b.Consumer.Consume(w.mem[s*w.stride:][:n], off)
		}
	}
	b.Sum = sum
	return nil
}

// settle waits for all that is in flight, after an error, and throws it away.
func (w *worker) settle() error {
	err := w.wait()
	w.idle.all(w.file.depth)
	return err
}

// failed says what failed. A file cut off inside a record is read up to its new end; a
// direct read cannot go on from there, which is not aligned (EINVAL).
func (w *worker) failed(off int64, n int, err error) error {
	var st unix.Stat_t
	if err == unix.EINVAL && unix.Fstat(w.file.fd, &st) == nil && st.Size < off+int64(n) {
		err = errShortened
	}
	return backend.Failed(fmt.Sprintf("read by io_uring %d bytes at offset %d of", n, off), w.file.path, err)
}
