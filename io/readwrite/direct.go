package readwrite

import (
	"errors"
	"fmt"
	"io/fs"
	"unsafe"

	"golang.org/x/sys/unix"

	"mmapbench/internal/directio"
	"mmapbench/io/backend"
)

// Direct reads with pread(2) from a descriptor opened with O_DIRECT: from the
// device into the buffer, past the page cache. What a database does that has a
// cache of its own, and what shows the device itself.
//
// O_DIRECT is a wish. Some file systems accept it and read through the page
// cache: tmpfs, btrfs where it compresses, some in FUSE. ext4 with data=journal
// does too, but says so and is refused. The backend cannot see the difference.
// The harness can: the pages are in the cache afterwards, and the device's
// counters know what was read.
var Direct backend.Backend = directBackend{}

type directBackend struct{}

var _ backend.DirectReader = directBackend{}

func (directBackend) Info() backend.Info {
	return backend.Info{
		Name:    "direct",
		Summary: "pread(2) with O_DIRECT: past the page cache, unless the file system ignores the flag; reads only",
	}
}

// The fix, where there are no direct reads.
const elsewhere = "use the backend pread here, or a target on ext4 (without data=journal) or XFS"

func (directBackend) DirectAlign(dir string, _ backend.Options) (int, error) {
	a, err := directio.In(dir)
	if err != nil {
		return 0, fmt.Errorf("backend direct: %w: %s", err, elsewhere)
	}
	return a.Offset, nil
}

func (directBackend) Open(path string, s backend.Spec) (backend.File, error) {
	fd, err := backend.OpenDirect(path, s.Size)
	if errors.Is(err, unix.EINVAL) {
		return nil, fmt.Errorf("%w: its file system has no O_DIRECT: %s", err, elsewhere)
	}
	if err != nil {
		return nil, err
	}
	align, err := directio.Of(fd)
	if err != nil {
		err = fmt.Errorf("with O_DIRECT: %w: %s", err, elsewhere)
	} else {
		err = backend.CheckAlign(0, s.Record, align.Offset)
	}
	if err != nil {
		unix.Close(fd)
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return &directFile{path, s, fd, align}, nil
}

type directFile struct {
	path  string
	spec  backend.Spec
	fd    int
	align directio.Alignment
}

func (f *directFile) Worker(id int) (backend.Worker, error) {
	buf, err := f.spec.WorkerBuf(id)
	if err != nil {
		return nil, err
	}
	if at := uintptr(unsafe.Pointer(unsafe.SliceData(buf))); at%uintptr(f.align.Memory) != 0 {
		return nil, fmt.Errorf("worker %d: the buffer at %#x: %w to %d bytes, as direct reads of %s must be",
			id, at, backend.ErrAlign, f.align.Memory, f.path)
	}
	return &directWorker{f, f.fd, buf}, nil
}

func (f *directFile) Close() error { return closeAll(f.path, f.fd) }

type directWorker struct {
	file *directFile
	fd   int
	buf  []byte
}

// check reports what must be refused. The kernel refuses an unaligned read on
// some file systems only; the others serve it from the page cache.
func (w *directWorker) check(off int64, n int) error {
	if err := w.file.spec.Check(off, n); err != nil {
		return err
	}
	return backend.CheckAlign(off, n, w.file.align.Offset)
}

func (w *directWorker) View(off int64, n int) ([]byte, error) {
	if err := w.check(off, n); err != nil {
		return nil, err
	}
	if err := pread(w.fd, w.buf[:n], off); err != nil {
		return nil, w.failed(off, n, err)
	}
	return w.buf[:n], nil
}

func (w *directWorker) Do(b *backend.Batch) error {
	spec := &w.file.spec
	if err := spec.Check(0, b.Record); err != nil {
		return err
	}
	p, last, sum := w.buf[:b.Record], uint64(spec.Size-int64(b.Record)), b.Sum
	align := uint64(w.file.align.Offset)
	ragged := uint64(b.Record)%align != 0
	for _, off := range b.Off[:b.N] {
		if uint64(off) > last || uint64(off)%align != 0 || ragged { // negative ones are huge
			return w.check(off, b.Record)
		}
		if err := pread(w.fd, p, off); err != nil {
			return w.failed(off, b.Record, err)
		}
		sum += b.Consumer.Consume(p, off)
	}
	b.Sum = sum
	return nil
}

// failed says what failed. A file cut off inside a record is read up to its new
// end; to go on from there is not aligned and ends in EINVAL.
func (w *directWorker) failed(off int64, n int, err error) error {
	var st unix.Stat_t
	if err == unix.EINVAL && unix.Fstat(w.fd, &st) == nil && st.Size < off+int64(n) {
		err = errShortened
	}
	return wrap(fmt.Sprintf("pread (O_DIRECT) %d bytes at offset %d of", n, off), w.file.path, err)
}
