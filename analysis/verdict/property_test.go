package verdict

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// drawn is a comparison of any shape: spread, ratio, spikes, steps, ties, gaps.
func drawn(t *rapid.T) Comparison {
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	rounds := rapid.IntRange(0, 50).Draw(t, "rounds")
	ratio := rapid.SampledFrom([]float64{0.5, 0.9, 0.95, 0.97, 1, 1.03, 1.05, 1.1, 2}).Draw(t, "ratio")
	c := lognormal(rng.Uint64(), rounds, ratio, rapid.SampledFrom([]float64{0, 0.01, 0.05, 0.3}).Draw(t, "sd"))
	gaps := rapid.SampledFrom([]float64{0, 0.03}).Draw(t, "gaps")
	spikes := rapid.SampledFrom([]float64{0, 0.1}).Draw(t, "spikes")
	step := rapid.SampledFrom([]float64{1, 1.2}).Draw(t, "step")
	coarse := rapid.Bool().Draw(t, "coarse")
	for i := range c.New {
		if 2*i > rounds {
			c.New[i] *= step
		}
		if rng.Float64() < spikes {
			c.Base[i] *= 5
		}
		if coarse {
			c.New[i] = math.Round(c.New[i]*20) / 20
		}
		if rng.Float64() < gaps {
			c.New[i] = math.NaN()
		}
	}
	return c
}

func rowOf(t *rapid.T, r Rules, c Comparison) Answer {
	j, err := r.Judge(Suite{Rows: []Comparison{c}, Ended: true})
	if err != nil {
		t.Fatal(err)
	}
	return j.Rows[0]
}

// At one look; with more, a row that passed at the first is not looked at again,
// and seen from the other side it need not pass there.
func TestSwapMirrors(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawn(t)
		r := OneLook(max(1, len(c.Base)))
		a, b := rowOf(t, r, c), rowOf(t, r, swapped(c))
		if (a.Verdict == Regression) != (b.Verdict == Improvement) ||
			(b.Verdict == Regression) != (a.Verdict == Improvement) {
			t.Fatalf("%v, swapped %v", a.Verdict, b.Verdict)
		}
		if (a.Ratio == nil) != (b.Ratio == nil) || a.Ratio != nil && !near(*a.Ratio**b.Ratio, 1, 1e-12) {
			t.Fatalf("ratios %v and %v", a.Ratio, b.Ratio)
		}
		if (a.Fail == nil) != (b.Fail == nil) ||
			a.Fail != nil && (!near(a.Fail.Low*b.Fail.High, 1, 1e-12) || !near(a.Fail.High*b.Fail.Low, 1, 1e-12)) {
			t.Fatalf("bounds %+v and %+v", a.Fail, b.Fail)
		}
	})
}

func TestScalingChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawn(t)
		a := rowOf(t, Defaults(), c)
		by := math.Ldexp(1, rapid.IntRange(-40, 40).Draw(t, "power of two"))
		scaled := Comparison{Name: c.Name, Metric: c.Metric}
		for i := range c.Base {
			scaled.Base = append(scaled.Base, by*c.Base[i])
			scaled.New = append(scaled.New, by*c.New[i])
		}
		b := rowOf(t, Defaults(), scaled)
		if a.Ratio != nil && !near(*a.Ratio, *b.Ratio, 1e-9) {
			t.Fatalf("ratio %v, scaled %v", *a.Ratio, *b.Ratio)
		}
		if a.Verdict != b.Verdict && !marginal(a) {
			t.Fatalf("%v, scaled %v", a.Verdict, b.Verdict)
		}
	})
}

// marginal: rounding may turn the verdict, or order and ties of the differences.
func marginal(r Answer) bool {
	at := func(x float64) bool { return near(x, 1, 1e-9) || near(x, 1.05, 1e-9) || near(x, 1/1.05, 1e-9) }
	return at(*r.Ratio) || r.Fail != nil && (at(r.Fail.Low) || at(r.Fail.High)) || r.Pass != nil && at(r.Pass.High) ||
		r.Sequence != nil && (r.Memory > 0 || r.Sequence.Trending || r.Sequence.Shifted || r.sd < 1e-9)
}

// More tolerance never turns a pass into a regression or into no answer at the
// same look, nor makes a regression of anything else.
func TestMonotoneInTolerance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawn(t)
		r := OneLook(max(1, len(c.Base)))
		a := rowOf(t, r, c)
		c.Metric.Tolerance *= rapid.Float64Range(1, 4).Draw(t, "wider")
		b := rowOf(t, r, c)
		if a.Verdict.Passes() && !b.Verdict.Passes() || b.Verdict == Regression && a.Verdict != Regression {
			t.Fatalf("%v, with more tolerance %v", a.Verdict, b.Verdict)
		}
	})
}

func TestOrderOfRowsIsIrrelevant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s Suite
		for range rapid.IntRange(1, 5).Draw(t, "rows") {
			s.Rows = append(s.Rows, drawn(t))
		}
		turned := Suite{}
		order := rapid.Permutation(indices(len(s.Rows))).Draw(t, "order")
		for _, i := range order {
			turned.Rows = append(turned.Rows, s.Rows[i])
		}
		a, errA := Defaults().Judge(s)
		b, errB := Defaults().Judge(turned)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		if a.Outcome != b.Outcome || a.Rounds != b.Rounds {
			t.Fatalf("%v after %d rounds, turned %v after %d", a.Outcome, a.Rounds, b.Outcome, b.Rounds)
		}
		for to, from := range order {
			if a.Rows[from].Verdict != b.Rows[to].Verdict {
				t.Fatalf("row %d: %v, turned %v", from, a.Rows[from].Verdict, b.Rows[to].Verdict)
			}
		}
	})
}

func indices(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// What a gate saw at a look stays as it was when more rounds follow.
func TestDecisionsAreFinal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawn(t)
		for _, n := range []int{12, 24} {
			if n > len(c.Base) {
				return
			}
			early := c
			early.Base, early.New = c.Base[:n], c.New[:n]
			a, err := Defaults().Judge(Suite{Rows: []Comparison{early}})
			if err != nil {
				t.Fatal(err)
			}
			b, err := Defaults().Judge(Suite{Rows: []Comparison{c}})
			if err != nil {
				t.Fatal(err)
			}
			if a.Final && (a.Outcome != b.Outcome || b.Rounds > n) {
				t.Fatalf("%v at %d rounds became %v at %d", a.Outcome, n, b.Outcome, b.Rounds)
			}
		}
	})
}

// swapped is a comparison seen from the other side.
func swapped(c Comparison) Comparison {
	c.Base, c.New = c.New, c.Base
	return c
}
