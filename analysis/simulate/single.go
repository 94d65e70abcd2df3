package simulate

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"

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

// Files judges so many pairs of run files, unpaired: eight arms of twelve trials each that
// are alike, with noise of 10% within a run, and with the two runs shifted by runEffect,
// in the logarithm: what one day of a machine differs from another by. It returns in how
// many an arm is called a REGRESSION.
func Files(runEffect float64, suites int, seed uint64) (regressed int, err error) {
	const arms, trials, scale = 8, 12, 0.10
	side := func(rnd *rand.Rand) (out [arms][]float64) {
		shift := runEffect * rnd.NormFloat64()
		for arm := range out {
			for range trials {
				out[arm] = append(out[arm], math.Exp(shift+scale*rnd.NormFloat64()))
			}
		}
		return out
	}
	for i := range suites {
		rnd := rand.New(rand.NewPCG(seed, uint64(i)))
		base, fresh := side(rnd), side(rnd)
		var rows []verdict.Comparison
		for arm := range arms {
			rows = append(rows, verdict.Comparison{Metric: verdict.Metric{Name: "total", Tolerance: tolerance},
				Base: base[arm], New: fresh[arm]})
		}
		j, err := verdict.OneLook(trials).JudgeUnpaired(rows, nil)
		if err != nil {
			return 0, fmt.Errorf("simulate two files: %w", err)
		}
		if j.Outcome == verdict.Regressed {
			regressed++
		}
	}
	return regressed, nil
}

func validateFiles(w io.Writer, suites int, seed uint64) error {
	_, err := fmt.Fprint(w, `
Two run files of the same program, unpaired, eight arms of 12 trials, noise of 10% within a
run. Bounds from one run a side know nothing of what runs differ by: this is how often they
would call an arm slower.

| runs differ by | called a regression |
|--:|--:|
`)
	if err != nil {
		return fmt.Errorf("write the validation: %w", err)
	}
	for _, effect := range []float64{0, 0.05, 0.15} {
		k, err := Files(effect, suites, seed)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "| %.0f%% | %s |\n", 100*effect, rate(k, Counts{Suites: suites})); err != nil {
			return fmt.Errorf("write the validation: %w", err)
		}
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return fmt.Errorf("write the validation: %w", err)
	}
	return nil
}
