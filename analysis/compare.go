package analysis

import (
	"cmp"
	"math"
	"slices"

	"mmapbench/results"
)

// A Standing says whether a row is shown to be faster or slower than the first row of its group.
type Standing string

// The standings.
const (
	Reference    Standing = "reference" // the first row itself
	Faster       Standing = "faster"
	Slower       Standing = "slower"
	NoDifference Standing = "no difference shown" // the interval contains 1
	TooFew       Standing = "too few rounds"      // there is no interval
)

func standingOf(speed *Estimate) Standing {
	switch {
	case speed == nil || speed.Interval == nil:
		return TooFew
	case speed.Interval.Low > 1:
		return Faster
	case speed.Interval.High < 1:
		return Slower
	}
	return NoDifference
}

func (g *Group) compareWithFirst() {
	for i := range g.Rows {
		r := &g.Rows[i]
		if i == 0 {
			r.Standing = Reference
			if r.Usable > 0 {
				r.Speed = &Estimate{N: r.Usable, Median: 1}
			}
			continue
		}
		r.Speed = Speed(r, &g.Rows[0])
		r.Standing = standingOf(r.Speed)
	}
}

// Speed returns how many times as fast as base r is: exp of the median of
// ln(base's time / r's time) over the rounds in which both have a usable trial.
// Both rows must be of the same work. Without such a round it returns nil.
func Speed(r, base *Row) *Estimate {
	times := make(map[int]float64)
	for _, t := range base.trials {
		times[t.Round] = base.seconds(t)
	}
	var logs []float64
	for _, t := range r.trials {
		if b, ok := times[t.Round]; ok {
			logs = append(logs, math.Log(b/r.seconds(t)))
		}
	}
	e := MedianInterval(logs, Confidence)
	if e == nil {
		return nil
	}
	return e.rising(math.Exp)
}

// RankingKind says how the ranking of a group ended.
type RankingKind uint8

// The kinds of rankings.
const (
	Nothing   RankingKind = iota // no usable trial at all
	Alone                        // one backend only, so nothing to compare
	Undecided                    // too few rounds for any interval
	Tied                         // the fastest is not shown to be faster than all others
	Won                          // the fastest is
)

func (k RankingKind) String() string {
	return [...]string{"nothing", "alone", "undecided", "tied", "won"}[k]
}

// A Ranking is what a group says about which backend is fastest. Its numbers
// are indices into the group's Rows.
type Ranking struct {
	Kind     RankingKind
	Leader   int   // the row with the smallest median time, of those with trials enough if there are any
	RunnerUp int   // the next one; -1 if there is none
	With     []int // rows that the leader is not shown to beat, fastest first
	Unknown  []int // rows that share too few rounds with the leader, fastest first
	// Lead is the leader's speed relative to the runner-up, paired by round.
	Lead *Estimate
}

// Rank ranks the group's rows by median time and compares the fastest with
// each of the others, paired by round. A row of a few lucky trials leads only
// where no row has enough for an interval.
func (g *Group) Rank() Ranking {
	if g.ranking != nil {
		return *g.ranking
	}
	return g.rank()
}

func (g *Group) rank() Ranking {
	var order []int
	for i := range g.Rows {
		if g.Rows[i].Usable > 0 {
			order = append(order, i)
		}
	}
	few := func(i int) bool { return g.Rows[i].Total.Interval == nil }
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case few(a) && !few(b):
			return 1
		case few(b) && !few(a):
			return -1
		}
		return cmp.Compare(g.Rows[a].Total.Median, g.Rows[b].Total.Median)
	})
	switch len(order) {
	case 0:
		return Ranking{Kind: Nothing, Leader: -1, RunnerUp: -1}
	case 1:
		return Ranking{Kind: Alone, Leader: order[0], RunnerUp: -1}
	}
	out := Ranking{Leader: order[0], RunnerUp: order[1]}
	leader := &g.Rows[out.Leader]
	for _, i := range order[1:] {
		speed := Speed(leader, &g.Rows[i])
		if i == out.RunnerUp {
			out.Lead = speed
		}
		switch standingOf(speed) {
		case Faster:
		case TooFew:
			out.Unknown = append(out.Unknown, i)
		default:
			out.With = append(out.With, i)
		}
	}
	switch {
	case len(out.Unknown) == len(order)-1:
		out.Kind = Undecided
	case len(out.With) > 0:
		out.Kind = Tied
	default:
		out.Kind = Won
	}
	return out
}

// rounds returns how many rounds of the run are complete, each arm having been
// tried, and how many were begun.
func rounds(run *results.Run) (complete, begun int) {
	tried := make(map[int]int) // arms, by round: a file has each arm of a round once
	for i := range run.Trials {
		tried[run.Trials[i].Round]++
	}
	for _, arms := range tried {
		if arms >= len(run.Header.Plan.Arms) {
			complete++
		}
	}
	return complete, len(tried)
}
