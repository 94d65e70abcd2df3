// Package workloads says what a program does with a file: scan it, jump about
// in it, copy it, make it grow.
//
// Its attitude: a workload knows nothing of clocks, caches or statistics, and
// does the same accesses whatever the backend. It proves its work by a sum
// over the words it saw: the harness runs the same workload once more over the
// dataset's definition instead of a file, and the two must agree. So a new
// workload needs no checking code of its own.
package workloads

import (
	"mmapbench/io/backend"
)

// A Workload is one kind of work on a file. It is a stateless value.
type Workload interface {
	Info() Info
	// New prepares a job outside all timing: allocate here, not later.
	New(t Task) (Job, error)
}

// A Job is a workload's work for one trial. The harness calls Prepare, untimed,
// then Setup, Body, Sync and Teardown, each timed as one phase, and all of them
// again for every further lap.
type Job interface {
	Prepare() error
	Setup() error
	Body() error
	Sync() error
	Teardown() error
	// Sum returns the sum of the words that the last lap's Body consumed.
	Sum() uint64
}

// Info describes a workload.
type Info struct {
	Name    string // as in --workload
	Summary string // one line
	Kind    Kind
	// Ops is how many accesses one lap makes when the experiment does not
	// say. nil: as many as there are records in the file.
	Ops func(size, record int64) int64
	// Sampled marks a workload whose number of accesses may be chosen freely
	// (--ops), as opposed to one that goes through the whole file.
	Sampled bool
}

// Kind is what a workload needs of a backend, and so which factors apply.
type Kind uint8

const (
	Reads   Kind = iota // reads the dataset: backend.Backend
	Appends             // makes a new file from memory: backend.Appender
	Copies              // makes a copy of the dataset: backend.Copier
)

// Writes reports whether the workload leaves a file behind.
func (k Kind) Writes() bool { return k != Reads }

// UsesData reports whether the workload reads the dataset, so that a cache
// state can be asked for.
func (k Kind) UsesData() bool { return k != Appends }

// Fits returns nil if the backend has what the workload needs.
func (k Kind) Fits(b backend.Backend) error {
	var ok bool
	switch k {
	case Reads:
		ok = true
	case Appends:
		_, ok = b.(backend.Appender)
	case Copies:
		_, ok = b.(backend.Copier)
	}
	if !ok {
		return &misfit{b.Info().Name, k}
	}
	return nil
}

// Verb names the capability: "read", "append", "copy".
func (k Kind) Verb() string {
	return [...]string{backend.ToRead, backend.ToAppend, backend.ToCopy}[k]
}

type misfit struct {
	backend string
	kind    Kind
}

func (m *misfit) Error() string {
	return "backend " + m.backend + " cannot " + m.kind.Verb()
}

// Task is all that a job has to know.
type Task struct {
	Backend backend.Backend
	Spec    backend.Spec
	Data    string // path of the dataset
	Out     string // path of the file to be made, which does not exist
	Ops     int64  // accesses of one lap
	Seed    uint64 // of the access pattern; the same for every arm of a round

	// Source is what an appending job appends, from its start again as often
	// as needed: memory that has been touched.
	Source []byte
}
