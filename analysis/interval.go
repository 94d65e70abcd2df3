package analysis

import (
	"slices"

	"github.com/montanaflynn/stats"

	"mmapbench/internal/signtest"
)

// An Estimate is a median and, where there are enough values, the interval that
// covers the true one.
type Estimate struct {
	N        int       `json:"n"` // values
	Median   float64   `json:"median"`
	Interval *Interval `json:"interval"` // nil: N is too small for the confidence asked for
}

// An Interval covers the true median with at least the confidence asked for.
type Interval struct {
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	Confidence float64 `json:"confidence"` // the one achieved: a small N makes it larger than the one asked for
}

// Contains reports whether x lies in the interval, its ends included.
func (i *Interval) Contains(x float64) bool { return i.Low <= x && x <= i.High }

// MedianInterval returns the median of xs with its interval by the sign test:
// from the k-th smallest value to the k-th largest. It holds for any continuous
// distribution, however skewed, and needs neither a variance nor random
// numbers (W. J. Conover, Practical Nonparametric Statistics, 3rd ed., 1999,
// section 3.2). Without values it returns nil.
func MedianInterval(xs []float64, confidence float64) *Estimate {
	median, err := stats.Median(xs)
	if err != nil { // there is only one: no values
		return nil
	}
	e := &Estimate{N: len(xs), Median: median}
	if k, achieved := signTestRank(len(xs), confidence); k > 0 {
		sorted := slices.Sorted(slices.Values(xs))
		e.Interval = &Interval{sorted[k-1], sorted[len(sorted)-k], achieved}
	}
	return e
}

// signTestRank returns the rank k of the interval from the k-th smallest to the
// k-th largest of n values, and its confidence, which is at least the one asked
// for. k is 0 when not even the whole range has it: for 95%, below 6 values.
func signTestRank(n int, confidence float64) (k int, achieved float64) {
	k, missed := signtest.Rank(n, (1-confidence)/2)
	if k == 0 {
		return 0, 0
	}
	return k, 1 - 2*missed
}

// MinN returns the smallest number of values that support an interval of that
// confidence, which must be below 1: 6 for 95%.
func MinN(confidence float64) int { return signtest.MinN((1 - confidence) / 2) }

// rising applies a function that grows with its argument.
func (e *Estimate) rising(f func(float64) float64) *Estimate {
	out := &Estimate{N: e.N, Median: f(e.Median)}
	if i := e.Interval; i != nil {
		out.Interval = &Interval{f(i.Low), f(i.High), i.Confidence}
	}
	return out
}

// falling applies a function that shrinks as its argument grows.
func (e *Estimate) falling(f func(float64) float64) *Estimate {
	out := e.rising(f)
	if i := out.Interval; i != nil {
		i.Low, i.High = i.High, i.Low
	}
	return out
}
