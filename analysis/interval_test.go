package analysis

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

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

func TestSignTestRank(t *testing.T) {
	for n, want := range ranks95 {
		k, achieved := signTestRank(n, 0.95)
		if k != want {
			t.Errorf("n=%d: k = %d, want %d", n, k, want)
		}
		if exact := coverage(n, want); want > 0 && math.Abs(achieved-exact) > 1e-9 {
			t.Errorf("n=%d: confidence %.12f, want %.12f", n, achieved, exact)
		}
	}
	// At other levels: R's qbinom(0.005, n, 0.5) and qbinom(0.05, n, 0.5).
	for _, c := range []struct {
		n          int
		confidence float64
		want       int
	}{{7, 0.99, 0}, {8, 0.99, 1}, {12, 0.99, 2}, {20, 0.99, 4}, {5, 0.9, 1}, {20, 0.9, 6}} {
		if k, _ := signTestRank(c.n, c.confidence); k != c.want {
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
		if _, got := signTestRank(n, 0.95); math.Abs(got-want) > 0.0006 {
			t.Errorf("n=%d: confidence %.4f, want %.3f", n, got, want)
		}
	}
}

func TestMedianInterval(t *testing.T) {
	xs := []float64{9, 2, 7, 4, 1, 8, 3, 6, 5, 10}
	before := slices.Clone(xs)
	e := MedianInterval(xs, 0.95)
	if e.N != 10 || e.Median != 5.5 || e.Interval.Low != 2 || e.Interval.High != 9 {
		t.Errorf("got %+v %+v, want n 10, median 5.5, interval 2 to 9", e, e.Interval)
	}
	if !slices.Equal(xs, before) {
		t.Error("the values were reordered")
	}
	if e := MedianInterval(xs[:5], 0.95); e.Interval != nil || e.Median != 4 {
		t.Errorf("five values: got %+v with interval %+v, want median 4 without", e, e.Interval)
	}
	if e := MedianInterval(nil, 0.95); e != nil {
		t.Errorf("no values: got %+v, want nil", e)
	}
	if n := MinN(0.95); n != 6 {
		t.Errorf("MinN(0.95) = %d, want 6", n)
	}
}

// The promise: at least 95% coverage whatever the distribution. Binomial noise of
// 20,000 repetitions has a standard deviation of 0.14%, and the true coverage of
// every n here is at least 95.7%, so that 95% is met by a margin of five of them.
func TestCoverageOnSkewedData(t *testing.T) {
	for _, d := range []struct {
		name   string
		median float64
		draw   func(*rand.Rand) float64
	}{
		{"lognormal", 1, func(r *rand.Rand) float64 { return math.Exp(1.5 * r.NormFloat64()) }},
		{"exponential", math.Ln2, (*rand.Rand).ExpFloat64},
		{"spikes", -math.Log(1 - 0.5/0.9), func(r *rand.Rand) float64 { // one in ten is far off
			if r.Float64() < 0.1 {
				return 1000 + r.Float64()
			}
			return r.ExpFloat64()
		}},
	} {
		rng := rand.New(rand.NewPCG(54, 1))
		for _, n := range []int{6, 9, 12, 20, 25} {
			const repetitions = 20_000
			covered := 0
			xs := make([]float64, n)
			for range repetitions {
				for i := range xs {
					xs[i] = d.draw(rng)
				}
				if MedianInterval(xs, 0.95).Interval.Contains(d.median) {
					covered++
				}
			}
			if got := float64(covered) / repetitions; got < 0.95 {
				t.Errorf("%s, n=%d: the true median was covered in %.2f%%, want at least 95%%", d.name, n, 100*got)
			}
		}
	}
}
