package harness

import (
	"time"

	"mmapbench/results"
)

// An Event is told while a plan is carried out, never while a trial is timed: it is a
// Making, Progress, Tried, Late or Notice.
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

// Tried has a trial that is in the run file by now.
type Tried struct{ Trial *results.Trial }

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

// progress tells which arm is tried next, and how much is left.
func (s *state) progress(round int, a results.Arm) {
	if s.Tell == nil {
		return
	}
	total := len(s.done)
	for id := range s.Plan.Arms {
		if !s.dropped[id] {
			total += s.Plan.Rounds - round
		}
		if s.done[[2]int{round, id}] {
			total--
		}
	}
	p := Progress{Round: round, Rounds: s.Plan.Rounds, Done: len(s.done), Total: total, Elapsed: time.Since(s.Began),
		Arm: a}
	p.Left = s.Plan.Expected
	if s.trials >= min(len(s.Plan.Arms), total/10+1) {
		p.Left = s.expect(total - len(s.done))
	}
	if s.Plan.Budget > 0 {
		p.Left = max(min(p.Left, s.Plan.Budget-p.Elapsed), 0)
	}
	s.Tell(p)
}
