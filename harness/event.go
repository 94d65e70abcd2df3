package harness

import (
	"time"

	"mmapbench/results"
)

// An Event is told while a plan is carried out, never while a trial is timed: it is a
// Making, Progress, Late or Notice.
type Event any

// Making says how far the making of a dataset is.
type Making struct {
	Target      string
	Done, Total int64 // bytes
}

// Progress says how far a run is.
type Progress struct {
	Round, Rounds int
	Done, Total   int // trials
	Elapsed, Left time.Duration
	Arm           results.Arm // the arm that is tried next
}

// Late says that a trial takes much longer than expected.
type Late struct {
	Arm            results.Arm
	Expected, Most time.Duration // 0: not known; the trial ends after Most
}

// Notice is a sentence about a fault and what is done about it.
type Notice string

// tell tells an event to whoever listens.
func (r *Runner) tell(e Event) {
	if r.Tell != nil {
		r.Tell(e)
	}
}

// making is told by a target how far it is.
func (r *Runner) making(target string, done, total int64) { r.tell(Making{target, done, total}) }
