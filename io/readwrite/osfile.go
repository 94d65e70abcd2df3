package readwrite

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"mmapbench/io/backend"
)

// OSFile and Bufio are what a Go programmer writes first. Their calls tell the scheduler,
// and check and lock what the library checks and locks.
var (
	OSFile backend.Backend = library{name: "osfile",
		summary: "Go's os.File: ReadAt; writes and copies with Write"}
	Bufio backend.Backend = library{name: "bufio", buffered: true,
		summary: "Go's bufio on os.File: io.ReadFull, after a jump Seek and Reset; writes through a bufio.Writer"}
)

// library is a backend of Go's standard library.
type library struct {
	name, summary string
	buffered      bool
}

var bufioOptions = backend.Table[int]{{
	Option: backend.Option{Name: "buffer", Kind: backend.Size, Default: "4k",
		Doc: "the buffer of a reader or a writer, of the library's own size if nothing is said", Seen: "strace"},
	Apply: func(size *int, v value) { *size = int(v.N) },
}}

func (l library) Info() backend.Info {
	info := backend.Info{Name: l.name, Summary: l.summary}
	if l.buffered {
		info.Options = bufioOptions.Options()
	}
	return info
}

func (l library) Configure(verb backend.Verb, _ string, o backend.Options) (backend.Access, error) {
	buffer := 0
	if l.buffered {
		buffer = 4 << 10 // of bufio.NewReader
	}
	if err := bufioOptions.Configure("backend "+l.name, verb, o, &buffer); err != nil {
		return backend.Access{}, err
	}
	return backend.Access{
		Open: func(path string, s backend.Spec) (backend.File, error) { return openLibrary(path, s, buffer) },
		OpenAppend: func(path string, s backend.Spec) (backend.AppendFile, error) {
			return createLibrary(path, os.O_APPEND, s, buffer)
		},
		OpenCopy: func(src, dst string, s backend.Spec) (backend.CopyFile, error) {
			return openLibraryCopy(src, dst, s, buffer)
		},
	}, nil
}

// openOS opens the file as every backend must, and as an os.File.
func openOS(path string, size int64) (*os.File, error) {
	fd, err := backend.OpenData(path, size)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), path), nil
}

func createOS(path string, flags, record int) (*os.File, error) {
	fd, err := backend.Create(path, os.O_WRONLY|flags, record)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), path), nil
}

type libraryFile struct {
	spec   backend.Spec
	buffer int // 0: none
	first  *os.File
	more   []*os.File // of other workers, as a position belongs to one file
}

func openLibrary(path string, s backend.Spec, buffer int) (backend.File, error) {
	f, err := openOS(path, s.Size)
	if err != nil {
		return nil, err
	}
	return &libraryFile{spec: s, buffer: buffer, first: f}, nil
}

func (f *libraryFile) Worker(id int) (backend.Worker, error) {
	buf, err := f.spec.WorkerBuf(id)
	if err != nil {
		return nil, err
	}
	w := &libraryWorker{spec: &f.spec, file: f.first, buf: buf}
	if f.buffer == 0 {
		return w, nil
	}
	if id != 0 {
		if w.file, err = openOS(f.first.Name(), f.spec.Size); err != nil {
			return nil, err
		}
		f.more = append(f.more, w.file)
	}
	w.reader = bufio.NewReaderSize(w.file, f.buffer)
	return w, nil
}

func (f *libraryFile) Close() error {
	err := f.first.Close()
	for _, m := range f.more {
		err = errors.Join(err, m.Close())
	}
	return err
}

type libraryWorker struct {
	spec   *backend.Spec
	file   *os.File
	reader *bufio.Reader // nil: ReadAt
	pos    int64         // where the reader is; -1: unknown
	buf    []byte
}

func (w *libraryWorker) View(off int64, n int) ([]byte, error) {
	if err := w.spec.Check(off, n); err != nil {
		return nil, err
	}
	return w.buf[:n], w.read(w.buf[:n], off)
}

func (w *libraryWorker) Do(b *backend.Batch) error {
	p := w.buf[:max(0, min(b.Record, len(w.buf)))]
	for _, off := range b.Off[:b.N] {
		if err := w.spec.Check(off, b.Record); err != nil {
			return err
		}
		if err := w.read(p, off); err != nil {
			return err
		}
		b.Sum += b.Consumer.Consume(p, off)
	}
	return nil
}

func (w *libraryWorker) read(p []byte, off int64) (err error) {
	if w.reader == nil {
		_, err = w.file.ReadAt(p, off)
	} else {
		err = w.readOn(p, off)
	}
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = errShortened
	}
	if err != nil {
		return fmt.Errorf("read %d bytes at offset %d of %s: %w", len(p), off, w.file.Name(), err)
	}
	return nil
}

// readOn reads where the reader is, or moves it there.
func (w *libraryWorker) readOn(p []byte, off int64) error {
	if off != w.pos {
		w.pos = -1
		if _, err := w.file.Seek(off, io.SeekStart); err != nil {
			return err
		}
		w.reader.Reset(w.file)
	}
	if _, err := io.ReadFull(w.reader, p); err != nil {
		w.pos = -1
		return err
	}
	w.pos = off + int64(len(p))
	return nil
}

// libraryWriter is a file being written, by an append or a copy.
type libraryWriter struct {
	*os.File
	buffer *bufio.Writer // nil: none
	spec   backend.Spec
}

func createLibrary(path string, flags int, s backend.Spec, buffer int) (*libraryWriter, error) {
	f, err := createOS(path, flags, s.Record)
	if err != nil {
		return nil, err
	}
	w := &libraryWriter{File: f, spec: s}
	if buffer > 0 {
		w.buffer = bufio.NewWriterSize(f, buffer)
	}
	return w, nil
}

func (w *libraryWriter) Append(src []byte) error {
	for len(src) > 0 {
		p := src[:min(w.spec.Record, len(src))]
		if err := w.write(p); err != nil {
			return err
		}
		src = src[len(p):]
	}
	return nil
}

func (w *libraryWriter) write(p []byte) (err error) {
	if w.buffer != nil {
		_, err = w.buffer.Write(p)
	} else {
		_, err = w.Write(p)
	}
	return err
}

func (w *libraryWriter) flushed() error {
	if w.buffer == nil {
		return nil
	}
	return w.buffer.Flush()
}

func (w *libraryWriter) Commit() error {
	if err := w.flushed(); err != nil {
		return err
	}
	return flush(int(w.Fd()), w.Name(), w.spec.Durability)
}

func (w *libraryWriter) Sync() error { return w.Commit() }

// Close writes what is left in the buffer, which only a commit or a sync did so far.
func (w *libraryWriter) Close() error { return errors.Join(w.flushed(), w.File.Close()) }

// libraryCopy is a loop of reads and writes.
type libraryCopy struct {
	*libraryWriter
	from libraryWorker
	done int64
}

func openLibraryCopy(src, dst string, s backend.Spec, buffer int) (backend.CopyFile, error) {
	buf, err := s.WorkerBuf(0)
	if err != nil {
		return nil, err
	}
	in, err := openOS(src, s.Size)
	if err != nil {
		return nil, err
	}
	out, err := createLibrary(dst, 0, s, buffer)
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	c := &libraryCopy{libraryWriter: out, from: libraryWorker{spec: &out.spec, file: in, buf: buf}}
	if buffer > 0 {
		c.from.reader = bufio.NewReaderSize(in, buffer)
	}
	return c, nil
}

func (c *libraryCopy) Copy(n int64) error {
	for end := copyEnd(c.done, n, c.spec.Size); c.done < end; {
		p := c.from.buf[:min(int64(c.spec.Record), end-c.done)]
		if err := c.from.read(p, c.done); err != nil {
			return err
		}
		if err := c.write(p); err != nil {
			return err
		}
		c.done += int64(len(p))
	}
	return nil
}

func (c *libraryCopy) Close() error { return errors.Join(c.libraryWriter.Close(), c.from.file.Close()) }
