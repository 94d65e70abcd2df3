package analysis

import (
	"cmp"
	"math"
	"slices"

	"mmapbench/analysis/changepoint"
	"mmapbench/results"
)

// Together are the changes of level that begin with one run, of all its arms read as
// one.
type Together struct {
	Run     *PastRun     `json:"-"`
	Index   int          `json:"run"`  // the run's place in the history's list
	Arms    int          `json:"arms"` // those of the run with runs enough for a change
	Changes []ChangedArm `json:"changes"`
}

// A ChangedArm is a trend with one of its changes.
type ChangedArm struct {
	Trend  *Trend       `json:"-"`
	Change *TrendChange `json:"-"`
	Key    string       `json:"change"`
}

// together reads the arms of each run as one. Of the changes that begin there it keeps
// those among which one in twenty is expected to be false at most (Y. Benjamini and Y.
// Hochberg, "Controlling the false discovery rate", Journal of the Royal Statistical
// Society B 57 (1995) 289-300), and of these the ones that are not small. A change one
// run beside others counts as theirs: the search errs by as much.
func (h *History) together() {
	begins := make([][]ChangedArm, len(h.Runs))
	for i := range h.Trends {
		t := &h.Trends[i]
		if h.IsAnchor(t) {
			continue
		}
		for k := range t.Changes {
			c := &t.Changes[k]
			at := t.Points[c.At].Index
			begins[at] = append(begins[at], ChangedArm{t, c, c.Change})
		}
	}
	order := make([]int, len(begins))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(len(begins[b]), len(begins[a])) })
	for _, at := range order {
		var all []ChangedArm
		for near := max(0, at-1); near <= min(len(begins)-1, at+1); near++ {
			all, begins[near] = append(all, begins[near]...), nil
		}
		if all = discoveries(all, h.arms(at)); len(all) > 0 {
			h.Together = append(h.Together, Together{h.Runs[at], at, h.arms(at), all})
		}
	}
	slices.SortFunc(h.Together, func(a, b Together) int { return cmp.Compare(a.Index, b.Index) })
}

// IsAnchor reports whether other trends are measured against this one. What changes an
// anchor is the machine, and no program.
func (h *History) IsAnchor(t *Trend) bool { return h.anchored && t.Anchor == "" }

// arms counts the trends that a run has a part in and that could show a change.
func (h *History) arms(run int) (n int) {
	for i := range h.Trends {
		t := &h.Trends[i]
		if len(t.Points) >= changepoint.MinRuns && t.has(h.Runs[run]) && !h.IsAnchor(t) {
			n++
		}
	}
	return n
}

// discoveries keeps the changes that hold among so many arms.
func discoveries(changes []ChangedArm, arms int) []ChangedArm {
	sorted := slices.Clone(changes)
	slices.SortStableFunc(sorted, func(a, b ChangedArm) int { return cmp.Compare(a.Change.P, b.Change.P) })
	limit := 0.0
	for i, c := range sorted {
		if c.Change.P <= changepoint.Level*float64(i+1)/float64(arms) {
			limit = c.Change.P
		}
	}
	return slices.DeleteFunc(changes, func(c ChangedArm) bool { return c.Change.P > limit || c.Change.Small })
}

// Slower reports whether an arm became slower of which nobody has said anything yet.
func (g *Together) Slower() bool {
	return slices.ContainsFunc(g.Changes, func(c ChangedArm) bool {
		return c.Change.Ratio > 1 && c.Change.State == ChangeNew
	})
}

// Range returns the least and the largest ratio.
func (g *Together) Range() (low, high float64) {
	low = math.Inf(1)
	for _, c := range g.Changes {
		low, high = min(low, c.Change.Ratio), max(high, c.Change.Ratio)
	}
	return low, high
}

// Common returns the factors whose level all changed arms share, where other arms of
// the run have another one.
func (g *Together) Common(h *History) (list []*results.Factor) {
	first := &g.Changes[0].Trend.Arm
	for _, f := range results.Factors {
		shared := !slices.ContainsFunc(g.Changes, func(c ChangedArm) bool { return !f.Same(&c.Trend.Arm, first) })
		other := slices.ContainsFunc(h.Trends, func(t Trend) bool { return t.has(g.Run) && !f.Same(&t.Arm, first) })
		if shared && other {
			list = append(list, f)
		}
	}
	return list
}
