package verdict

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"mmapbench/internal/signtest"
)

// The minimum detectable effect is what it says: of runs with just that
// slowdown, nine in ten are regressions. It is computed from each run's own
// spread in earnest; here from the true one, so that nothing blurs it.
func TestMinimumEffectIsFound(t *testing.T) {
	rng := rand.New(rand.NewPCG(54, 2))
	for _, n := range []int{12, 24, 48} {
		for _, tail := range []float64{0.01 / 8, 0.01} {
			for _, sd := range []float64{0.01, 0.05, 0.2} {
				k := ranks([]int{n}, []float64{tail})[0]
				effect := *minimumEffect(n, k, sd, 0.05, 0.9)
				found := 0
				const runs = 1000 // a standard deviation is 1%
				for range runs {
					d := make([]float64, n)
					for i := range d {
						d[i] = math.Log1p(effect) + sd*rng.NormFloat64()
					}
					p := ofDifferences(d)
					bounds := spanOf(p.sorted, k)
					if decide(p.median, bounds, bounds, 0.05) == Regression {
						found++
					}
				}
				// As the ratio may have to reach the tolerance with 48 values
				// of an even number, a little more is possible.
				if power := float64(found) / runs; power < 0.86 || power > 0.98 {
					t.Errorf("%d rounds at %v, sd %v: a slowdown of %.1f%% is "+
						"found in %.1f%%", n, tail, sd, 100*effect, 100*power)
				}
			}
		}
	}
}

var shapes = map[string]struct {
	median float64
	draw   func(*rand.Rand) float64
}{
	"normal": {0, (*rand.Rand).NormFloat64},
	"narrow": {0, func(r *rand.Rand) float64 { return 0.1 * r.NormFloat64() }},
	"skewed": {3 * math.Ln2, func(r *rand.Rand) float64 { return 3 * r.ExpFloat64() }},
	"stalls": {-math.Log(1 - 0.5/0.7), func(r *rand.Rand) float64 { // three in ten are far off
		if r.Float64() < 0.3 {
			return 50 + 3*r.ExpFloat64()
		}
		return r.ExpFloat64()
	}},
	"two peaks": {0.8, func(r *rand.Rand) float64 { // [0, 1] and [9, 10], the median at 0.8 of the first
		if r.Float64() < 0.375 {
			return 9 + r.Float64()
		}
		return r.Float64()
	}},
}

// Unpaired bounds miss the ratio of the medians no more often than they may,
// whatever the shapes: the allowance for noise is four standard deviations.
func TestUnpairedCoverage(t *testing.T) {
	for _, pair := range [][2]string{
		{"normal", "normal"}, {"normal", "narrow"}, {"skewed", "skewed"}, {"skewed", "normal"},
		{"normal", "stalls"}, {"stalls", "stalls"}, {"two peaks", "two peaks"}, {"normal", "two peaks"},
	} {
		rng := rand.New(rand.NewPCG(54, 3))
		base, fresh := shapes[pair[0]], shapes[pair[1]]
		truth := fresh.median - base.median
		for _, n := range []int{12, 20, 48} {
			const runs, tail = 2000, 0.025
			below, above := 0, 0
			for range runs {
				var a, b []float64
				for range n {
					a = append(a, math.Exp(base.draw(rng)))
					b = append(b, math.Exp(fresh.draw(rng)))
				}
				s := apart(Metric{}.sample(a), Metric{}.sample(b), tail)
				if truth < s.low {
					below++
				}
				if truth > s.high {
					above++
				}
			}
			if most := tail*runs + 4*math.Sqrt(tail*runs); float64(max(below, above)) > most {
				t.Errorf("%v, %d each: missed %d and %d times of %d, "+
					"%.0f are allowed", pair, n, below, above, runs, most)
			}
		}
	}
}

func TestUnpaired(t *testing.T) {
	judge := func(c Comparison) Answer {
		t.Helper()
		j, err := Defaults().JudgeUnpaired(Suite{Rows: []Comparison{c}})
		if err != nil {
			t.Fatal(err)
		}
		if j.Reasons[0] != Unpaired || !j.Final {
			t.Errorf("%+v", j)
		}
		return j.Rows[0]
	}
	equal, slow := lognormal(4, 40, 1, 0.02), lognormal(5, 40, 1.2, 0.02)
	slow.Base = slow.Base[:25]
	for want, c := range map[Verdict]Comparison{Pass: equal, Regression: slow, Improvement: swapped(slow),
		Inconclusive: lognormal(6, 40, 1, 0.5)} {
		r := judge(c)
		if r.Verdict != want || *r.Ratio < r.Pass.Low || *r.Ratio > r.Pass.High || r.Pass.Low < r.Fail.Low ||
			r.Test == nil {
			t.Errorf("want %v: %+v, %+v, %+v", want, r, r.Fail, r.Pass)
		}
	}
	if r := judge(slow); r.BaseValues != 25 || r.NewValues != 40 || !(r.Test.P < 1e-6) ||
		!(*r.MinEffect() > 0.05 && *r.MinEffect() < 0.12) {
		t.Errorf("slow: %+v, minimum effect %v", r, *r.MinEffect())
	}
	few := lognormal(7, 4, 1, 0.02)
	if r := judge(few); r.Verdict != Inconclusive || r.Fail != nil || r.MinEffect() != nil || r.NeedPairs != 8 {
		t.Errorf("four values: %+v", r)
	}
	empty := Comparison{Name: "scan", Metric: equal.Metric}
	if r := judge(empty); r.Verdict != Inconclusive || r.Ratio != nil || r.Test != nil || r.Pass != nil {
		t.Errorf("no values: %+v", r)
	}
	missing := lognormal(8, 40, 1, 0.02)
	for i := range 5 {
		missing.New[i] = nan
	}
	if r := judge(missing); r.Verdict != Inconclusive || !slices.Contains(r.Reasons, TooManyMissing) || r.Missing != 5 {
		t.Errorf("five of forty missing: %+v", r)
	}
	j, err := Defaults().JudgeUnpaired(Suite{Rows: []Comparison{equal}, Refused: []string{"two machines"}})
	if err != nil || j.Outcome != Void {
		t.Errorf("two machines: %+v, %v", j, err)
	}
}

// A memory of the rounds widens the bounds, and a change of level withholds a
// verdict that one side of it does not share, but not one that both do.
func TestDependence(t *testing.T) {
	blocks := make([]float64, 48) // six rounds up, six down
	for i := range blocks {
		blocks[i] = 0.02*float64(i/6%2) + 0.0001*float64(i*7%11)
	}
	p, free := ofDifferences(blocks), ofDifferences(blocks)
	rng := rand.New(rand.NewPCG(54, 4))
	rng.Shuffle(len(free.d), func(i, j int) { free.d[i], free.d[j] = free.d[j], free.d[i] })
	held := only(t, OneLook(48), comparisonOf(p.d))
	loose := only(t, OneLook(48), comparisonOf(free.d))
	if !(held.Memory > 0.3) || loose.Memory != 0 || !slices.Contains(held.Reasons, Autocorrelated) ||
		held.rank >= loose.rank {
		t.Errorf("in blocks: memory %v, rank %d, %v; "+
			"shuffled: %v, %d", held.Memory, held.rank, held.Reasons, loose.Memory, loose.rank)
	}
	step := func(before, after float64) Answer {
		d := make([]float64, 48)
		for i := range d {
			if d[i] = before; i >= 20 {
				d[i] = after
			}
			d[i] += 0.001 * rng.NormFloat64()
		}
		return only(t, OneLook(48), comparisonOf(d))
	}
	if r := step(0, 0.2); r.Verdict == Regression || !r.Sequence.Shifted || r.Sequence.ShiftAt < 19 ||
		r.Sequence.ShiftAt > 21 {
		t.Errorf("a step from nothing to 20%%: %v, %+v", r.Verdict, r.Sequence)
	}
}

// Eight arms that each remember a little are compared with one steady base. What they
// have in common is the noise of the base, and without it the memory shows.
func TestPooledWithoutTheBase(t *testing.T) {
	rng := rand.New(rand.NewPCG(54, 6))
	loud := [2]int{}
	const runs = 200
	for range runs {
		base := make([]float64, 24)
		for i := range base {
			base[i] = 2 * rng.NormFloat64()
		}
		var all []*pairs
		for range 8 {
			x, d := rng.NormFloat64(), make([]float64, len(base))
			for i := range d {
				d[i] = x - base[i]
				x = 0.5*x + math.Sqrt(0.75)*rng.NormFloat64()
			}
			all = append(all, ofDifferences(d))
		}
		for i, l := range pooled(all) {
			if l.z > loudMemory {
				loud[i]++
			}
		}
	}
	if loud[0] > runs/2 || loud[1] < runs*9/10 {
		t.Errorf("of %d: %d show a memory with what the arms have in common, %d without", runs, loud[0], loud[1])
	}
}

func comparisonOf(d []float64) Comparison {
	c := Comparison{Name: "scan", Metric: Metric{Name: "total", Tolerance: 0.05}}
	for _, x := range d {
		c.Base = append(c.Base, 1)
		c.New = append(c.New, math.Exp(x))
	}
	return c
}

// A step of 6 in 48 rounds leaves too little memory to widen the bounds much;
// what withholds the verdict is that the first rounds do not share it.
func TestSteady(t *testing.T) {
	d := make([]float64, 48)
	rng := rand.New(rand.NewPCG(54, 5))
	for i := range d {
		d[i] = 0.05 * rng.NormFloat64()
		if i >= 6 {
			d[i] += 0.12
		}
	}
	p := ofDifferences(d)
	s := p.sequence()
	if !s.Shifted || p.steady(Regression, s, 0.05) || !p.steady(Inconclusive, s, 0.05) {
		t.Errorf("a late slowdown of 12%%: %+v", s)
	}
	for i := range d[:6] {
		d[i] += 0.07 // slower from the first round, more so later
	}
	p = ofDifferences(d)
	if s := p.sequence(); !p.steady(Regression, s, 0.05) {
		t.Errorf("slower throughout: %+v", s)
	}
}

// TestRanksOfManyRounds holds that bounds do not get lost beyond the thousand rounds
// from which a binomial coefficient is no float64.
func TestRanksOfManyRounds(t *testing.T) {
	for _, n := range []int{48, 1000, 1100, 3000} {
		want, _ := signtest.Rank(n, 0.01)
		if got := ranks([]int{n}, []float64{0.01}); got[0] != want {
			t.Errorf("%d rounds: rank %d, want %d", n, got[0], want)
		}
	}
}
