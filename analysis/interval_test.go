package analysis

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestMedianInterval(t *testing.T) {
	// From the second smallest value to the second largest, 97.85% are exact; from the
	// third to the third, 89.06%. For 95% the formula of Hettmansperger and Sheather
	// takes 2 + lambda, with I = (97.85-95)/(97.85-89.06) and lambda = 8I/(2+6I).
	xs := []float64{9, 2, 7, 4, 1, 8, 3, 6, 5, 10}
	before := slices.Clone(xs)
	e := MedianInterval(xs, 0.95)
	part := (1 - 2*11./1024 - 0.95) / (2 * 45. / 1024)
	low := 2 + 8*part/(2+6*part)
	if e.N != 10 || e.Median != 5.5 || math.Abs(e.Interval.Low-low) > 1e-8 ||
		math.Abs(e.Interval.High-(11-low)) > 1e-8 || e.Interval.Confidence != 0.95 {
		t.Errorf("got %+v %+v, want n 10, median 5.5, interval %v to %v", e, e.Interval, low, 11-low)
	}
	whole := Interval{1, 9, 1 - 2./256}
	if e := MedianInterval(xs[:8], 0.95); *e.Interval != whole {
		t.Errorf("eight values: got %+v, want the whole range with its own confidence", e.Interval)
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

// TestNoWider holds what the interpolation is for: more values do not make the
// interval wider. Whole ranks do, at 10 and 11 values after 9 by 14%.
func TestNoWider(t *testing.T) {
	rng := rand.New(rand.NewPCG(54, 2))
	last := math.Inf(1)
	for n := 9; n <= 40; n++ {
		sum := 0.0
		xs := make([]float64, n)
		for range 4000 {
			for i := range xs {
				xs[i] = rng.NormFloat64()
			}
			e := MedianInterval(xs, 0.95)
			sum += e.Interval.High - e.Interval.Low
		}
		if sum > 1.02*last { // the mean of 4,000 widths has an error of half a percent
			t.Errorf("%d values: the interval is %.3f times as wide as of %d", n, sum/last, n-1)
		}
		last = sum
	}
}

// The promise: about 95% coverage whatever the distribution, exact where the ranks are
// whole. Binomial noise of 20,000 repetitions has a standard deviation of 0.15%.
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
			if got := float64(covered) / repetitions; got < 0.94 {
				t.Errorf("%s, n=%d: the true median was covered in %.2f%%, want at least 94%%", d.name, n, 100*got)
			}
		}
	}
}
