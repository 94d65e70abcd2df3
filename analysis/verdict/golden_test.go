package verdict

import (
	"math"
	"math/bits"
	"slices"
	"testing"
)

// Reference values say where they come from. "R" is R 4.2.2, stats package.
// "Fractions" are rational numbers of unlimited size, in Python, by the
// definition alone.

func near(got, want, tolerance float64) bool { return math.Abs(got-want) <= tolerance }

func spent(alpha float64, looks int) []float64 {
	out := make([]float64, looks)
	for i := range out {
		out[i] = alpha * float64(i+1) / float64(looks)
	}
	return out
}

// Fractions: the walk of fair coins, look by look.
func TestRanks(t *testing.T) {
	for _, c := range []struct {
		pairs []int
		alpha float64
		want  []int
	}{
		{[]int{12, 24, 48}, 1. / 20, []int{2, 8, 17}},
		{[]int{12, 24, 48}, 1. / 40, []int{2, 7, 17}},
		{[]int{12, 24, 48}, 1. / 100, []int{2, 6, 15}},
		{[]int{12, 24, 48}, 1. / 800, []int{1, 4, 13}},
		{[]int{12, 24, 48}, 1. / 1600, []int{0, 4, 13}},
		{[]int{11, 23, 45}, 1. / 20, []int{2, 7, 17}},
		{[]int{10, 10, 30}, 1. / 800, []int{0, 0, 7}},
		// One look is the plain sign test: R's qbinom(alpha, n, 0.5).
		{[]int{48}, 1. / 20, []int{18}},
		{[]int{48}, 1. / 800, []int{14}},
		{[]int{4}, 1. / 20, []int{0}},
		{[]int{5}, 1. / 20, []int{1}},
		{[]int{0}, 1. / 20, []int{0}},
	} {
		if got := ranks(c.pairs, spent(c.alpha, len(c.pairs))); !slices.Equal(got, c.want) {
			t.Errorf("%v at %v: ranks %v, want %v", c.pairs, c.alpha, got, c.want)
		}
	}
}

// Every sequence of 18 coins, counted: a bound is crossed at one of the looks in
// no more than the share that may be spent, and one rank more would be too many.
func TestRanksByCounting(t *testing.T) {
	looks := []int{6, 12, 18}
	for _, alpha := range []float64{0.05, 0.11, 0.2, 0.3} {
		spend := spent(alpha, len(looks))
		k := ranks(looks, spend)
		crossed := func(k []int, until int) float64 {
			n := 0
			for coins := range uint32(1 << 18) {
				for i := range until {
					if bits.OnesCount32(coins&(1<<looks[i]-1)) < k[i] {
						n++
						break
					}
				}
			}
			return float64(n) / (1 << 18)
		}
		for i := range looks {
			if got := crossed(k, i+1); got > spend[i]+1e-12 {
				t.Errorf("alpha %v, look %d: ranks %v cross in %v, allowed %v", alpha, i, k, got, spend[i])
			}
			more := slices.Clone(k)
			more[i]++
			if got := crossed(more, i+1); more[i] <= looks[i]/2 && got <= spend[i] {
				t.Errorf("alpha %v, look %d: ranks %v would do too: %v of %v", alpha, i, more, got, spend[i])
			}
		}
	}
}

var (
	rising = []float64{0.03, -0.01, 0.02, 0.05, 0.04, 0.07, 0.01, 0.06, 0.09, 0.08, 0.12, 0.10}
	tied   = []float64{0.4, -1.2, 0.4, 2.2, -0.3, 0.9, -0.8, 0.1, 1.7, -2.0}
)

func ofDifferences(d []float64) *pairs {
	c := Comparison{Metric: Metric{Name: "total", Tolerance: 0.05}}
	for _, x := range d {
		c.Base = append(c.Base, 1)
		c.New = append(c.New, math.Exp(x))
	}
	return c.pairUp(len(d))
}

// R: acf(rank(d))$acf[2], cor(d, 1:n, method = "spearman"), mad(d), and for the
// shift max over t of abs(sum(rank(d)[1:t]) - t(n+1)/2) / sqrt(t(n-t)(n+1)/12).
func TestSequence(t *testing.T) {
	for _, c := range []struct {
		d            []float64
		acf, rho, sd float64
		shift        float64
		at           int
	}{
		{rising, 0.512237762238, 0.832167832168, 0.044478, 2.71746488195, 8},
		{tied, -0.432926829268, -0.15197638592, math.NaN(), 1.5666989036, 9},
	} {
		p := ofDifferences(c.d)
		s := p.sequence()
		if !near(s.Autocorrelation, c.acf, 1e-9) || !near(s.Trend, c.rho, 1e-9) || !near(s.Shift, c.shift, 1e-9) ||
			s.ShiftAt != c.at {
			t.Errorf("%v: %+v", c.d, s)
		}
		if !math.IsNaN(c.sd) && !near(p.scale(), c.sd, 1e-6) {
			t.Errorf("%v: scale %v, want %v", c.d, p.scale(), c.sd)
		}
	}
	s := ofDifferences(rising).sequence()
	if !s.Trending || !s.Shifted || s.Correlated { // 0.83 > 2.58/sqrt(11); 2.72 > 2.38; 0.51 < 2/sqrt(12)
		t.Errorf("rising differences: %+v", s)
	}
	if s := ofDifferences(make([]float64, 12)).sequence(); s.Trending || s.Shifted || s.Correlated {
		t.Errorf("equal differences: %+v", s)
	}
	if s := ofDifferences(tied[:7]).sequence(); s != nil {
		t.Errorf("seven differences: %+v, want nothing", s)
	}
}

// With one comparison the pooled autocorrelation is the ordinary one.
func TestPooledOfOne(t *testing.T) {
	got := pooled([]*pairs{ofDifferences(rising)})
	if len(got) != 1 || !near(got[0].r, 0.512237762238, 1e-9) || got[0].z < 1.5 || got[0].z > 2.5 {
		t.Errorf("pooled %+v", got) // (0.512 + 1/12) sqrt(12) = 2.06, nearly
	}
}

func TestRankTest(t *testing.T) {
	// Hollander and Wolfe, Nonparametric Statistical Methods (1973), page 69,
	// the permeability of membranes; R: wilcox.test(x, y), W = 35, p = 0.2544122544.
	at := []float64{0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46}
	early := []float64{1.15, 0.88, 0.90, 0.74, 1.21}
	if r := rankTest(early, at); r.U != 35 || !near(r.P, 0.2544122544, 1e-9) || !r.Exact {
		t.Errorf("permeability: %+v", r)
	}
	// R: wilcox.test(b, a), W = 41, p = 0.002331002331.
	a := []float64{10.1, 9.8, 10.4, 10.0, 9.9, 10.2}
	b := []float64{10.9, 11.2, 10.7, 11.0, 10.8, 11.4, 10.35}
	if r := rankTest(a, b); r.U != 41 || !near(r.P, 0.002331002331, 1e-9) || !r.Exact {
		t.Errorf("no ties: %+v", r)
	}
	// Fractions: all 462 ways to choose six of these eleven; P = 9/77.
	if r := rankTest([]float64{1, 2, 2, 3, 5}, []float64{2, 3, 4, 5, 5, 6}); r.U != 23.5 ||
		!near(r.P, 9./77, 1e-9) || !r.Exact {
		t.Errorf("ties: %+v", r)
	}
	// R: wilcox.test(v, u, exact = FALSE, correct = TRUE), W = 2169, p = 0.0530979572856.
	var u, v []float64
	for i := 1; i <= 60; i++ {
		u = append(u, float64(i)/7)
		v = append(v, float64(i)/7+0.93)
	}
	if r := rankTest(u, v); r.U != 2169 || !near(r.P, 0.0530979572856, 1e-9) || r.Exact {
		t.Errorf("60 and 60: %+v", r)
	}
	if r := rankTest([]float64{2, 2}, []float64{2, 2, 2}); r.P != 1 || r.U != 3 {
		t.Errorf("equal values: %+v", r)
	}
}

// R: uniroot of pbinom(m-1, n, p, lower.tail = FALSE) - 0.9, and its qnorm.
func TestChance(t *testing.T) {
	for _, c := range []struct {
		n, m  int
		p, sd float64
	}{{12, 12, 0.991258389, 2.37638475}, {24, 21, 0.925265218, 1.44140760}, {48, 36, 0.812862480, 0.88849408},
		{48, 31, 0.719341520, 0.58088649}} {
		if got := chance(c.n, c.m, 0.9); !near(got, c.p, 1e-8) {
			t.Errorf("%d of %d: %v, want %v", c.m, c.n, got, c.p)
		}
		if got := detectable(c.n, c.n-c.m+1, 0.9); !near(got, c.sd, 1e-6) {
			t.Errorf("%d of %d: %v deviations, want %v", c.m, c.n, got, c.sd)
		}
	}
}

// For normal noise, 90% power and 1% over eight arms. R: the first n with
// k = qbinom(0.00125, n, 0.5) above 0 and pbinom(k-1, n, pnorm(-log(1+D)/sd)) of
// 0.9 or more. (The formula for many rounds gives 5, 2, 31, 9, 123 and 33.)
func TestRoundsFor(t *testing.T) {
	for _, c := range []struct {
		sd, effect float64
		want       int
	}{{0.02, 0.05, 10}, {0.02, 0.10, 10}, {0.05, 0.05, 38}, {0.05, 0.10, 14}, {0.10, 0.05, 127}, {0.10, 0.10, 38}} {
		if got := RoundsFor(c.sd, c.effect, 0.01/8, 0.9); got != c.want {
			t.Errorf("sd %v, slowdown %v: %d rounds, want %d", c.sd, c.effect, got, c.want)
		}
	}
	if got := RoundsFor(100, 0.01, 0.05, 0.9); got != 0 {
		t.Errorf("hopeless noise: %d rounds, want 0", got)
	}
}
