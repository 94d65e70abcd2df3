package analysis

import (
	"mmapbench/internal/host"
	"mmapbench/results"
)

// A Summary is all that reports, exports, comparisons and histories show of a run.
// One pass over the run's trials gives it, and nothing in it refers to a trial.
type Summary struct {
	Header  results.Header
	Resumes []results.Resume
	End     *results.End // nil: the run was cut short
	Torn    bool         // the last line of the file was cut, and left out
	Trials  int          // how many the file has
	// RoundsBegun counts the rounds with a trial, RoundsComplete those in which
	// every arm was tried.
	RoundsBegun, RoundsComplete int
	Groups                      []Group // the order is that of the plan

	run *results.Run
}

// Host are the facts of the machine that ran.
func (s *Summary) Host() *host.Facts { return &s.Header.Host }

// Summarize reduces a run to its summary.
func Summarize(run *results.Run) *Summary {
	s := &Summary{Header: run.Header, Resumes: run.Resumes, End: run.End, Torn: run.Torn,
		Trials: len(run.Trials), run: run}
	s.RoundsComplete, s.RoundsBegun = rounds(run)
	s.Groups = groupsOf(run)
	return s
}
