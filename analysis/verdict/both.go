package verdict

import (
	"math"
	"slices"
	"sort"
)

// A gate runs the base twice in every round, and both runs count. Where the new side
// lies above both runs of the base the round says slower, below both it says faster, and
// between them it says nothing. If the three are alike but for a ratio, a round that
// says something says either with the same probability, so that the count of those that
// say faster is binomial, and the bounds of the sign test hold for as many rounds as
// said something. Such a round is worth one and a third ordinary ones, or more.
//
// The obvious other way, the differences from the mean of both runs, is biased for
// skewed noise: with two peaks a slowdown of the tolerance passes in 6 to 7%. A PASS
// rests on the first run alone. A new side that is noisier than the base is not alike, and
// nothing proves what it passes by both runs: with two peaks, three times as far apart, a
// slowdown of the tolerance passed in 4.9% at a look after 48 rounds, where 5% may.

// said counts the pairs, up to so many, that say slower and faster when measured by the
// logarithm of a ratio that lies just below c.
func (p *pairs) said(upTo int, c float64) (slower, faster int) {
	for i := range p.d[:upTo] {
		switch low, high := min(p.d[i], p.again[i]), max(p.d[i], p.again[i]); {
		case low >= c:
			slower++
		case high < c:
			faster++
		}
	}
	return slower, faster
}

// lowerBound returns the greatest of the differences below which no ratio is believable.
// seen are the numbers of pairs at the looks so far, and rank returns the rank for as
// many rounds that said something.
func (p *pairs) lowerBound(seen []int, rank func(said []int) int) float64 {
	believed := func(c float64) bool {
		said := make([]int, len(seen))
		faster := 0
		for i, n := range seen {
			var slower int
			slower, faster = p.said(n, c)
			said[i] = slower + faster
		}
		return faster >= rank(said)
	}
	all := slices.Sorted(slices.Values(slices.Concat(p.d, p.again)))
	at := sort.Search(len(all), func(i int) bool { return believed(all[i]) }) - 1
	if at < 0 {
		return math.Inf(-1)
	}
	return all[at]
}

// spanOfBoth encloses the logarithm of the ratio by both runs of the base.
func (p *pairs) spanOfBoth(seen []int, rank func(said []int) int) span {
	turned := &pairs{d: negated(p.d), again: negated(p.again)}
	return span{p.lowerBound(seen, rank), -turned.lowerBound(seen, rank)}
}

func negated(xs []float64) []float64 {
	out := make([]float64, len(xs))
	for i, x := range xs {
		out[i] = -x
	}
	return out
}
