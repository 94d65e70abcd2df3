package simulate

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"

	"mmapbench/analysis/verdict"
)

// validateOneLook tries the judge of a finished run: twelve rounds, one look, one run of
// the base.
func validateOneLook(w io.Writer, suites int, seed uint64) error {
	_, err := fmt.Fprint(w, `
One look after 12 rounds, noise of 10%, no second run of the base beside a new side.

| noise | comparisons | equal: false fail | equal: without bounds for a REGRESSION | three times as slow: caught |
|---|--:|--:|--:|--:|
`)
	if err != nil {
		return fmt.Errorf("write the validation: %w", err)
	}
	for _, m := range Models() {
		for _, arms := range []int{1, 8, 23} {
			s := Setting{Rules: verdict.OneLook(12), Model: m, Arms: arms, Scale: 0.10,
				Tolerance: tolerance, OneBase: true}
			same, err := Run(s, suites, seed)
			if err != nil {
				return err
			}
			s.Slower = 2
			slow, err := Run(s, suites, seed+1)
			if err != nil {
				return err
			}
			judged := arms * (suites - same.Void)
			_, err = fmt.Fprintf(w, "| %s | %d | %s | %.1f | %s |\n", m.Name, arms, rate(same.FalseFails, same),
				100*float64(same.Unbounded)/float64(max(1, judged)), rate(slow.FirstCaught, slow))
			if err != nil {
				return fmt.Errorf("write the validation: %w", err)
			}
		}
	}
	return nil
}

// A Pairing is how many runs of the same program are compared with how many.
type Pairing struct {
	Name        string
	Base, Fresh int
	// Trials: the values are those of trials, as if they told how runs differ. No verdict
	// of this program rests on that; it shows why.
	Trials   bool
	Anchored bool // by the ratios to an arm of the same rounds
}

// Pairings are those that are tried.
var Pairings = []Pairing{
	{Name: "one each, by their trials", Base: 1, Fresh: 1, Trials: true},
	{Name: "three each", Base: 3, Fresh: 3},
	{Name: "eight and one", Base: 8, Fresh: 1},
	{Name: "one each, anchored", Base: 1, Fresh: 1, Trials: true, Anchored: true},
	{Name: "three each, anchored", Base: 3, Fresh: 3, Anchored: true},
}

// Files judges so many pairs of sides, unpaired: eight arms of twelve trials a run that are
// alike, with noise of 10% within a run, and with each run shifted by runEffect, in the
// logarithm: what one day of a machine differs from another by. It returns in how many an
// arm is called a REGRESSION.
func Files(p Pairing, runEffect float64, suites int, seed uint64) (regressed int, err error) {
	const arms, trials, scale = 8, 12, 0.10
	side := func(rnd *rand.Rand, runs int) (out [arms][]float64) {
		for range runs {
			shift := runEffect * rnd.NormFloat64()
			anchor := make([]float64, trials)
			for i := range anchor {
				if p.Anchored { // whose ratio to the others lacks the shift
					anchor[i] = shift + scale*rnd.NormFloat64()
				}
			}
			for arm := range out {
				run := make([]float64, trials)
				for i := range run {
					run[i] = math.Exp(shift + scale*rnd.NormFloat64() - anchor[i])
				}
				if !p.Trials {
					slices.Sort(run)
					run = []float64{(run[trials/2-1] + run[trials/2]) / 2}
				}
				out[arm] = append(out[arm], run...)
			}
		}
		return out
	}
	for i := range suites {
		rnd := rand.New(rand.NewPCG(seed, uint64(i)))
		base, fresh := side(rnd, p.Base), side(rnd, p.Fresh)
		var s verdict.Suite
		for arm := range arms {
			s.Rows = append(s.Rows, verdict.Comparison{Metric: verdict.Metric{Name: "total", Tolerance: tolerance},
				Base: base[arm], New: fresh[arm], Runs: !p.Trials})
		}
		j, err := verdict.OneLook(trials).JudgeUnpaired(s)
		if err != nil {
			return 0, fmt.Errorf("simulate sides of runs: %w", err)
		}
		if j.Outcome == verdict.Regressed {
			regressed++
		}
	}
	return regressed, nil
}

func validateFiles(w io.Writer, suites int, seed uint64) error {
	head, rule := "| runs differ by |", "|--:|"
	for _, p := range Pairings {
		head, rule = head+" "+p.Name+" |", rule+"--:|"
	}
	_, err := fmt.Fprintf(w, `
Runs of the same program, unpaired, eight arms of 12 trials, noise of 10%% within a run: how
often an arm is called slower. One run a side knows nothing of what runs differ by, so that
compare judges no time by the first column; it judges as in the others.

%s
%s
`, head, rule)
	for _, effect := range []float64{0, 0.05, 0.15} {
		line := fmt.Sprintf("| %.0f%% |", 100*effect)
		for _, p := range Pairings {
			k, err := Files(p, effect, suites, seed)
			if err != nil {
				return err
			}
			line += " " + rate(k, Counts{Suites: suites}) + " |"
		}
		if err == nil {
			_, err = fmt.Fprintln(w, line)
		}
	}
	if err == nil {
		_, err = fmt.Fprintln(w)
	}
	if err != nil {
		return fmt.Errorf("write the validation: %w", err)
	}
	return nil
}
