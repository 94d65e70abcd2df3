package verdict

import (
	"fmt"
	"math"
	"slices"

	"github.com/montanaflynn/stats"
)

// A Comparison is one question to the gate: one metric of one arm, against its
// base, in the same rounds.
type Comparison struct {
	Name   string
	Metric Metric
	// Base and New hold one value per round. NaN is a trial that gave none:
	// its round says nothing here, and is counted.
	Base, New []float64
	// Again holds the base's second run in the same rounds, where there is one; nil or
	// NaN where there is none. A REGRESSION and an IMPROVEMENT rest on both runs.
	Again []float64
	// Contaminated marks the rounds to leave out of this comparison; see the
	// function of that name. What disturbs one metric may not reach another.
	Contaminated []bool
	// Until is how many rounds were made, where no more were as all was decided; 0: those
	// of the suite.
	Until int

	// The rest is of sides that share no rounds. Runs: a value is that of a run.
	// FewRuns: the values are those of trials, and nothing may be decided by them.
	Runs, FewRuns bool
	Anchored      bool // the values are ratios to an anchor
}

func (c Comparison) check() error {
	if len(c.Base) != len(c.New) {
		return fmt.Errorf("compare %s by %s: %d rounds of the base and %d of the new arm; give NaN for a trial "+
			"without a value",
			c.Name, c.Metric.Name, len(c.Base), len(c.New))
	}
	return c.Metric.check(c.Name)
}

// pairs are the differences ln(new) - ln(base) of a comparison up to some round.
type pairs struct {
	d       []float64
	again   []float64 // the same from the base's second run; that of d where there is none
	round   []float64 // the round in which each was seen
	sorted  []float64 // d in order
	ranks   []float64 // the ranks of the means of d and again, less their mean
	median  float64   // the median of d
	ratio   float64   // the median of d and again together: the logarithm of the ratio
	missing int       // rounds, not contaminated, in which one of the two has no value
	floored int       // pairs in which the floor replaced a value
}

// pairUp never drops a pair for what its values are: the contaminated rounds
// were chosen by other signs. The difference of two logarithms changes nothing
// but its sign when the sides are swapped, which that of a quotient need not.
func (c Comparison) pairUp(rounds int) *pairs {
	p := &pairs{d: make([]float64, 0, rounds), round: make([]float64, 0, rounds), median: math.NaN(), ratio: math.NaN()}
	for i := range rounds {
		if i < len(c.Contaminated) && c.Contaminated[i] {
			continue
		}
		d := math.NaN()
		if i < len(c.Base) {
			d = c.Metric.log(c.New[i]) - c.Metric.log(c.Base[i])
		}
		if math.IsNaN(d) {
			p.missing++
			continue
		}
		if min(c.Base[i], c.New[i]) < c.Metric.Floor {
			p.floored++
		}
		again := d
		if i < len(c.Again) {
			if a := c.Metric.log(c.New[i]) - c.Metric.log(c.Again[i]); !math.IsNaN(a) {
				again = a
			}
		}
		p.d = append(p.d, d)
		p.again = append(p.again, again)
		p.round = append(p.round, float64(i))
	}
	p.sorted = slices.Sorted(slices.Values(p.d))
	if m, err := stats.Median(p.sorted); err == nil { // it fails for no values alone
		p.median = m
	}
	if m, err := stats.Median(slices.Concat(p.d, p.again)); err == nil {
		p.ratio = m
	}
	means := make([]float64, len(p.d))
	for i := range p.d {
		means[i] = (p.d[i] + p.again[i]) / 2
	}
	p.ranks = centeredRanks(means)
	return p
}

// twice reports whether a round has two runs of the base.
func (p *pairs) twice() bool { return !slices.Equal(p.d, p.again) }

// scale is the spread of the differences as a standard deviation, from the
// median of their absolute deviations: what decides the sign test is how close
// the values lie around their median, and a few far ones do not matter to it,
// but would to the ordinary standard deviation. NaN without values.
func (p *pairs) scale() float64 { return scaleOf(p.d) }

// spread is the scale without the bias that the median absolute deviation of few values
// has: that of twelve normal ones is a tenth too low on average.
func (p *pairs) spread() float64 { return p.scale() * (1 + 1.2/float64(len(p.d))) }

func scaleOf(xs []float64) float64 {
	const toNormal = 1.482602218505602 // 1 / the upper quartile of the normal distribution
	mad, err := stats.MedianAbsoluteDeviation(xs)
	if err != nil {
		return math.NaN()
	}
	return toNormal * mad
}

// A span is an interval on the log scale; an infinite end is one that the
// values do not support.
type span struct{ low, high float64 }

// spanOf returns the interval from the k-th smallest to the k-th largest value.
func spanOf(sorted []float64, k int) span {
	if k < 1 || 2*k > len(sorted) {
		return span{math.Inf(-1), math.Inf(1)}
	}
	return span{sorted[k-1], sorted[len(sorted)-k]}
}

// Bounds enclose a ratio. Each end by itself is wrong with at most the
// probability Tail, over all looks together.
type Bounds struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	Tail float64 `json:"tail"`
}

func (s span) bounds(tail float64) *Bounds {
	low, high := finite(math.Exp(s.low)), finite(math.Exp(s.high))
	if math.IsInf(s.low, 0) || low == nil || high == nil {
		return nil
	}
	return &Bounds{*low, *high, tail}
}
