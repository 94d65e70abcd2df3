// Package mmapio reaches a file through a mapping: its bytes are memory, and
// the kernel brings them in when they are touched.
//
// This package is opinionated: every flavor that a program might choose is an option,
// and an option either does what its name says or is refused. The kernel ignores much
// in silence (a flag that it does not know, a populate that failed, a length over the
// read-ahead window), so each option uses the call that reports failure, where there
// is one. Accesses are loads and stores to the mapping itself, with a bounds check
// and nothing else.
//
// A file that is shortened under its mapping, a medium that fails, or a full
// disk under a new page raises SIGBUS. This package does not catch it: the
// worker process does, with debug.SetPanicOnFault.
package mmapio

import (
	"errors"

	"golang.org/x/sys/unix"

	"mmapbench/io/backend"
)

// All returns the backends of this package.
func All() []backend.Backend {
	return []backend.Backend{Mmap}
}

// Mmap is the backend; its flavors are its options.
var Mmap backend.Backend = mmapBackend{}

type mmapBackend struct{}

func (mmapBackend) Info() backend.Info {
	return backend.Info{
		Name:    "mmap",
		Summary: "a mapping of the file; writes by growing the file and storing into it",
		Options: options.Options(),
	}
}

// Configure: what is written goes through a shared mapping, whatever the source
// of a copy is mapped as.
func (mmapBackend) Configure(verb backend.Verb, _ string, o backend.Options) (backend.Access, error) {
	c, err := configure(verb, o)
	if err != nil {
		return backend.Access{}, err
	}
	if verb == backend.ToOwn && !c.private {
		return backend.Access{}, errors.New("backend mmap: what is stored in a shared mapping is stored in the file: " +
			"give private, as in mmap:private")
	}
	c.stores = verb == backend.ToOwn
	return backend.Access{
		Needs: backend.Needs{
			Shared:  !c.private || verb != backend.ToRead && verb != backend.ToOwn && !c.toWrite,
			Private: c.private,
			Syncs:   c.msync != "",
			Evicts:  c.advises(unix.MADV_PAGEOUT),
			Unmaps:  c.window > 0 || c.release > 0,
		},
		Open:       c.open,
		OpenOwn:    c.open,
		OpenAppend: c.openAppend,
		OpenCopy:   c.openCopy,
	}, nil
}
