package analysis

import (
	"math"

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
		r.CPUSpeed = paired(r, &g.Rows[0], (*Row).cpuSeconds)
		r.Standing = standingOf(r.Speed)
		r.Disagrees = r.Speed != nil && (r.Speed.Median-1)*(g.Rows[0].Total.Median-r.Total.Median) < 0
	}
}

// Speed returns how many times as fast as base r is: exp of the median of
// ln(base's time / r's time) over the rounds in which both have a usable trial.
// Both rows must be of the same work. Without such a round it returns nil, and so it
// does of a copy and a reflink, which is none.
func Speed(r, base *Row) *Estimate { return paired(r, base, (*Row).seconds) }

func paired(r, base *Row, figure func(*Row, *results.Trial) float64) *Estimate {
	e := MedianInterval(logRatios(r, base, figure), Confidence)
	if e == nil || (r.Reflinks > 0) != (base.Reflinks > 0) {
		return nil
	}
	return e.rising(math.Exp)
}

// logRatios compares a figure of trials by round. One that is 0 makes no pair.
func logRatios(r, base *Row, figure func(*Row, *results.Trial) float64) (logs []float64) {
	bases := make(map[int]float64)
	for _, t := range base.trials {
		bases[t.Round] = figure(base, t)
	}
	for _, t := range r.trials {
		if b, f := bases[t.Round], figure(r, t); b > 0 && f > 0 {
			logs = append(logs, math.Log(b/f))
		}
	}
	return logs
}

// rounds returns how many rounds of the run are complete, each arm having been
// tried that was not dropped before, and how many were begun.
func rounds(run *results.Run) (complete, begun int) {
	tried := make(map[int]int) // arms, by round: a file has each arm of a round once
	for i := range run.Trials {
		tried[run.Trials[i].Round]++
	}
	for round, arms := range tried {
		want := len(run.Header.Plan.Arms)
		for _, d := range run.Dropped {
			if round >= d.Rounds {
				want -= len(d.Arms)
			}
		}
		if arms >= want {
			complete++
		}
	}
	return complete, len(tried)
}
