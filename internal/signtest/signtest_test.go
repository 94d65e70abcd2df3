package signtest

import (
	"math"
	"math/big"
	"slices"
	"testing"
)

// R 4.2.2: k is the greatest with pbinom(k-1, n, 0.5) <= tail, and that
// probability is what it achieves.
func TestRank(t *testing.T) {
	for _, c := range []struct {
		n        int
		tail     float64
		k        int
		achieved float64
	}{
		{4, 0.05, 0, 0},
		{5, 0.05, 1, 1. / 32},
		{12, 0.05 / 3, 2, 13. / 4096},
		{12, 0.01 / 24, 1, 1. / 4096},
		{24, 0.05 / 3, 7, 0.01132792234},
		{48, 0.05 / 3, 17, 0.01465247336},
		{0, 0.05, 0, 0},
	} {
		if k, achieved := Rank(c.n, c.tail); k != c.k || math.Abs(achieved-c.achieved) > 1e-10 {
			t.Errorf("%d values at %v: k %d in %.11f, want %d in %.11f", c.n, c.tail, k, achieved, c.k, c.achieved)
		}
	}
}

func TestMinN(t *testing.T) {
	for tail, want := range map[float64]int{0.05: 5, 0.025: 6, 0.01 / 8: 10} { // 2^-n <= tail
		if got := MinN(tail); got != want {
			t.Errorf("at %v: %d values, want %d", tail, got, want)
		}
	}
}

// The ranks are those of the table of critical values for the two-sided sign
// test at the 5% level in W. J. Dixon and A. M. Mood, "The statistical sign
// test", Journal of the American Statistical Association 41 (1946), 557-566:
// it gives the largest r that is still significant, and k = r + 1. R gives the
// same by qbinom(0.025, n, 0.5).
var ranks95 = map[int]int{
	1: 0, 2: 0, 3: 0, 4: 0, 5: 0,
	6: 1, 7: 1, 8: 1, 9: 2, 10: 2, 11: 2, 12: 3, 13: 3, 14: 3, 15: 4, 16: 4,
	17: 5, 18: 5, 19: 5, 20: 6, 21: 6, 22: 6, 23: 7, 24: 7, 25: 8,
	30: 10, 40: 14, 50: 18, 100: 40,
}

func TestRankAsPublished(t *testing.T) {
	for n, want := range ranks95 {
		k, missed := Rank(n, 0.025)
		if k != want {
			t.Errorf("n=%d: k = %d, want %d", n, k, want)
		}
		if exact := coverage(n, want); want > 0 && math.Abs(1-2*missed-exact) > 1e-9 {
			t.Errorf("n=%d: confidence %.12f, want %.12f", n, 1-2*missed, exact)
		}
	}
	// At other levels: R's qbinom(0.005, n, 0.5) and qbinom(0.05, n, 0.5).
	for _, c := range []struct {
		n          int
		confidence float64
		want       int
	}{{7, 0.99, 0}, {8, 0.99, 1}, {12, 0.99, 2}, {20, 0.99, 4}, {5, 0.9, 1}, {20, 0.9, 6}} {
		if k, _ := Rank(c.n, (1-c.confidence)/2); k != c.want {
			t.Errorf("n=%d at %v: k = %d, want %d", c.n, c.confidence, k, c.want)
		}
	}
}

// coverage computes the confidence in whole numbers, without the library.
func coverage(n, k int) float64 {
	missed := new(big.Int)
	for i := range k {
		missed.Add(missed, new(big.Int).Binomial(int64(n), int64(i)))
	}
	all := new(big.Int).Lsh(big.NewInt(1), uint(n-1)) // 2^n / the two ends
	q, _ := new(big.Rat).SetFrac(missed, all).Float64()
	return 1 - q
}

// Le Boudec, Performance Evaluation of Computer and Communication Systems
// (2010), table A.1, gives the coverages to three digits.
func TestCoverageAsPublished(t *testing.T) {
	for n, want := range map[int]float64{6: 0.969, 10: 0.979, 12: 0.961, 20: 0.959, 25: 0.957} {
		if _, missed := Rank(n, 0.025); math.Abs(1-2*missed-want) > 0.0006 {
			t.Errorf("n=%d: confidence %.4f, want %.3f", n, 1-2*missed, want)
		}
	}
}

func TestExactly(t *testing.T) {
	for _, c := range []struct {
		n, k int
		want float64
	}{ // binomial coefficients in whole numbers
		{10, 2, 45. / 1024},
		{12, 0, 1. / 4096},
		{3000, 1500, 0.0145660985},
	} {
		if got := Exactly(c.n, c.k); math.Abs(got-c.want) > 1e-6*c.want {
			t.Errorf("%d of %d values: %.9f, want %.9f", c.k, c.n, got, c.want)
		}
	}
}

func TestNextStep(t *testing.T) {
	var got []int
	for n := 0; n < 40; {
		n = NextStep(n, 0.025)
		got = append(got, n)
	}
	want := []int{6, 9, 12, 15, 17, 20, 23, 25, 28, 30, 33, 35, 37, 40}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
