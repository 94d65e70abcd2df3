package verdict

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

var nan = math.NaN()

// lognormal makes a comparison with the given ratio and spread.
func lognormal(seed uint64, rounds int, ratio, sd float64) Comparison {
	rng := rand.New(rand.NewPCG(seed, 54))
	c := Comparison{Name: "scan", Metric: Metric{Name: "total", Tolerance: 0.05}}
	for range rounds {
		c.Base = append(c.Base, math.Exp(sd*rng.NormFloat64()))
		c.New = append(c.New, ratio*math.Exp(sd*rng.NormFloat64()))
	}
	return c
}

// constant has the same two values in every round.
func constant(rounds int, base, fresh float64) Comparison {
	c := Comparison{Name: "scan", Metric: Metric{Name: "total", Tolerance: 0.05}}
	for range rounds {
		c.Base = append(c.Base, base)
		c.New = append(c.New, fresh)
	}
	return c
}

func mustJudge(t *testing.T, r Rules, s Suite) *Judgement {
	t.Helper()
	j, err := r.Judge(s)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func only(t *testing.T, r Rules, c Comparison) Answer {
	t.Helper()
	return mustJudge(t, r, Suite{Rows: []Comparison{c}, Ended: true}).Rows[0]
}

func TestDefinitions(t *testing.T) {
	limit := math.Log1p(0.05)
	for _, c := range []struct {
		median     float64
		fail, pass span
		want       Verdict
	}{
		{0.06, span{0.01, 0.1}, span{0.02, 0.09}, Regression},
		{0.06, span{-0.01, 0.1}, span{0.02, 0.09}, Inconclusive}, // may be equal
		{0.04, span{0.01, 0.1}, span{0.02, 0.09}, Inconclusive},  // slower, but not by 5%; may be more
		{0.04, span{0.03, 0.06}, span{0.031, 0.045}, Pass},       // slower, but less than 5%
		{0, span{-1, 1}, span{-0.04, 0.04}, Pass},
		{0, span{-1, 1}, span{-0.04, limit}, Inconclusive},
		{-0.06, span{-0.1, -0.01}, span{-0.09, -0.02}, Improvement},
		{-0.04, span{-0.1, -0.01}, span{-0.09, -0.02}, Pass},
		{-0.06, span{-0.1, 0.01}, span{-0.09, 0}, Pass},
		{math.NaN(), span{math.Inf(-1), math.Inf(1)}, span{math.Inf(-1), math.Inf(1)}, Inconclusive},
	} {
		if got := decide(c.median, c.fail, c.pass, 0.05); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
	for _, c := range []struct {
		median     float64
		fail, pass span
		want       Verdict
	}{
		{0.06, span{0.01, 0.1}, span{0.02, 0.09}, Invalid},
		{-0.06, span{-0.1, -0.01}, span{-0.09, -0.02}, Invalid},
		{0, span{-1, 1}, span{-0.04, 0.04}, Pass},
		{0, span{-1, 1}, span{-0.06, 0.04}, Inconclusive}, // equal to one side only
		{-0.04, span{-0.1, -0.01}, span{-0.09, -0.02}, Inconclusive},
	} {
		if got := decideControl(c.median, c.fail, c.pass, 0.05); got != c.want {
			t.Errorf("control %+v: %v", c, got)
		}
	}
}

func TestConstantValues(t *testing.T) {
	for _, c := range []struct {
		base, fresh float64
		want        Verdict
	}{{3, 3, Pass}, {3, 3.12, Pass}, {3, 3.2, Regression}, {3, 2.5, Improvement}, {3, 2.9, Pass}} {
		row := only(t, Defaults(), constant(12, c.base, c.fresh))
		if row.Verdict != c.want || !near(*row.Ratio, c.fresh/c.base, 1e-12) || row.Fail.Low != row.Fail.High {
			t.Errorf("%v against %v: %v, ratio %v in %+v", c.fresh, c.base, row.Verdict, *row.Ratio, row.Fail)
		}
	}
}

func TestTooFewRounds(t *testing.T) {
	for n := range 5 {
		row := only(t, Defaults(), constant(n, 1, 1))
		if row.Verdict != Inconclusive || row.Pass != nil || row.MinEffect() != nil {
			t.Errorf("%d rounds: %+v", n, row)
		}
		if n > 0 && (!slices.Contains(row.Reasons, TooFew) || row.NeedPairs != 7) { // 2^-7 <= 1%
			t.Errorf("%d rounds: need %d, because %v", n, row.NeedPairs, row.Reasons)
		}
	}
	if j := mustJudge(t, Defaults(), Suite{Rows: []Comparison{constant(11, 1, 1)}}); j.Final ||
		j.Rows[0].Reasons[0] != NoLook {
		t.Errorf("before the first look: %+v", j)
	}
}

// A gate is a program that waits for Final; it must come at the first look that
// decides every row, and a decision must not change with what comes later.
func TestLooks(t *testing.T) {
	fast, slow := constant(48, 1, 1), constant(48, 1, 1.2)
	for i := 12; i < 48; i++ { // were it not decided at 12, it would be a regression
		fast.New[i] = 2
	}
	undecided := lognormal(1, 48, 1, 0.3)
	j := mustJudge(t, Defaults(), Suite{Rows: []Comparison{fast, slow}})
	if j.Rounds != 12 || !j.Final || j.Rows[0].Verdict != Pass || j.Rows[1].Verdict != Regression ||
		j.Outcome != Regressed {
		t.Errorf("two decided rows: %+v", j)
	}
	j = mustJudge(t, Defaults(), Suite{Rows: []Comparison{fast, undecided}})
	if j.Rounds != 48 || !j.Final || j.Rows[0].Verdict != Pass || j.Rows[0].Rounds != 12 || j.Rows[1].Rounds != 48 ||
		j.Outcome != Undecided {
		t.Errorf("one undecided row: %+v", j)
	}
	cut := Comparison{Name: "cut", Metric: undecided.Metric, Base: undecided.Base[:30], New: undecided.New[:30]}
	if j := mustJudge(t, Defaults(), Suite{Rows: []Comparison{cut}}); j.Rounds != 24 || j.Final {
		t.Errorf("30 rounds: looked at %d, final %v", j.Rounds, j.Final)
	}
	if j := mustJudge(t, Defaults(), Suite{Rows: []Comparison{cut}, Ended: true}); j.Rounds != 30 || !j.Final {
		t.Errorf("30 rounds and no more: looked at %d, final %v", j.Rounds, j.Final)
	}
}

func TestMissing(t *testing.T) {
	c := constant(12, 1, 1)
	c.New[3], c.Base[3] = nan, 0 // one pair
	row := only(t, Defaults(), c)
	if row.Verdict != Pass || row.Pairs != 11 || row.Missing != 1 {
		t.Errorf("one missing: %+v", row)
	}
	c.New[5] = -1
	row = only(t, Defaults(), c)
	if row.Verdict != Inconclusive || row.Missing != 2 || !slices.Contains(row.Reasons, TooManyMissing) {
		t.Errorf("two of twelve missing: %+v", row)
	}
}

func TestLooksUpTo(t *testing.T) {
	for rounds, want := range map[int][]int{3: {3}, 12: {12}, 23: {23}, 24: {12, 24}, 30: {15, 30}, 48: {12, 24, 48},
		96: {12, 24, 48, 96}, 200: {12, 25, 50, 100, 200}} {
		if got := LooksUpTo(rounds); !slices.Equal(got, want) {
			t.Errorf("%d: %v, want %v", rounds, got, want)
		}
	}
}

// TestTooFewIsNoReasonForAPass has bounds for a PASS and none for more.
func TestTooFewIsNoReasonForAPass(t *testing.T) {
	c := constant(7, 1, 1)
	j, err := OneLook(7).JudgeUnpaired(Suite{Rows: []Comparison{c, c, c, c}})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range j.Rows {
		if r.Verdict != Pass || r.Fail != nil || slices.Contains(r.Reasons, TooFew) {
			t.Errorf("%v, %+v, %v; want a PASS without that reason", r.Verdict, r.Fail, r.Reasons)
		}
	}
}

func TestContaminated(t *testing.T) {
	c := constant(12, 1, 1)
	c.New[2], c.New[7] = 50, 60
	foreign := Covariate{Name: "foreign I/O", Limit: 0.05, Values: []float64{0, 0, 0.4, 0, nan, 0, 0, 0.06, 0.05, 0, 0}}
	marks, causes := Contaminated(12, foreign)
	if causes[0].Rounds != 2 || causes[0].Unknown != 2 || !marks[2] || !marks[7] {
		t.Fatalf("marks %v, causes %+v", marks, causes)
	}
	c.Contaminated = marks
	j := mustJudge(t, Defaults(), Suite{Rows: []Comparison{c}})
	if r := j.Rows[0]; r.Verdict != Pass || r.Pairs != 10 || r.Contaminated != 2 || r.Missing != 0 {
		t.Errorf("two left out: %+v", r)
	}
	for i := range 4 {
		marks[i] = true
	}
	j = mustJudge(t, Defaults(), Suite{Rows: []Comparison{c}, Ended: true})
	if r := j.Rows[0]; r.Verdict != Inconclusive || !slices.Contains(r.Reasons, TooContaminated) {
		t.Errorf("five of twelve left out: %+v", r)
	}
}

func TestCounters(t *testing.T) {
	faults := Metric{Name: "faults", Tolerance: 0.1, Floor: 64}
	for _, c := range []struct {
		base, fresh float64
		want        Verdict
		ratio       float64
	}{
		{0, 0, Pass, 1},
		{0, 3, Pass, 1},
		{0, 640, Regression, 10},
		{640, 0, Improvement, 0.1},
		{1000, 1050, Pass, 1.05},
		{1000, 1200, Regression, 1.2},
	} {
		in := constant(12, c.base, c.fresh)
		in.Metric = faults
		row := only(t, Defaults(), in)
		if row.Verdict != c.want || !near(*row.Ratio, c.ratio, 1e-12) {
			t.Errorf("from %v to %v: %v, ratio %v", c.base, c.fresh, row.Verdict, *row.Ratio)
		}
		if floored := c.base < 64 || c.fresh < 64; floored != (row.Floored == 12) {
			t.Errorf("from %v to %v: %d pairs at the floor", c.base, c.fresh, row.Floored)
		}
	}
	if row := only(t, Defaults(), constant(12, 0, 0)); row.Pairs != 0 || row.Ratio != nil ||
		row.Verdict != Inconclusive {
		t.Errorf("zero seconds are no time: %+v", row)
	}
}

func TestControl(t *testing.T) {
	pass := constant(48, 1, 1)
	regress := constant(48, 1, 1.3)
	judge := func(row, control Comparison) *Judgement {
		return mustJudge(t, Defaults(), Suite{Rows: []Comparison{row}, Controls: []Comparison{control}})
	}
	for _, row := range []Comparison{pass, regress} {
		for _, bad := range []Comparison{regress, swapped(regress)} {
			if j := judge(row, bad); j.Outcome != Void || j.Rows[0].Verdict != Invalid ||
				j.Reasons[0] != ControlFailed || j.Outcome.ExitCode(PassInconclusive) != 4 {
				t.Errorf("control failed: %+v", j)
			}
		}
	}
	noisy := lognormal(7, 48, 1, 0.5)
	if j := judge(noisy, lognormal(8, 48, 1, 0.5)); j.Outcome != Undecided ||
		!slices.Contains(j.Reasons, ControlUndecided) {
		t.Errorf("noise: %+v", j)
	}
	if j := judge(pass, pass); j.Outcome != Passed || len(j.Reasons) > 0 {
		t.Errorf("pass: %+v", j)
	}
	j := mustJudge(t, Defaults(), Suite{Rows: []Comparison{pass}, Refused: []string{"two kernels"}})
	if j.Outcome != Void || j.Rows[0].Verdict != Invalid || !j.Final {
		t.Errorf("refused: %+v", j)
	}
}

// The level of one row falls with their number; that of passing does not.
func TestBonferroni(t *testing.T) {
	one := only(t, OneLook(48), lognormal(9, 48, 1, 0.1))
	suite := Suite{}
	for range 8 {
		suite.Rows = append(suite.Rows, lognormal(9, 48, 1, 0.1))
	}
	many := mustJudge(t, OneLook(48), suite).Rows[0]
	if *many.Pass != *one.Pass || many.Fail.Low >= one.Fail.Low || many.Fail.High <= one.Fail.High ||
		many.Fail.Tail != 0.01/8 {
		t.Errorf("one row %+v %+v, of eight %+v %+v", one.Fail, one.Pass, many.Fail, many.Pass)
	}
}

// At one look what was shown to be slower leaves its error to the others. The last row
// needs the second smallest of its twelve differences, which it has at a third of 1%.
func TestStepDown(t *testing.T) {
	equal, slow, nearly := constant(12, 1, 1), constant(12, 1, 1.3), constant(12, 1, 1.3)
	nearly.New[5] = 0.9
	for _, c := range []struct {
		name   string
		others []Comparison
		rules  Rules
		want   Verdict
		tail   float64
	}{
		{"beside a slower one", []Comparison{equal, equal, slow}, OneLook(12), Regression, 0.01 / 2},
		{"beside faster ones", []Comparison{swapped(slow), swapped(slow), swapped(slow)}, OneLook(12),
			Inconclusive, 0.01 / 4},
		{"with three looks", []Comparison{slow, slow, slow}, Defaults(), Inconclusive, 0.01 / 4},
	} {
		rows := mustJudge(t, c.rules, Suite{Rows: append(c.others, nearly)}).Rows
		if r := rows[3]; r.Verdict != c.want || r.Fail == nil || r.Fail.Tail != c.tail {
			t.Errorf("%s: %v, %+v", c.name, r.Verdict, r.Fail)
		}
	}
}

func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		verdicts   []Verdict
		want       Outcome
		fail, pass int
	}{
		{[]Verdict{Pass, Improvement}, Passed, 0, 0},
		{[]Verdict{Pass, Inconclusive}, Undecided, 3, 0},
		{[]Verdict{Inconclusive, Regression, Pass}, Regressed, 1, 1},
		{[]Verdict{Invalid, Regression}, Void, 4, 4},
		{[]Verdict{Regression, Invalid, Pass}, Void, 4, 4},
	} {
		var rows []Answer
		for _, v := range c.verdicts {
			rows = append(rows, Answer{Verdict: v})
		}
		o := outcomeOf(rows)
		if o != c.want || o.ExitCode(FailInconclusive) != c.fail || o.ExitCode(PassInconclusive) != c.pass {
			t.Errorf("%v: %v, exit %d and %d", c.verdicts, o, o.ExitCode(FailInconclusive),
				o.ExitCode(PassInconclusive))
		}
	}
	if p, err := ParsePolicy("pass"); p != PassInconclusive || err != nil {
		t.Error(p, err)
	}
	if _, err := ParsePolicy("maybe"); err == nil {
		t.Error("maybe is no policy")
	}
}

func TestRefusesNonsense(t *testing.T) {
	good := constant(12, 1, 1)
	uneven, strict, sunk := good, good, good
	uneven.New = uneven.New[:3]
	strict.Metric.Tolerance = 0
	sunk.Metric.Floor = -1
	backwards, eager, mute := Defaults(), Defaults(), Defaults()
	backwards.Looks = []int{24, 12}
	eager.FailAlpha = 0.2
	mute.Power = 1
	for want, got := range map[string]func() error{
		"NaN":         func() error { _, err := Defaults().Judge(Suite{Rows: []Comparison{uneven}}); return err },
		"tolerance":   func() error { _, err := Defaults().Judge(Suite{Rows: []Comparison{strict}}); return err },
		"floor":       func() error { _, err := Defaults().JudgeUnpaired(Suite{Rows: []Comparison{sunk}}); return err },
		"nothing":     func() error { _, err := Defaults().Judge(Suite{}); return err },
		"after":       func() error { _, err := backwards.Judge(Suite{Rows: []Comparison{good}}); return err },
		"wrong way":   func() error { _, err := eager.Judge(Suite{Rows: []Comparison{good}}); return err },
		"between":     func() error { _, err := mute.JudgeUnpaired(Suite{Rows: []Comparison{good}}); return err },
		"no look":     func() error { _, err := (Rules{}).Judge(Suite{Rows: []Comparison{good}}); return err },
		"mean nothin": func() error { _, err := Defaults().JudgeUnpaired(Suite{}); return err },
	} {
		if err := got(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
}
