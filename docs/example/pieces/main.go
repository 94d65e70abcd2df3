// Command pieces is mmapbench with a backend of its own: it reads a record in many
// small calls, as a program does if its buffer is smaller than its records.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"mmapbench/cli"
	"mmapbench/io/backend"
)

type pieces struct{}

func (pieces) Info() backend.Info {
	return backend.Info{
		Name:    "pieces",
		Summary: "pread(2) of a record in pieces",
		Options: []backend.Option{
			{Name: "piece", Kind: backend.Size, Default: "4k", Doc: "the most that one call reads"},
		},
	}
}

// Configure reads the options before anything is timed. What it returns only opens.
func (pieces) Configure(_ backend.Verb, _ string, o backend.Options) (backend.Access, error) {
	piece, err := o.Size("piece")
	if errors.Is(err, backend.ErrNotGiven) {
		piece, err = 4<<10, nil
	}
	if err == nil && piece == 0 {
		err = errors.New("backend pieces: a piece has at least one byte")
	}
	open := func(path string, s backend.Spec) (backend.File, error) {
		fd, err := backend.OpenData(path, s.Size) // no symbolic links, and the size must be right
		return &file{fd, s, int(min(piece, int64(s.Record)))}, err
	}
	return backend.Access{Open: open}, err
}

type file struct {
	fd    int
	spec  backend.Spec
	piece int
}

func (f *file) Close() error { return syscall.Close(f.fd) }

func (f *file) Worker(id int) (backend.Worker, error) {
	buf, err := f.spec.WorkerBuf(id) // memory that was touched before the clock started
	return &worker{f, buf}, err
}

type worker struct {
	*file
	buf []byte
}

func (w *worker) View(off int64, n int) ([]byte, error) {
	if err := w.spec.Check(off, n); err != nil {
		return nil, err
	}
	for done := 0; done < n; {
		got, err := syscall.Pread(w.fd, w.buf[done:min(done+w.piece, n)], off+int64(done))
		if err == nil && got == 0 {
			err = io.ErrUnexpectedEOF // somebody made the file shorter
		}
		if err != nil {
			return nil, fmt.Errorf("pread at offset %d: %w", off+int64(done), err)
		}
		done += got
	}
	return w.buf[:n], nil
}

func main() { os.Exit(cli.Main(cli.WithBackends(pieces{}))) }
