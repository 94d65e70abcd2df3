package verdict

import (
	"math"

	moremath "github.com/aclements/go-moremath/stats"
	"github.com/montanaflynn/stats"

	"mmapbench/internal/signtest"
)

// The sign test wants independent differences. A shuffled order makes them so,
// whatever the machine does over time, as long as the machine does the same to every
// arm. The order does not help where an arm has a memory of its own: its file, its
// heap, a cache that only this arm fills. Then neighboring rounds agree, and a bound
// needs more of them. This file detects that memory and asks for more rounds.

// A Sequence is what the order of the rounds shows about one comparison.
type Sequence struct {
	// Autocorrelation is computed from the ranks of the differences at lag 1, from -1
	// to 1. Among the values themselves a single far one would hide it.
	Autocorrelation float64
	// Trend is the rank correlation (Spearman) of the differences with the round.
	Trend float64
	// Shift is the greatest change of level: the largest of the rank-sum
	// statistics that compare the pairs up to some place with those after it, in
	// its standard deviations. ShiftAt is how many pairs lie before the place.
	Shift   float64
	ShiftAt int
	// Correlated: Autocorrelation exceeds 2/sqrt(n), as one in fifty does by chance.
	Correlated bool
	// Trending: Trend is beyond 2.58/sqrt(n-1), as one in a hundred is by chance.
	Trending bool
	// Shifted: Shift is greater than all but one in twenty would be by chance.
	Shifted bool
}

// minOrdered is the least number of pairs from which an order says anything.
const minOrdered = 8

// sequence returns nil for too few pairs. Equal differences show nothing.
func (p *pairs) sequence() *Sequence {
	n := len(p.d)
	if n < minOrdered {
		return nil
	}
	s := &Sequence{Autocorrelation: lag1(p.ranks)}
	s.Correlated = s.Autocorrelation > 2/math.Sqrt(float64(n))
	places := centeredRanks(p.round)
	if rho, err := stats.Correlation(p.ranks, places); err == nil { // it fails when all are equal
		s.Trend = rho
	}
	s.Trending = math.Abs(s.Trend) > -quantile(0.005)/math.Sqrt(float64(n-1))
	s.Shift, s.ShiftAt = shift(p.ranks)
	s.Shifted = s.Shift > unlikelyShift(n)
	return s
}

// unlikelyShift is exceeded by one in twenty shuffles of n ranks: a line through
// the quantiles of 20,000 shuffles each, 2.24, 2.38, 2.63, 2.80 and 2.96 at 8, 12,
// 24, 48 and 100. The largest of many statistics that hang together has no
// simple distribution.
func unlikelyShift(n int) float64 { return 2.38 + 0.3*math.Log(float64(n)/12) }

// shift compares each part of the values that comes first with what follows it,
// by ranks (Wilcoxon). Pettitt's test takes the plain sums, and is all but blind
// near the ends, where a change does the most harm: then the few rounds before
// it are outvoted. Divided by their standard deviations the sums see an early
// change as well as a late one, and a trend as well as a step.
func shift(centered []float64) (most float64, at int) {
	n := float64(len(centered))
	var sum float64
	for i, r := range centered[:len(centered)-1] {
		sum += r
		before := float64(i + 1)
		z := math.Abs(sum) / math.Sqrt(before*(n-before)*(n+1)/12)
		if z > most {
			most, at = z, i+1
		}
	}
	return most, at
}

// steady reports whether a verdict that was reached over all rounds is true of
// each part of them, where they show two: an arm that fell back half way may have
// been disturbed from there on, or up to there, and the rounds do not tell which.
// The medians of both parts must be on the verdict's side. That only withholds,
// so it adds to no error, and a clear effect that drifts stays decided.
func (p *pairs) steady(v Verdict, s *Sequence, tolerance float64) bool {
	if s == nil || !(s.Trending || s.Shifted) {
		return true
	}
	limit := math.Log1p(tolerance)
	for _, part := range [][]float64{p.d[:s.ShiftAt], p.d[s.ShiftAt:]} {
		m, err := stats.Median(part)
		switch {
		case err != nil: // no values
		case v == Regression && m < limit,
			v == Improvement && m > -limit,
			v == Pass && m >= limit:
			return false
		}
	}
	return true
}

func centeredRanks(d []float64) []float64 {
	r, err := stats.Rank(d)
	if err != nil { // no values
		return nil
	}
	for i := range r {
		r[i] -= float64(len(r)+1) / 2
	}
	return r
}

func lag1(centered []float64) float64 {
	r, err := stats.AutoCorrelation(centered, 1)
	if err != nil { // all are equal
		return 0
	}
	return r
}

// pooled is the lag-1 autocorrelation of all comparisons together, by which a
// memory shows after fewer rounds than any of them needs alone, and how many
// standard deviations it lies above what shuffled rounds would show. It is 0, 0
// when there is nothing to see.
//
// The sum over neighboring rounds t of the products y(t)y(t+1), itself summed
// over the comparisons, is the length of a path through a matrix of the products
// of all pairs of rounds. Shuffled rounds take a random path; its mean and
// variance follow from the matrix, so it does not matter that comparisons with
// one base go up and down together.
func pooled(all []*pairs) (r, z float64) {
	rounds := 0
	for _, p := range all {
		for _, t := range p.round {
			rounds = max(rounds, int(t)+1)
		}
	}
	y := make([][]float64, rounds)
	for i := range y {
		y[i] = make([]float64, len(all))
	}
	for j, p := range all {
		for i, rank := range p.ranks {
			y[int(p.round[i])][j] = rank
		}
	}
	product := func(s, t int) (sum float64) {
		for j := range y[s] {
			sum += y[s][j] * y[t][j]
		}
		return sum
	}
	var seen, power moremath.StreamStats
	var path float64
	for s := range y {
		power.Add(product(s, s))
		for t := range s {
			g := product(s, t)
			seen.Add(g)
			if t == s-1 {
				path += g
			}
		}
	}
	steps := float64(rounds - 1)
	if rounds < minOrdered || seen.Variance() == 0 || power.Mean() == 0 {
		return 0, 0
	}
	z = (path - steps*seen.Mean()) / math.Sqrt(steps*seen.Variance())
	return path / (power.Mean() * float64(rounds)), z
}

// memory returns the autocorrelation that the rounds of one comparison must be
// taken to have: 0 unless it shows, in all comparisons together (by more than
// half a standard deviation) or in this one (by more than two). The thresholds
// are low because the answer is graded: a false alarm costs a few rounds, not the
// verdict, and at twelve rounds of one arm a true alarm is not much louder. (With
// a whole standard deviation, a gate of one arm whose rounds correlate by 0.6
// failed falsely in 1.4% instead of 1.0%.)
func (p *pairs) memory(together, z float64) float64 {
	n := len(p.d)
	if n < minOrdered {
		return 0
	}
	var m float64
	if z > 0.5 {
		m = together
	}
	if own := lag1(p.ranks); own > 2/math.Sqrt(float64(n)) {
		m = max(m, own)
	}
	if m == 0 {
		return 0
	}
	// An estimate from n values is too low by about (1+3r)/n (M. G. Kendall,
	// "Note on bias in the estimation of autocorrelation", Biometrika 41 (1954),
	// 403-404).
	return min((float64(n)*m+1)/float64(n-3), 1)
}

// wider returns the rank that bounds the median of n values with the given
// autocorrelation r from one round to the next: that of the n(1-r)/(1+r)
// independent values which they are worth (a first-order process), taken at the
// same fraction of the whole. The error of one look, tail, is used by itself.
func wider(n int, r, tail float64) int {
	worth := int(float64(n) * (1 - r) / (1 + r))
	k, _ := signtest.Rank(worth, tail)
	if k == 0 {
		return 0
	}
	return k * n / worth
}

// quantile is that of the standard normal distribution.
func quantile(p float64) float64 { return stats.NormPpf(p, 0, 1) }
