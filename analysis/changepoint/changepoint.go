// Package changepoint finds where the level of a series changes: E-divisive with
// means, for histories of a handful to some hundreds of runs.
//
// Its attitude: a change point that is not there costs somebody a day of
// searching, so silence is the default. A change is told only if it would be
// rare both in the same values in any other order, whatever their distribution,
// and in a series whose neighbours resemble each other, as runs on one machine
// do. The same series has the same answer every time.
//
// The method is that of D. S. Matteson and N. A. James, "A nonparametric approach
// for multiple change point analysis of multivariate data", Journal of the
// American Statistical Association 109 (2014) 334-345, with moment index 2, for
// which it compares means, as D. Daly et al. use it on benchmarks: "The use of
// change point detection to identify software performance regressions in a
// continuous integration system", ICPE 2020. The second test is our addition:
// shuffling alone takes autocorrelation for changes.
package changepoint

import (
	"math"
	"slices"

	"github.com/montanaflynn/stats"
)

// MinSegment is the least number of runs between two changes: so many must
// agree before a change is told.
const MinSegment = 3

// MinRuns is the least number of runs in which a change can be told. Among fewer
// even three runs that differ from all others may well stand together by chance.
const MinRuns = 8

// Level bounds the probability that a history without a change shows one.
const Level = 0.05

// Autocorrelation is what neighbouring runs may share without it being a change.
const Autocorrelation = 0.3

// Level is divided between two searches: for a level that lasts to the end of
// the stretch, and for one that may end before, as a regression that was mended.
// The first is what is asked every day.
const (
	lasting = 0.8
	passing = 1 - lasting
)

// A Point is one run.
type Point struct {
	Value float64 // the logarithm of a time: then a Difference is that of a ratio
	Error float64 // standard error of Value; 0: not known
}

// A Change is where one level ends and the next begins.
type Change struct {
	At         int     // the first point of the new level
	Difference float64 // of the medians of the two levels, the new one less the old
	P          float64 // how likely so clear a change is without any, at most Level
}

// Find returns the changes of the series, which is in the order of time.
// Values must be finite.
func Find(points []Point) []Change {
	found := bisect(points, 0)
	slices.SortFunc(found, func(a, b Change) int { return a.At - b.At })
	for i := range found {
		begin, end := 0, len(points)
		if i > 0 {
			begin = found[i-1].At
		}
		if i+1 < len(found) {
			end = found[i+1].At
		}
		at := found[i].At
		found[i].Difference = median(points[at:end]) - median(points[begin:at])
	}
	return found
}

// bisect returns the changes of a stretch of the series that begins at offset.
func bisect(points []Point, offset int) []Change {
	at, p := split(points)
	if at == 0 {
		return nil
	}
	changes := append(bisect(points[:at], offset), Change{At: offset + at, P: p})
	return append(changes, bisect(points[at:], offset+at)...)
}

// split returns where the stretch changes, 0 if nowhere.
func split(points []Point) (at int, p float64) {
	if len(points) < MinRuns {
		return 0, 1
	}
	xs := make([]float64, len(points))
	for i, pt := range points {
		xs[i] = pt.Value
	}
	for _, s := range []struct {
		search search
		part   float64 // of Level
	}{{toTheEnd, lasting}, {anyEnd, passing}} {
		best := s.search.best(xs)
		p := significance(xs, s.search, best.share, s.part*Level) / s.part
		if p <= Level && beyondErrors(points, best) {
			return best.at, p
		}
	}
	return 0, 1
}

// A candidate is the best that a search has found: a change at at, from a level
// that began with the stretch to one that lasts until end.
type candidate struct {
	at, end int
	share   float64 // of the stretch's sum of squares that lies between the levels, 0 to 1
}

// A search is where the new level may end.
type search uint8

const (
	toTheEnd search = iota // of the stretch
	anyEnd                 // there or before
)

func (s search) best(xs []float64) candidate {
	if s == toTheEnd {
		return best(xs, len(xs))
	}
	return best(xs, 2*MinSegment)
}

// best returns the change of greatest weight m·n/(m+n)·(difference of means)²
// over levels that end at first or later. That is half the E-divisive statistic
// of m points and the n that follow, in the version that divides the distances
// within the m by m².
func best(xs []float64, first int) candidate {
	mean, _ := stats.Mean(xs) // its only error is an empty list
	sums := make([]float64, len(xs)+1)
	squares := 0.0
	for i, x := range xs {
		sums[i+1] = sums[i] + (x - mean)
		squares += (x - mean) * (x - mean)
	}
	var c candidate
	for end := first; end <= len(xs); end++ {
		for at := MinSegment; at <= end-MinSegment; at++ {
			m, n := float64(at), float64(end-at)
			d := sums[at]/m - (sums[end]-sums[at])/n
			if w := d * d * m * n / (m + n); w > c.share {
				c = candidate{at, end, w}
			}
		}
	}
	if squares > 0 {
		c.share = min(1, c.share/squares)
	}
	return c
}

// beyondErrors reports whether the two levels differ by more than the errors of
// their points leave room for: 1.96 standard errors. Where few runs agree by
// luck, their own intervals know better.
func beyondErrors(points []Point, c candidate) bool {
	level := func(points []Point) (mean, variance float64) {
		for _, p := range points {
			mean += p.Value
			variance += p.Error * p.Error
		}
		n := float64(len(points))
		return mean / n, variance / (n * n)
	}
	before, v := level(points[:c.at])
	after, w := level(points[c.at:c.end])
	return math.Abs(after-before) > 1.96*math.Sqrt(v+w)
}

func median(points []Point) float64 {
	xs := make([]float64, len(points))
	for i, p := range points {
		xs[i] = p.Value
	}
	m, _ := stats.Median(xs) // its only error is an empty list
	return m
}
