package verdict

import (
	"math"

	moremath "github.com/aclements/go-moremath/stats"

	"mmapbench/internal/signtest"
)

// How small a slowdown the rounds can show, and how many rounds it takes. The
// textbook formula, n = (z_a + z_b)^2 (pi/2) sd^2 / ln^2(1+D), is a limit for
// many rounds: at 12 rounds and the error of one look of eight arms it promises
// a third less than what can be seen. So the sign test's power is taken from the
// binomial itself; the noise is assumed normal here, and only here.

// chance returns the least probability p with which each of n values must lie on
// the right side for at least m of them to do so with the given power.
func chance(n, m int, power float64) float64 {
	low, high := 0.5, 1.0
	for range 60 {
		p := (low + high) / 2
		// at most n-m on the wrong side
		if (moremath.BinomialDist{N: n, P: 1 - p}).CDF(float64(n-m)) < power {
			low = p
		} else {
			high = p
		}
	}
	return high
}

// detectable returns the natural logarithm of the smallest ratio that the bound
// of rank k puts on the right side of 1 with the given power, in units of the
// standard deviation of a difference.
func detectable(n, k int, power float64) float64 {
	return quantile(chance(n, n-k+1, power))
}

// minimumEffect is the smallest slowdown D, as 0.05 for 5%, that n rounds call a
// REGRESSION with the given power: the lower bound must be above 1, and the ratio
// itself reach the tolerance, which a slowdown of just the tolerance does only
// half of the time. nil: no slowdown would be called one.
func minimumEffect(n, k int, sd, tolerance, power float64) *float64 {
	if k == 0 || math.IsNaN(sd) {
		return nil
	}
	bound := sd * detectable(n, k, power)
	reach := math.Log1p(tolerance) + sd*detectable(n, (n+1)/2, power)
	return finite(math.Expm1(max(bound, reach)))
}

// finite is nil for what is no finite number.
func finite(x float64) *float64 {
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return nil
	}
	return &x
}

// RoundsFor returns how many rounds it takes, at one look, for the bound with
// the error tail to separate ratios that are a factor of 1+effect apart: for a
// slowdown of effect, to have the lower bound above 1, and for no slowdown at
// all, to have the upper bound below 1+effect, each with the given power. sd is
// the standard deviation of the differences of logarithms. It is 0 where more
// than ten thousand rounds would be needed.
func RoundsFor(sd, effect, tail, power float64) int {
	enough := func(n int) bool {
		k, _ := signtest.Rank(n, tail)
		return k > 0 && sd*detectable(n, k, power) <= math.Log1p(effect)
	}
	const most = 10_000 // the library's binomial gives up at some hundred thousand
	high := signtest.MinN(tail)
	for !enough(high) {
		if high *= 2; high > most {
			return 0
		}
	}
	low := high / 2
	for low+1 < high {
		if mid := (low + high) / 2; enough(mid) {
			high = mid
		} else {
			low = mid
		}
	}
	return high
}
