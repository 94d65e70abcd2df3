package changepoint

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
)

// draws is how many series without a change each test is made against.
const draws = 1999

// significance returns how likely a search finds a share as great in a series
// without a change: the larger of two probabilities. Where it is beyond level it
// is 1.
func significance(xs []float64, s search, share, level float64) float64 {
	p := resembling(len(xs), s, share)
	if p > level {
		return 1
	}
	return max(p, shuffled(xs, s, share, level))
}

// shuffled is E-divisive's own test: the share of the orders of these values
// that look as much like a change. It holds for any distribution, for one with
// far outliers too, but takes all orders for equally likely.
func shuffled(xs []float64, s search, share, level float64) float64 {
	xs = slices.Clone(xs)
	rng := rand.New(rand.NewPCG(0, uint64(len(xs))))
	as := 0
	for range draws {
		rng.Shuffle(len(xs), func(i, j int) { xs[i], xs[j] = xs[j], xs[i] })
		// Sums in another order differ in their last digits.
		if s.best(xs).share >= share*(1-1e-9) {
			as++
		}
		if rate(as) > level {
			return 1
		}
	}
	return rate(as)
}

// rate counts the series itself among the draws, so that it is never 0 (B.
// Phipson and G. K. Smyth, "Permutation p-values should never be zero",
// Statistical Applications in Genetics and Molecular Biology 9 (2010) 39).
func rate(as int) float64 { return float64(as+1) / (draws + 1) }

// resembling is the probability in a normal autoregressive series, in which each
// value has Autocorrelation with the one before.
func resembling(n int, s search, share float64) float64 {
	size := rounded(n)
	null := nullOf(size, s)
	// What chance explains shrinks as 1/n.
	share *= float64(n) / float64(size)
	i, _ := slices.BinarySearch(null, share)
	return rate(len(null) - i)
}

// rounded returns the length for which the null distribution is drawn: beyond 64
// the next of lengths a tenth apart, as it hardly changes between them.
func rounded(n int) int {
	const exact = 64
	if n <= exact {
		return n
	}
	size := exact
	for size < n {
		size += size / 10
	}
	return size
}

// nulls are kept: the arms of a history are of one length.
var nulls struct {
	sync.Mutex
	of map[nullKey][]float64
}

type nullKey struct {
	n      int
	search search
}

// nullOf returns the shares that a search finds in autoregressive series of n
// points, sorted.
func nullOf(n int, s search) []float64 {
	key := nullKey{n, s}
	nulls.Lock()
	defer nulls.Unlock()
	if null := nulls.of[key]; null != nil {
		return null
	}
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	null := make([]float64, draws)
	xs := make([]float64, n)
	for i := range null {
		autoregressive(xs, Autocorrelation, rng.NormFloat64)
		null[i] = s.best(xs).share
	}
	slices.Sort(null)
	if nulls.of == nil {
		nulls.of = make(map[nullKey][]float64)
	}
	nulls.of[key] = null
	return null
}

// autoregressive fills xs with a stationary series of variance 1 if the noise
// has it.
func autoregressive(xs []float64, correlation float64, noise func() float64) {
	fresh := math.Sqrt(1 - correlation*correlation)
	for i := range xs {
		if xs[i] = noise(); i > 0 {
			xs[i] = correlation*xs[i-1] + fresh*xs[i]
		}
	}
}

// Smallest is the least change of level that is found in four of five histories in
// which so many runs before the change and after it scatter about their levels by sd,
// normally and each by itself. The change must explain as much of the squares as one in
// twenty-five histories without any change does by chance, and have as much to spare as
// the difference of two means errs by in one of five.
func Smallest(before, after int, sd float64) float64 {
	n := before + after
	if n < MinRuns || min(before, after) < MinSegment {
		return math.Inf(1)
	}
	null := nullOf(rounded(n), one)
	share := null[len(null)-int(partOne*Level*float64(len(null)))] * float64(rounded(n)) / float64(n)
	unit := sd * math.Sqrt(1/float64(before)+1/float64(after))
	const fourOfFive = 0.8416 // quantile of the normal distribution
	return unit * (math.Sqrt(share/(1-share)*float64(n-2)) + fourOfFive)
}
