package analysis

import (
	"math"
	"slices"
	"time"

	"github.com/montanaflynn/stats"

	"mmapbench/internal/latency"
	"mmapbench/results"
)

// Latency is the times of single accesses of an arm, the trials' histograms
// added up. Accesses of one trial depend on each other, so these figures have
// no intervals and are never compared by a test.
type Latency struct {
	Trials int           `json:"trials"`
	Count  int64         `json:"count"`    // accesses that were timed
	Every  int64         `json:"every"`    // one access in Every was timed, in the trial that timed the fewest; 1: all
	Clock  float64       `json:"clock_ns"` // one reading of the clock, which each of the times contains; median
	Max    time.Duration `json:"max_ns"`

	percentile func(float64) int64 // answers in nanoseconds
	cumulative []LatencyPoint
}

// A latencySum adds up the latencies of an arm's trials.
type latencySum struct {
	l      Latency
	clocks []float64
	sum    latency.Sum
	err    error
}

func (s *latencySum) add(l *results.Latency) {
	if l == nil || l.Count == 0 || s.err != nil {
		return
	}
	s.l.Trials++
	s.l.Every, s.l.Max = max(s.l.Every, l.Every), max(s.l.Max, l.Max)
	s.clocks = append(s.clocks, l.Clock)
	s.err = s.sum.Add(l.Histogram)
}

// latency returns nil where no trial has any, and a reason if that is not as planned.
func (s *latencySum) latency() (*Latency, string) {
	if s.l.Trials == 0 {
		return nil, ""
	}
	if s.err != nil {
		return nil, s.err.Error()
	}
	l, clocks, h := s.l, s.clocks, s.sum.Histogram()
	l.Clock, _ = stats.Median(clocks) // its only error is an empty list
	l.Count, l.percentile = h.TotalCount(), h.ValueAtPercentile
	var n int64
	for _, bar := range h.Distribution() {
		if n += bar.Count; bar.Count > 0 {
			l.cumulative = append(l.cumulative,
				LatencyPoint{min(l.Max, time.Duration(bar.To)), float64(n) / float64(l.Count)})
		}
	}
	return &l, ""
}

// Quantile returns the time that a fraction p of the accesses did not exceed.
// It reports false where so few accesses were timed that not one is expected
// beyond it.
func (l *Latency) Quantile(p float64) (time.Duration, bool) {
	if float64(l.Count)*(1-p) < 1-1e-9 {
		return 0, false
	}
	return min(l.Max, time.Duration(l.percentile(100*p))), true
}

// A LatencyPoint is a time and the fraction of accesses that did not exceed it.
type LatencyPoint struct {
	Time  time.Duration
	Share float64
}

// Tail returns the quantiles from the median up, perDecade of them for each
// tenth that is left, and at last the largest time, whose share is taken as
// 1 - 1/Count.
func (l *Latency) Tail(perDecade int) []LatencyPoint {
	var points []LatencyPoint
	first := math.Ceil(math.Log10(2) * float64(perDecade))
	for i := first; ; i++ {
		p := 1 - math.Pow(10, -i/float64(perDecade))
		t, ok := l.Quantile(p)
		if !ok {
			break
		}
		points = append(points, LatencyPoint{t, p})
	}
	if half, ok := l.Quantile(0.5); ok {
		points = slices.Insert(points, 0, LatencyPoint{half, 0.5})
	}
	return append(points, LatencyPoint{l.Max, 1 - 1/float64(l.Count)})
}

// Cumulative returns the cumulative distribution: one point for each time that
// occurred, as the histogram tells them apart.
func (l *Latency) Cumulative() []LatencyPoint { return l.cumulative }
