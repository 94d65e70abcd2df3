package analysis

import (
	"maps"
	"slices"

	"mmapbench/internal/host"
	"mmapbench/results"
)

// A Summary is all that reports, exports, comparisons and histories show of a run.
// One pass over the run's trials gives it.
type Summary struct {
	Header  results.Header
	Resumes []results.Resume
	End     *results.End // nil: the run was cut short
	Torn    bool         // the last line of the file was cut, and left out
	Trials  int          // how many the file has
	// RoundsBegun counts the rounds with a trial, RoundsComplete those in which
	// every arm was tried.
	RoundsBegun, RoundsComplete int
	Groups                      []Group              // the order is that of the plan
	CounterKeys                 []results.CounterKey // those that occur in a trial, in no order

	run *results.Run
}

// Host are the facts of the machine that ran.
func (s *Summary) Host() *host.Facts { return &s.Header.Host }

// Summarize reduces a run to its summary.
func Summarize(run *results.Run) *Summary {
	p := newPass()
	for i := range run.Trials {
		p.take(&run.Trials[i], Everything)
	}
	return p.summary(run)
}

// summary is that of a run all of whose trials were taken.
func (p *pass) summary(run *results.Run) *Summary {
	s := &Summary{Header: run.Header, Resumes: run.Resumes, End: run.End, Torn: run.Torn,
		Trials: len(run.Trials), run: run}
	s.RoundsComplete, s.RoundsBegun = rounds(run)
	s.Groups = groupsOf(run, p.sums)
	s.planLaps(p.sums)
	s.CounterKeys = slices.Collect(maps.Keys(p.keys))
	return s
}

// Rounds is how many rounds the trials are of, the first and the last included.
func (s *Summary) Rounds() int { return roundsOf(s.run) }

// Measured are the trials that the row's figures come from, in the order of the file.
func (r *Row) Measured() []*results.Trial { return r.trials }

// Len is how many trials there are, and Trial returns one of them, in the order of the
// file. Of a summary that was made by Read, a trial has the figures of its phases
// and, in one of Everything, of its latency.
func (s *Summary) Len() int                   { return len(s.run.Trials) }
func (s *Summary) Trial(i int) *results.Trial { return &s.run.Trials[i] }
