// Package signtest finds which order statistics bound a median: the sign test
// turned round, exact for any distribution. No other package knows how.
package signtest

import (
	"math"

	moremath "github.com/aclements/go-moremath/stats"
)

// Rank returns the largest k for which the k-th smallest of n independent
// values lies above their true median with a probability of at most tail, and
// that probability. By symmetry the k-th largest lies below it as rarely. k is
// 0 when not even the smallest value is rare enough.
func Rank(n int, tail float64) (k int, achieved float64) {
	// The number of values below the true median is binomial with p = 1/2;
	// the k-th smallest lies above it when fewer than k do.
	below := moremath.BinomialDist{N: n, P: 0.5}
	for k < n/2 && below.CDF(float64(k)) <= tail {
		k++
	}
	if k == 0 {
		return 0, 0
	}
	return k, below.CDF(float64(k - 1))
}

// MinN returns the smallest n for which Rank finds a k. The tail must be above 0.
func MinN(tail float64) int {
	for n := 2; ; n++ {
		if k, _ := Rank(n, tail); k > 0 {
			return n
		}
	}
}

// Exactly returns how likely k of n independent values lie below their true median.
func Exactly(n, k int) float64 {
	// With logarithms, as beyond a thousand values a binomial coefficient is no float64.
	log := func(n int) float64 { l, _ := math.Lgamma(float64(n) + 1); return l } // of n!
	return math.Exp(log(n) - log(k) - log(n-k) - float64(n)*math.Ln2)
}

// NextStep returns the smallest number of values above n that has a higher rank than one
// value fewer: from there to the next step more values narrow no interval.
func NextStep(n int, tail float64) int {
	last, _ := Rank(n, tail)
	for {
		n++
		k, _ := Rank(n, tail)
		if k > last {
			return n
		}
		last = k
	}
}
