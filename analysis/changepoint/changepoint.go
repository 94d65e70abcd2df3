// Package changepoint finds where the level of a series changes: E-divisive with
// means, for histories of a handful to some hundreds of runs.
//
// This package is opinionated: a change point that is not there costs somebody a day
// of searching, so silence is the default. A change is told only if it would be rare
// both in the same values in any other order, whatever their distribution, and in a
// series whose neighbors resemble each other, as runs on one machine do. The same
// series has the same answer every time.
//
// The method is that of D. S. Matteson and N. A. James, "A nonparametric approach
// for multiple change point analysis of multivariate data", Journal of the
// American Statistical Association 109 (2014) 334-345, with moment index 2, for
// which it compares means, as D. Daly et al. use it on benchmarks: "The use of
// change point detection to identify software performance regressions in a
// continuous integration system", ICPE 2020. Two things are ours. Where no single
// change is found, two at once are looked for, as J. Bai and P. Perron do
// ("Estimating and testing linear models with multiple structural changes",
// Econometrica 66 (1998) 47-78): a regression that was mended is two changes that
// hide each other. And a second test stands beside that by shuffling, which alone
// takes autocorrelation for changes.
package changepoint

import (
	"math"

	"github.com/montanaflynn/stats"
)

// MinSegment is the least number of runs between two changes: that many
// must agree before a change is told.
const MinSegment = 3

// MinRuns is the least number of runs in which a change can be told. Among fewer
// even three runs that differ from all others may well stand together by chance.
const MinRuns = 8

// Level bounds the probability that a history without a change shows one.
const Level = 0.05

// Autocorrelation is what neighboring runs may share without it being a change.
const Autocorrelation = 0.3

// Level is divided between two searches: for one change, which is what is asked
// every day, and for two.
const (
	partOne = 0.8
	partTwo = 1 - partOne
)

// A Point is one run.
type Point struct {
	Value float64 // the logarithm of a time: then a Difference is that of a ratio
	Error float64 // standard error of Value; 0: not known
}

// A Change is where one level ends and the next begins.
type Change struct {
	At         int     // the first point of the new level
	Difference float64 // the median of the new level less that of the old
	P          float64 // how likely so clear a change is without any, at most Level
}

// Find returns the changes of the series, which is in the order of time.
// Values must be finite.
func Find(points []Point) []Change {
	found := divide(points, 0)
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

// divide returns the changes of a stretch of the series that begins at offset.
func divide(points []Point, offset int) []Change {
	at, p := split(points)
	if len(at) == 0 {
		return nil
	}
	var changes []Change
	begin := 0
	for _, end := range append(at, len(points)) {
		if begin > 0 {
			changes = append(changes, Change{At: offset + begin, P: p})
		}
		changes = append(changes, divide(points[begin:end], offset+begin)...)
		begin = end
	}
	return changes
}

// split returns where the stretch changes, if anywhere.
func split(points []Point) (at []int, p float64) {
	if len(points) < MinRuns {
		return nil, 1
	}
	xs := make([]float64, len(points))
	for i, pt := range points {
		xs[i] = pt.Value
	}
	for _, s := range []struct {
		search search
		part   float64 // a part of Level
	}{{one, partOne}, {two, partTwo}} {
		best := s.search.best(xs)
		p := significance(xs, s.search, best.share, s.part*Level) / s.part
		if p <= Level && beyondErrors(points, best.at) {
			return best.at, p
		}
	}
	return nil, 1
}

// A candidate is the best that a search has found.
type candidate struct {
	at    []int
	share float64 // the part of the stretch's sum of squares that lies between the levels, 0 to 1
}

// A search is for as many changes at once.
type search int

const (
	one search = 1
	two search = 2
)

// best returns the changes that leave the least squares within the levels. What
// lies between the levels is, for one change, m·n/(m+n)·(difference of means)²:
// half the E-divisive statistic in the version that divides the distances within
// m values by m². The sum over levels is its form for more than two.
func (s search) best(xs []float64) candidate {
	mean, _ := stats.Mean(xs) // its only error is an empty list
	sums := make([]float64, len(xs)+1)
	squares := 0.0
	for i, x := range xs {
		sums[i+1] = sums[i] + (x - mean)
		squares += (x - mean) * (x - mean)
	}
	between := func(from, to int) float64 {
		sum := sums[to] - sums[from]
		return sum * sum / float64(to-from)
	}
	var found [2]int
	most := 0.0
	for i := MinSegment; i <= len(xs)-MinSegment; i++ {
		left := between(0, i)
		if s == one {
			if b := left + between(i, len(xs)); b > most {
				found[0], most = i, b
			}
			continue
		}
		for j := i + MinSegment; j <= len(xs)-MinSegment; j++ {
			if b := left + between(i, j) + between(j, len(xs)); b > most {
				found, most = [2]int{i, j}, b
			}
		}
	}
	if most == 0 {
		return candidate{}
	}
	return candidate{found[:s], min(1, most/squares)}
}

// beyondErrors reports whether neighboring levels differ by more than the errors
// of their points leave room for: 1.96 standard errors. Where few runs agree by
// luck, their own intervals know better.
func beyondErrors(points []Point, at []int) bool {
	level := func(points []Point) (mean, variance float64) {
		for _, p := range points {
			mean += p.Value
			variance += p.Error * p.Error
		}
		n := float64(len(points))
		return mean / n, variance / (n * n)
	}
	before, v := level(points[:at[0]])
	for i, begin := range at {
		end := len(points)
		if i+1 < len(at) {
			end = at[i+1]
		}
		after, w := level(points[begin:end])
		if math.Abs(after-before) <= 1.96*math.Sqrt(v+w) {
			return false
		}
		before, v = after, w
	}
	return true
}

func median(points []Point) float64 {
	xs := make([]float64, len(points))
	for i, p := range points {
		xs[i] = p.Value
	}
	m, _ := stats.Median(xs) // its only error is an empty list
	return m
}
