package verdict

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// Without a second run the bounds are those of the sign test, and a round in which the new
// side lies between both runs says nothing.
func TestBoundsOfBoth(t *testing.T) {
	d := []float64{0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08}
	third := func(said []int) int { return said[len(said)-1] * 3 / 8 }
	p := ofDifferences(d)
	p.again = p.d
	if got := p.spanOfBoth([]int{8}, third); !near(got.low, 0.03, 1e-12) || !near(got.high, 0.06, 1e-12) {
		t.Errorf("one run of the base: %+v, want the third from either end", got)
	}
	p.again = make([]float64, len(d)) // the second run of the base was as slow as the new side
	if slower, faster := p.said(8, 1e-9); slower != 0 || faster != 0 {
		t.Errorf("between both runs of the base: %d say slower, %d faster", slower, faster)
	}
	if got := p.spanOfBoth([]int{8}, third); got.low > 0 || got.high < 0 {
		t.Errorf("bounds %+v exclude a ratio of 1, which no round speaks against", got)
	}
	none := p.spanOfBoth([]int{8}, func([]int) int { return 0 })
	if !math.IsInf(none.low, -1) || !math.IsInf(none.high, 1) {
		t.Errorf("no rank: %+v", none)
	}
}

// withAgain gives a comparison a second run of its base.
func withAgain(c Comparison, seed uint64, sd float64) Comparison {
	rng := rand.New(rand.NewPCG(seed, 9))
	c.Again = nil
	for range c.Base {
		c.Again = append(c.Again, math.Exp(sd*rng.NormFloat64()))
	}
	return c
}

// Two runs of the base find a slowdown that one does not, and the smallest effect that is
// named is found in nine of ten.
func TestBothRunsFindMore(t *testing.T) {
	const runs, sd = 600, 0.1
	caught, one := 0, 0
	for i := range runs {
		single := lognormal(uint64(i), 48, 1.1, sd)
		if only(t, OneLook(48), single).Verdict == Regression {
			one++
		}
		if only(t, OneLook(48), withAgain(single, uint64(i), sd)).Verdict == Regression {
			caught++
		}
	}
	if caught < one+runs/20 {
		t.Errorf("of %d slowdowns of 10%% two runs of the base find %d and one %d", runs, caught, one)
	}
	for _, n := range []int{12, 24, 48} {
		worth := n * 4 / 3
		k := ranks([]int{worth}, []float64{0.01})[0]
		effect := *minimumEffect(worth, k, sd*math.Sqrt2, 0.05, 0.9)
		found := 0
		for i := range runs {
			c := withAgain(lognormal(uint64(i), n, 1+effect, sd), uint64(i), sd)
			p := c.pairUp(n)
			s := p.spanOfBoth([]int{n}, func(said []int) int { return ranks(said, []float64{0.01})[0] })
			if decide(p.ratio, s, s, 0.05) == Regression {
				found++
			}
		}
		if power := float64(found) / runs; power < 0.86 || power > 0.98 {
			t.Errorf("%d rounds: a slowdown of %.1f%% is found in %.1f%%", n, 100*effect, 100*power)
		}
	}
}

func TestSwapMirrorsBoth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawn(t)
		p := withAgain(c, rapid.Uint64().Draw(t, "again"), 0.05).pairUp(len(c.Base))
		seen := []int{len(p.d)}
		rank := func(said []int) int { return ranks(said, []float64{0.02})[0] }
		s := p.spanOfBoth(seen, rank)
		m := (&pairs{d: negated(p.d), again: negated(p.again)}).spanOfBoth(seen, rank)
		if s.low != -m.high || s.high != -m.low || s.low > s.high {
			t.Fatalf("%+v, mirrored %+v", s, m)
		}
	})
}
