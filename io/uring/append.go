package uring

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"mmapbench/io/backend"
)

// openAppend makes a file that is written record by record at its end, as many records
// in flight as there are slots. Those may reach the file in any order: after a kill in
// between, what is missing is not always the end.
func (c *config) openAppend(path string, s backend.Spec) (backend.AppendFile, error) {
	fd, err := backend.Create(path, unix.O_WRONLY, s.Record)
	if err != nil {
		return nil, err
	}
	a := &appendFile{path: path, fd: fd, spec: s}
	if err := a.queue.open(c.depth, false, nil, nil); err != nil {
		unix.Close(fd)
		unix.Unlink(path)
		return nil, backend.Failed("create", path, err)
	}
	a.idle.all(c.depth)
	return a, nil
}

type appendFile struct {
	queue
	path string
	fd   int
	spec backend.Spec
	end  int64
	idle idle
}

func (a *appendFile) Append(src []byte) error {
	for len(src) > 0 || a.flying > 0 {
		for len(src) > 0 && a.idle.n > 0 {
			p := src[:min(a.spec.Record, len(src))]
			a.start(a.idle.get(), opWrite, int32(a.fd), p, a.end)
			src, a.end = src[len(p):], a.end+int64(len(p))
		}
		if err := a.enter(1); err != nil {
			return backend.Failed("append to", a.path, err)
		}
		for s, err := a.finished(); s >= 0; s, err = a.finished() {
			a.idle.put(s)
			if err != nil {
				t := &a.slots[s]
				err = backend.Failed(fmt.Sprintf("append %d bytes at offset %d of", t.n, t.off), a.path, err)
				return errors.Join(err, a.wait())
			}
		}
	}
	return nil
}

func (a *appendFile) Commit() error { return a.sync(int32(a.fd), a.path, a.spec.Durability) }
func (a *appendFile) Sync() error   { return a.Commit() }

func (a *appendFile) Close() error {
	return errors.Join(backend.Failed("close the io_uring of", a.path, a.shut()),
		backend.Failed("close", a.path, unix.Close(a.fd)))
}

// sync makes what was written as durable as asked.
func (q *queue) sync(file int32, path string, d backend.Durability) error {
	if d == backend.None {
		return nil
	}
	return backend.Failed("sync by io_uring", path, q.fsync(file, d == backend.Full))
}
