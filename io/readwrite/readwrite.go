// Package readwrite reaches a file by system calls that copy: read(2),
// pread(2), write(2).
//
// This package is opinionated: an access is one system call and nothing else. The
// calls are made without telling the Go scheduler (RawSyscall6), so that one costs
// what it costs a C program; a normal call would add about 40 ns, a tenth of a warm
// 4 KiB read. The price is that the thread keeps its P for as long as the call
// sleeps: nothing else can run on that P, and no garbage collection can start. A
// worker process is built for that: the collector is off, the measuring goroutine is
// locked to its thread, and GOMAXPROCS is larger than the number of measuring
// threads, so nobody misses the P. Calls that are made once a trial go the normal way.
package readwrite

import (
	"errors"

	"golang.org/x/sys/unix"

	"mmapbench/internal/posix"
	"mmapbench/io/backend"
)

// All returns the backends of this package in the order in which they are
// listed. A new one is a file of its own and a line here.
func All() []backend.Backend {
	return []backend.Backend{
		Read,
		Pread,
		Readv,
		Preadv2,
		Direct,
		OSFile,
		Bufio,
		CopyFileRange,
		Sendfile,
		Splice,
		IOCopy,
		Reflink,
	}
}

// buffered is a backend that reads and writes through the page cache.
type buffered struct {
	name, summary string
	call          call
	options       table
}

func (b buffered) Info() backend.Info {
	return backend.Info{Name: b.name, Summary: b.summary, Options: b.options.Options()}
}

func (b buffered) Configure(verb backend.Verb, _ string, o backend.Options) (backend.Access, error) {
	c := &config{call: b.call, iovecs: 1}
	if err := c.configure(b.name, b.options, verb, o); err != nil {
		return backend.Access{}, err
	}
	return backend.Access{
		Needs:      backend.Needs{Shared: c.toMap, Evicts: c.behind, Durable: c.durable()},
		Open:       c.openFile,
		OpenOwn:    c.openFile,
		OpenAppend: c.openAppend,
		OpenCopy:   c.openCopy,
	}, nil
}

// flush makes what was written to the descriptor as durable as asked.
func flush(fd int, path string, d backend.Durability) error {
	switch d {
	case backend.Data:
		return backend.Failed("fdatasync", path, posix.Fdatasync(fd))
	case backend.Full:
		return backend.Failed("fsync", path, posix.Fsync(fd))
	}
	return nil
}

// closeAll closes the descriptors and returns every error: on a network file
// system the last write's may come this late.
func closeAll(path string, fds ...int) (err error) {
	for _, fd := range fds {
		err = errors.Join(err, backend.Failed("close", path, unix.Close(fd)))
	}
	return err
}
