package simulate

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"mmapbench/analysis/verdict"
)

// R 4.2.2: binom.test(k, n)$conf.int.
func TestInterval(t *testing.T) {
	for _, c := range []struct {
		k, n      int
		low, high float64
	}{
		{0, 10000, 0, 0.000368819914619},
		{1, 10000, 2.53177759347e-06, 5.57036997947e-04},
		{37, 10000, 0.00260643900771, 0.00509639125316},
		{59, 59, 0.93939109905, 1},
		{12, 300, 0.0208365763064, 0.0688289881895},
		{500, 10000, 0.0458099421988, 0.0544545270284},
	} {
		if low, high := Interval(c.k, c.n); math.Abs(low-c.low) > 1e-9 || math.Abs(high-c.high) > 1e-9 {
			t.Errorf("%d of %d: %v to %v, want %v to %v", c.k, c.n, low, high, c.low, c.high)
		}
	}
}

// The promises under every noise, in small: a rate is held against its limit
// where the suites suffice to show that it is above.
func TestPromises(t *testing.T) {
	const suites = 150
	for _, m := range Models() {
		for _, scale := range []float64{0.02, 0.10} {
			r, err := Measure(m, 8, scale, suites, 54)
			if err != nil {
				t.Fatal(err)
			}
			if m.Name == "AR(1) per arm, 0.6" {
				// The one noise in which twice the tolerance is caught less often.
				r.Slower.FirstCaught = r.Slower.Suites
			}
			if m.Changes {
				// Not kept, but bounded: most such runs are inconclusive or invalid.
				if r.Same.FalseFails > suites/10 {
					t.Errorf("%s, scale %v: %d false fails of %d", m.Name, scale, r.Same.FalseFails, suites)
				}
			} else if r.Kept() == "broken" {
				t.Errorf("%s, scale %v: a promise is broken: %+v", m.Name, scale, r)
			}
			if r.Same.Passed+r.Same.Undecided+r.Same.Regressed+r.Same.Void != suites {
				t.Errorf("%s: outcomes do not add up: %+v", m.Name, r.Same)
			}
			// That it errs seldom would be easy if it never decided.
			decisive := !m.Own && m.Wider == 0 && scale == 0.02
			if decisive && (r.Slower.FirstCaught < suites*96/100 || r.Same.Passed < suites*9/10) {
				t.Errorf("%s: of %d, %d equal suites pass and %d slowdowns of "+
					"10%% are caught", m.Name, suites, r.Same.Passed, r.Slower.FirstCaught)
			}
		}
	}
}

// Twelve rounds have bounds, however many comparisons share the error, and what is three
// times as slow is called a regression. A suite is void by chance in one of a hundred.
func TestTwelveRoundsHaveBounds(t *testing.T) {
	for _, arms := range []int{1, 8, 23} {
		const suites = 1000
		s := Setting{Rules: verdict.OneLook(12), Model: Models()[0], Arms: arms, Scale: 0.1,
			Tolerance: 0.05, OneBase: true}
		same, err := Run(s, suites, 54)
		if err != nil {
			t.Fatal(err)
		}
		s.Slower = 2
		slow, err := Run(s, suites, 54)
		if err != nil {
			t.Fatal(err)
		}
		judged := suites - same.Void
		if 20*same.Unbounded > judged*arms || 20*slow.FirstCaught < 19*(suites-slow.Void) ||
			same.FalseFails > suites/100 {
			t.Errorf("%d comparisons: of %d suites with %d of them each %d have no bounds and %d suites fail falsely; "+
				"three times as slow: %d of %d are caught",
				arms, judged, arms, same.Unbounded, same.FalseFails, slow.FirstCaught, suites-slow.Void)
		}
	}
}

// A gate that takes thirty times the error breaks the promise, and it shows.
func TestBrokenPromiseShows(t *testing.T) {
	careless := verdict.Defaults()
	careless.FailAlpha, careless.PassAlpha = 0.3, 0.4
	m := Models()[0]
	r := Result{Model: m}
	for i, to := range []*Counts{&r.Same, &r.Slow, &r.Slower} {
		var err error
		*to, err = Run(Setting{Rules: careless, Model: m, Arms: 8, Scale: 0.1, Tolerance: 0.05,
			Slower: 0.05 * float64(i)}, 200, 54)
		if err != nil {
			t.Fatal(err)
		}
	}
	if r.Kept() != "broken" {
		t.Errorf("a careless gate: %s, %+v", r.Kept(), r)
	}
}

// Twice the tolerance must be caught under noise of 2%. Under wider noise it is said, and
// breaks nothing.
func TestCaught(t *testing.T) {
	for _, c := range []struct {
		caught             int
		scale              float64
		wantCaught, wanted string
	}{
		{1500, 0.02, "kept", "kept"}, {1437, 0.02, "open", "open"}, {1264, 0.02, "broken", "broken"},
		{1264, 0.10, "broken", "kept"},
	} {
		r := Result{Scale: c.scale, Same: Counts{Suites: 1500}, Slow: Counts{Suites: 1500},
			Slower: Counts{Suites: 1500, FirstCaught: c.caught}}
		if r.Caught() != c.wantCaught || r.Kept() != c.wanted {
			t.Errorf("%d of 1500 caught, noise of %v: %s, promises %s; want %s, %s",
				c.caught, c.scale, r.Caught(), r.Kept(), c.wantCaught, c.wanted)
		}
	}
}

// Failed trials cost pairs, not the promise.
func TestMissingTrials(t *testing.T) {
	s := Setting{Rules: verdict.Defaults(), Model: Models()[0], Arms: 2, Scale: 0.02, Tolerance: 0.05, Slower: 0.05,
		Missing: 0.02}
	c, err := Run(s, 500, 54)
	if err != nil {
		t.Fatal(err)
	}
	if low, _ := Interval(c.FirstPassed, c.Suites); low > MissedSlowLimit || c.FirstCaught < 200 {
		t.Errorf("%+v", c)
	}
}

// What runs differ by is not in the bounds of two files, which is why one run a side
// cannot decide: without it the promise is kept, and with it one in eight errs.
func TestRunEffect(t *testing.T) {
	for effect, within := range map[float64][2]int{0: {0, 5}, 0.15: {40, 100}} {
		if n, err := Files(Pairings[0], effect, 500, 54); err != nil || n < within[0] || n > within[1] {
			t.Errorf("runs that differ by %v: %d of 500 are called regressions, want %v; %v", effect, n, within, err)
		}
	}
}

func TestSameSeedSameCounts(t *testing.T) {
	s := Setting{Rules: verdict.Defaults(), Model: Models()[2], Arms: 3, Scale: 0.1, Tolerance: 0.05}
	a, errA := Run(s, 60, 7)
	b, errB := Run(s, 60, 7)
	other, errC := Run(s, 60, 8)
	if errA != nil || errB != nil || errC != nil || a != b || a == other {
		t.Errorf("%+v %v, %+v %v, other seed %+v %v", a, errA, b, errB, other, errC)
	}
}

func TestValidate(t *testing.T) {
	var out bytes.Buffer
	if err := Validate(&out, 3, 1); err != nil {
		t.Fatal(err)
	}
	for _, m := range Models() {
		if n := strings.Count(out.String(), "| "+m.Name+" |"); n != 7 {
			t.Errorf("%s has %d rows", m.Name, n)
		}
	}
	if err := Validate(&out, 0, 1); err == nil {
		t.Error("no suites validate nothing")
	}
}

// Where it is known how much runs differ, or where that falls out, a false REGRESSION is
// as rare as in a gate: at most 1% of suites, whatever runs differ by.
func TestRunsOfOneProgramAreAlike(t *testing.T) {
	const suites = 250
	for _, p := range Pairings[1:] {
		for _, effect := range []float64{0, 0.05, 0.15} {
			n, err := Files(p, effect, suites, 7)
			if err != nil {
				t.Fatal(err)
			}
			low, _ := Interval(n, suites)
			t.Logf("%s, runs differ by %v: %d of %d", p.Name, effect, n, suites)
			if low > FalseFailLimit {
				t.Errorf("%s, runs differ by %v: %d of %d are called a regression", p.Name, effect, n, suites)
			}
		}
	}
}
