package signtest

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The probability that all twelve values lie on one side is what simulations of two
// million runs found, and without a correlation the binomial's.
func TestCounts(t *testing.T) {
	for rho, want := range map[float64]float64{0: 0.000244, 0.1: 0.00048, 0.2: 0.00097, 0.3: 0.0020} {
		if got := counts(rho, 12)[12][0]; math.Abs(got-want) > 0.03*want {
			t.Errorf("correlated by %v: %.6f, want %.6f", rho, got, want)
		}
	}
	rng := rand.New(rand.NewPCG(54, 12))
	for _, c := range []struct {
		n, k int
		rho  float64
	}{{12, 1, 0.5}, {24, 5, 0.3}, {24, 3, 0.9}, {48, 14, 0.6}} {
		const runs = 40_000
		seen := 0
		for range runs {
			x, below := rng.NormFloat64(), 0
			for range c.n {
				if x < 0 {
					below++
				}
				x = c.rho*x + math.Sqrt(1-c.rho*c.rho)*rng.NormFloat64()
			}
			if below <= c.k {
				seen++
			}
		}
		want := float64(seen) / runs
		if got := counts(c.rho, c.n)[c.n][c.k]; math.Abs(got-want) > 4*math.Sqrt(want/runs)+0.01*want {
			t.Errorf("%+v: %.5f, and of %d runs %.5f", c, got, runs, want)
		}
	}
}

func TestDependentRank(t *testing.T) {
	for _, c := range []struct {
		n         int
		rho, tail float64
		want      int
	}{
		{12, 0, 0.01 / 23, 1},
		{12, -0.3, 0.01 / 23, 1},
		{12, 0.2, 0.01 / 8, 1},
		{12, 0.3, 0.01 / 8, 0},
		{12, 1, 0.05, 0},
		{24, 0.975, 0.05, 0},
	} {
		if got := DependentRank(c.n, c.rho, c.tail); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
	// The normal approximation goes on where the table ends.
	for _, rho := range []float64{0.1, 0.5, 0.8} {
		for _, tail := range []float64{0.05, 0.00125} {
			table, normal := DependentRank(longest, rho, tail), normalRank(longest, rho, tail)
			if table-normal < -1 || table-normal > 3 {
				t.Errorf("48 values, rho %v, tail %v: %d by the table, %d by the normal approximation",
					rho, tail, table, normal)
			}
		}
	}
}

func BenchmarkCounts(b *testing.B) {
	for b.Loop() {
		counts(0.3, longest)
	}
}
