// Package uring reaches a file by io_uring: the program puts what it wants into a queue
// that it shares with the kernel, and one system call hands over many accesses and waits
// for those that are ready. It is the way to keep a device busy from one thread.
//
// This package is opinionated: the ring is our own, on three system calls, as no library
// for it is kept up. It does what a careful C programmer does with liburing, and leaves
// out what one thread reading and writing files has no use for.
package uring

import (
	"fmt"

	"mmapbench/internal/directio"
	"mmapbench/io/backend"
)

// All returns the backends of this package.
func All() []backend.Backend { return []backend.Backend{Uring} }

// Uring reads and writes by io_uring.
var Uring backend.Backend = uring{}

type uring struct{}

// config is what the options come to.
type config struct {
	depth         int
	fixed, direct bool
}

var options = backend.Table[config]{
	{
		Option: backend.Option{Name: "depth", Kind: backend.Count, Min: 1, Max: maxDepth, Default: "1",
			Seen: "the most accesses that were in flight, as counted",
			Doc: "accesses in flight together, each with a buffer of its own; above 1 they end in any order, " +
				"and none is timed alone"},
		Apply: func(c *config, v backend.Value) { c.depth = int(v.N) },
	}, {
		Option: backend.Option{Name: "fixed", Seen: "UserBufs and UserFiles in fdinfo of the ring",
			Doc: "register buffers and files with the ring at the start, so that the kernel looks them up once"},
		Apply: func(c *config, _ backend.Value) { c.fixed = true },
		Refuse: map[backend.Verb]string{
			backend.ToAppend: "the records lie in memory of the workload, which is not registered; leave it out"},
	}, {
		Option: backend.Option{Name: "direct", Seen: "residency, and bytes of the device",
			Doc: "O_DIRECT: past the page cache, unless the file system ignores the flag; reads only"},
		Apply: func(c *config, _ backend.Value) { c.direct = true },
		Refuse: map[backend.Verb]string{
			backend.ToAppend: "only reads are direct here: use the backend direct",
			backend.ToCopy:   "only reads are direct here: use the backend direct"},
	},
}

func (uring) Info() backend.Info {
	return backend.Info{
		Name:    "uring",
		Summary: "io_uring, for reads, writes and syncs: several accesses in flight from one thread",
		Options: options.Options(),
	}
}

func (uring) Configure(verb backend.Verb, dir string, given backend.Options) (backend.Access, error) {
	c := &config{depth: 1}
	if err := options.Configure("backend uring", verb, given, c); err != nil {
		return backend.Access{}, err
	}
	needs := backend.Needs{Depth: c.depth}
	if dir != "" { // a plan asks
		if err := probe(); err != nil {
			return backend.Access{}, fmt.Errorf("backend uring: %w", err)
		}
	}
	if c.direct {
		align, err := directio.In(dir)
		if err != nil {
			return backend.Access{}, fmt.Errorf("backend uring, option direct: %w: %s", err, elsewhere)
		}
		needs.Align = align.Offset
	}
	return backend.Access{Needs: needs, Open: c.open, OpenAppend: c.openAppend, OpenCopy: c.openCopy}, nil
}

// The fix, where there are no direct reads.
const elsewhere = "leave out direct here, or use a target on ext4 (without data=journal) or XFS"
