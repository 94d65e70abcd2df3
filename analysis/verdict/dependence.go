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

// A likeness is the lag-1 autocorrelation of several comparisons together, by which a
// memory shows after fewer rounds than any of them needs alone, and how many standard
// deviations it lies above what shuffled rounds would show. It is 0, 0 when there is
// nothing to see.
type likeness struct{ r, z float64 }

// pooled returns the likeness of the rounds in all comparisons, and where these go up
// and down together a second one, without what they have in common. Many arms that
// are compared with one base all have the noise of that base, and in the first figure
// it counts as often as there are arms: eight arms show a memory of their own hardly
// better than three would. The second figure sees that memory, and is blind to one of
// the base alone.
func pooled(all []*pairs) []likeness {
	y := byRound(all)
	sums := make([]float64, len(y)) // over the comparisons
	var own, common float64
	for t := range y {
		for _, v := range y[t] {
			sums[t] += v
			own += v * v
		}
		common += sums[t] * sums[t]
	}
	product := func(s, t int) (sum float64) {
		for j := range y[s] {
			sum += y[s][j] * y[t][j]
		}
		return sum
	}
	out := []likeness{likenessOf(len(y), product)}
	// With the average correlation c between m comparisons, the inverse of their
	// matrix of correlations is, but for a factor, 1 less c/(1+(m-1)c) everywhere.
	m := float64(len(all))
	if c := (common/own - 1) / (m - 1); m > 2 && c > 0 {
		share := c / (1 + (m-1)*c)
		out = append(out, likenessOf(len(y), func(s, t int) float64 { return product(s, t) - share*sums[s]*sums[t] }))
	}
	return out
}

// byRound returns the ranks of each round, one for each comparison; 0, their mean,
// where a comparison has no pair.
func byRound(all []*pairs) [][]float64 {
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
	return y
}

// likenessOf is given the product of any two rounds: the products of the ranks, summed
// over the comparisons. The sum of the products of neighboring rounds is the length of
// a path through a matrix. Shuffled rounds take a random path; its mean and variance
// follow from the matrix, so it does not matter that comparisons with one base go up
// and down together.
func likenessOf(rounds int, product func(s, t int) float64) likeness {
	var seen, power moremath.StreamStats
	var path float64
	for s := range rounds {
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
		return likeness{}
	}
	z := (path - steps*seen.Mean()) / math.Sqrt(steps*seen.Variance())
	return likeness{path / (power.Mean() * float64(rounds)), z}
}

// A memory is the autocorrelation that the rounds of one comparison must be taken to
// have, 0 for none.
type memory struct {
	r     float64
	faint bool // so much may well be chance
}

// loudMemory is how many standard deviations a memory must show by not to be faint. A
// faint one counts too, as the answer is graded: a false alarm costs a few rounds, and at
// twelve rounds of one arm a true one is not much louder. But at the only look a faint
// memory may not take all bounds away: at twelve rounds of many arms every memory would,
// and half of all runs in which there is none show a faint one. A gate with more looks
// waits for the next one instead.
const loudMemory = 2

// memory looks at all comparisons together and, for a loud memory, at this one.
func (p *pairs) memory(together []likeness) (m memory) {
	n := float64(len(p.d))
	if n < minOrdered {
		return m
	}
	m.faint = true
	consider := func(l likeness) {
		if l.z <= 0 {
			return
		}
		// Half a standard deviation is added, as too small an estimate does harm: without
		// that, a gate of one arm whose rounds correlate by 0.6 failed falsely in 1.3%.
		// An estimate from n values is too low by about (1+3r)/n (M. G. Kendall, "Note on
		// bias in the estimation of autocorrelation", Biometrika 41 (1954), 403-404).
		deviation := (l.r + 1/n) / l.z
		m.r = max(m.r, min((n*(l.r+deviation/2)+1)/(n-3), 1))
		m.faint = m.faint && l.z <= loudMemory
	}
	for _, l := range together {
		consider(l)
	}
	if own := lag1(p.ranks); own > loudMemory/math.Sqrt(n) {
		consider(likeness{own, (own + 1/n) * math.Sqrt(n)})
	}
	return m
}

// rank returns the rank that bounds the median of n values with this memory, of which
// independent ones would have the rank free. The error of one look, tail, is used by
// itself. 2 sin(pi r/6) is the correlation of normal values whose ranks correlate by r.
func (m memory) rank(n, free int, tail float64, onlyLook bool) int {
	if m.r == 0 {
		return free
	}
	k := signtest.DependentRank(n, 2*math.Sin(math.Pi/6*m.r), tail)
	if m.faint && onlyLook {
		k = max(k, 1)
	}
	return min(k, free)
}

// quantile is that of the standard normal distribution.
func quantile(p float64) float64 { return stats.NormPpf(p, 0, 1) }
