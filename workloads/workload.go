// Package workloads says what a program does with a file: scan it, jump about
// in it, copy it, make it grow.
//
// A workload knows nothing of clocks, caches or statistics, and makes the same
// accesses whatever the backend. It proves its work by a sum over the words it saw:
// the harness runs the same workload once more over the dataset's definition instead
// of a file, and the two sums must agree. So a new workload needs no checking code of
// its own.
package workloads

import (
	"errors"
	"fmt"
	"time"

	"mmapbench/internal/latency"
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
	// Populate touches every page of what Setup opened, so that the page
	// tables of a mapping are filled before Body begins. It is called where the
	// cache state mapped is asked for, untimed; a job that writes has none.
	Populate() error
	Body() error
	Sync() error
	Teardown() error
	// Sum returns the sum of the words that the last lap's Body consumed.
	Sum() uint64
	// Ops returns how many accesses the last lap made: Task.Ops, or in a
	// trial with a duration what its time allowed. A job for as many
	// accesses and without a duration has the same Sum.
	Ops() int64
}

// An Opener is a Job that hands out the file that its Setup opened, which the harness
// asks for the options that the kernel ignored ([backend.Observer]).
type Opener interface{ Opened() any }

// Info describes a workload.
type Info struct {
	Name    string // the name that --workload takes
	Summary string // one line
	Kind    Kind
	// Ops is how many operations, each an access unless there are Views, one
	// lap makes when the experiment does not say. nil: as many as there are
	// records in the file.
	Ops func(size, record int64) int64
	// Sampled marks a workload whose number of accesses may be chosen freely
	// (--ops), as opposed to one that goes through the whole file.
	Sampled bool
	// Repeats marks a workload that begins anew when it has visited every
	// whole record of the file, each of them once, and so goes on for as many
	// accesses as are asked for.
	Repeats bool
	// Fits says why the workload cannot be tried with a file and records of these
	// sizes, and what can. nil: it always can.
	Fits func(size, record int64) error
	// Stores marks a workload that stores into what it views, in memory of its own:
	// nothing reaches the file. It is for backends that can [backend.ToOwn].
	Stores bool
	// Views says of how many accesses one operation is, roughly, where it is
	// not one: a search makes several. r.Ops then counts operations, the plan
	// is made with this estimate, and times per access and rates are of the
	// accesses that were made. nil: an operation is one access of one whole
	// record, and a workload that makes others, more or fewer is refused.
	Views func(size, record int64) int64
	// Recorded marks a workload whose accesses were recorded: it is run only where it is
	// named. Its Shape is what the record decides; nil: there is no record.
	Recorded bool
	Shape    *Shape

	// Dataset is the content of the file, where the workload needs one of its
	// own, such as records in order: the 8 bytes at offset off, a multiple of
	// 8, read as a little-endian number. It is called out of all timing, once
	// for every word that is written or checked, and depends on off alone. nil:
	// words that are all different and have no order (docs/extending.md).
	Dataset func(off int64) uint64
	// Split marks a workload that reads many files of a record each, which together
	// hold what one file would: Task.Files. A View is of one of them, whole.
	Split bool
	// Options are what the workload can be given after a colon, as in
	// random:zipf=0.99, and Configure returns the workload with the options that
	// were given, at least one of them, or says what is wrong with those.
	// It is called where a plan is made or checked, and before each trial.
	Options   []backend.Option
	Configure func(o backend.Options) (Workload, error)
}

// AccessesOf returns how many accesses a number of operations are, roughly where the
// workload has Views.
func (i Info) AccessesOf(ops, size, record int64) int64 {
	if i.Views == nil {
		return ops
	}
	return ops * max(i.Views(size, record), 1)
}

// Verb is what the workload does with a backend; "" where there is none.
func (i Info) Verb() backend.Verb {
	if i.Stores {
		return backend.ToOwn
	}
	return i.Kind.Verb()
}

// CanLast reports whether the workload can go on for as long as a trial with a
// duration lasts: it reads, and as often as it is asked to. What writes would
// fill the disk.
func (i Info) CanLast() bool { return i.Kind == Reads && (i.Sampled || i.Repeats) }

// Kind is what a workload needs of a backend, and so which factors apply.
type Kind uint8

const (
	Reads   Kind = iota // reads the dataset
	Appends             // makes a new file from memory
	Copies              // makes a copy of the dataset
	Runs                // runs a command of the user's, which takes no backend
)

// Writes reports whether the workload leaves a file behind.
func (k Kind) Writes() bool { return k == Appends || k == Copies }

// UsesData reports whether the workload reads the dataset, so that a cache
// state can be asked for.
func (k Kind) UsesData() bool { return k == Reads || k == Copies }

// Verb is what the workload does with a backend; "" where there is none.
func (k Kind) Verb() backend.Verb {
	return [...]backend.Verb{backend.ToRead, backend.ToAppend, backend.ToCopy, ""}[k]
}

// Task is all that a job has to know.
type Task struct {
	Access backend.Access // configured for the Verb of the workload's Kind
	Spec   backend.Spec
	Data   string   // path of the dataset
	Files  []string // the paths of its files, where the workload's Info has Split; nil over the definition
	Out    string   // path of the file to be made, which does not exist
	Ops    int64    // accesses of one lap
	Seed   uint64   // decides the access pattern; the same for every arm of a round

	// Source is what an appending job appends, from its start again as often
	// as needed: memory that has been touched.
	// It is a whole number of records, or as long as the file.
	Source []byte

	// Memory returns memory that is new, of which no page is there yet, and what frees
	// it. nil over the definition of a dataset, where a worker forgets what it returned.
	Memory func(bytes int64) (p []byte, free func() error, err error)

	// Latency takes the times of single accesses; nil: none is timed.
	Latency *latency.Recorder

	// SyncEvery is after how many records what was written is made durable; 0: at the end
	// alone. Syncs takes the times of these syncs, which are part of Body.
	SyncEvery int64
	Syncs     *latency.Recorder

	// Duration, if above 0, makes Body go on over its pattern, whatever Ops
	// says but for Once, until so much time is over. The accesses are those that a larger
	// number of Ops would make. Only an Info that CanLast allows it.
	Duration time.Duration
	// Once ends such a Body after Ops accesses, if its time is not over then:
	// for a file that is cold for one pass alone.
	Once bool
	// Tick, if not nil, is called by such a Body at each full second and at
	// the end, with the time since Body began and the accesses and bytes
	// since the call before. Where an access takes longer than a second, so
	// does a tick.
	Tick func(elapsed time.Duration, ops, bytes int64)
}

// check reports a task that the workload cannot carry out.
func (t *Task) check(i Info) error {
	if t.Duration > 0 && !i.CanLast() {
		return fmt.Errorf("workload %s cannot go on for a duration (%v): its length is that of the file",
			i.Name, t.Duration)
	}
	return nil
}

// written is what jobs that write have in common: the harness compares the file
// that they leave behind.
type written struct{}

func (written) Sum() uint64 { return 0 }
func (written) Populate() error {
	return errors.New("what writes makes new pages: there are none to populate")
}
