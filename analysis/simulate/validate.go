package simulate

import (
	"fmt"
	"io"
	"slices"
	"strings"

	moremath "github.com/aclements/go-moremath/stats"

	"mmapbench/analysis/verdict"
)

// The promises, as upper limits of error rates per suite.
const (
	FalseFailLimit  = 0.01 // the share of suites in which nothing changed that may fail
	VoidLimit       = 0.02 // the share of the same that may be called invalid
	MissedSlowLimit = 0.05 // the share of slowdowns of the tolerance or more that may be missed
	UncaughtLimit   = 0.05 // the share of slowdowns of twice the tolerance that quiet noise may hide
)

// quiet is the scale of the noise at which twice the tolerance is caught.
const quiet = 0.02

const tolerance = 0.05

// Interval is that of Clopper and Pearson for a proportion, with 95%: k of n.
// (C. J. Clopper, E. S. Pearson, "The use of confidence or fiducial limits
// illustrated in the case of the binomial", Biometrika 26 (1934), 404-413.)
func Interval(k, n int) (low, high float64) {
	const tail = 0.025
	below := func(p float64, k int) float64 {
		return moremath.BinomialDist{N: n, P: p}.CDF(float64(k))
	}
	high = 1
	if k > 0 {
		low = bisect(func(p float64) bool { return 1-below(p, k-1) >= tail })
	}
	if k < n {
		high = bisect(func(p float64) bool { return below(p, k) <= tail })
	}
	return low, high
}

// bisect returns where between 0 and 1 the condition, once false, becomes true.
func bisect(reached func(p float64) bool) float64 {
	low, high := 0.0, 1.0
	for range 50 {
		if p := (low + high) / 2; reached(p) {
			high = p
		} else {
			low = p
		}
	}
	return high
}

// A Result is what became of one kind of noise: nothing changed, the first arm
// slower by the tolerance, and by twice that.
type Result struct {
	Model              Model
	Arms               int
	Scale              float64
	Same, Slow, Slower Counts
}

// A promise is an upper limit of an error rate, and what was seen.
type promise struct {
	k, n  int
	limit float64
}

// kept compares the rate with the limit: "kept" where the data show that the promise is,
// "broken" where they show the contrary, else "open".
func (p promise) kept() string {
	switch low, high := Interval(p.k, p.n); {
	case low > p.limit:
		return "broken"
	case high > p.limit:
		return "open"
	}
	return "kept"
}

// Caught says whether twice the tolerance is caught as often as is promised for noise of
// 2%. Of wider noise nothing is promised, and the answer says where it holds all the same.
func (r Result) Caught() string {
	return promise{r.Slower.Suites - r.Slower.FirstCaught, r.Slower.Suites, UncaughtLimit}.kept()
}

// Kept compares the result with all that is promised, and returns the worst answer.
func (r Result) Kept() string {
	answers := []string{
		promise{r.Same.FalseFails, r.Same.Suites, FalseFailLimit}.kept(),
		promise{r.Same.Void, r.Same.Suites, VoidLimit}.kept(),
		promise{r.Slow.FirstPassed, r.Slow.Suites, MissedSlowLimit}.kept(),
		promise{r.Slower.FirstPassed, r.Slower.Suites, MissedSlowLimit}.kept(),
	}
	if r.Scale <= quiet {
		answers = append(answers, r.Caught())
	}
	for _, answer := range []string{"broken", "open"} {
		if slices.Contains(answers, answer) {
			return answer
		}
	}
	return "kept"
}

// Measure judges the given number of suites of each of the three truths.
func Measure(m Model, arms int, scale float64, suites int, seed uint64) (Result, error) {
	r := Result{Model: m, Arms: arms, Scale: scale}
	for i, to := range []*Counts{&r.Same, &r.Slow, &r.Slower} {
		s := Setting{
			Rules: verdict.Defaults(), Model: m, Arms: arms, Scale: scale,
			Tolerance: tolerance, Slower: tolerance * float64(i),
		}
		var err error
		if *to, err = Run(s, suites, seed+uint64(i)); err != nil {
			return r, err
		}
	}
	return r, nil
}

// Validate measures every noise, for gates of eight arms and of one, and writes
// the rates as Markdown. It says which promises hold; it fails only where it
// cannot measure or write. 10,000 suites take some minutes.
func Validate(w io.Writer, suites int, seed uint64) error {
	if suites < 1 {
		return fmt.Errorf("validate with %d suites: it takes one at least", suites)
	}
	_, err := fmt.Fprintf(w, "Per row %d suites of each truth, seed %d, tolerance %.0f%%, looks at %v rounds. Rates "+
		"are per suite, in percent, with 95%% intervals (Clopper-Pearson). The scale is that of the noise of one "+
		"trial, in the logarithm.\n\nPromised: false fails at most %.0f%%, invalid at most %.0f%%, a slowdown of "+
		"the tolerance or more passes in at most %.0f%%, and with noise of %.0f%% twice the tolerance is caught in at "+
		"least %.0f%%.\n",
		suites, seed, 100*tolerance, verdict.Defaults().Looks, 100*FalseFailLimit, 100*VoidLimit,
		100*MissedSlowLimit, 100*quiet, 100*(1-UncaughtLimit))
	if err != nil {
		return fmt.Errorf("write the validation: %w", err)
	}
	for _, arms := range []int{8, 1} {
		if err := validateArms(w, arms, suites, seed); err != nil {
			return err
		}
	}
	if err := validateOneLook(w, suites, seed); err != nil {
		return err
	}
	if err := validateFiles(w, suites, seed); err != nil {
		return err
	}
	for _, m := range Models() {
		if _, err := fmt.Fprintf(w, "- %s: %s.\n", m.Name, m.About); err != nil {
			return fmt.Errorf("write the validation: %w", err)
		}
	}
	return nil
}

func validateArms(w io.Writer, arms, suites int, seed uint64) error {
	_, err := fmt.Fprintf(w, "\nArms: %d, and the base against itself.\n\n"+
		"| noise | scale | equal: false fail | equal: inconclusive | equal: invalid | +5%%: passes | +5%%: caught "+
		"| +10%%: passes | +10%%: caught | +10%%: inconclusive | rounds, equal | caught in 95%% | promises |\n"+
		"|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|---|\n", arms)
	if err != nil {
		return fmt.Errorf("write the validation: %w", err)
	}
	caught, promises := map[string][]string{}, map[string][]string{}
	for _, m := range Models() {
		for _, scale := range []float64{quiet, 0.10} {
			r, err := Measure(m, arms, scale, suites, seed)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(w, "| %s | %.0f%% | %s | %s | %s | %s | %s | %s | %s | %s | "+
				"%.0f | %s | %s |\n", m.Name, 100*scale,
				rate(r.Same.FalseFails, r.Same), rate(r.Same.Undecided, r.Same), rate(r.Same.Void, r.Same),
				rate(r.Slow.FirstPassed, r.Slow), rate(r.Slow.FirstCaught, r.Slow),
				rate(r.Slower.FirstPassed, r.Slower), rate(r.Slower.FirstCaught, r.Slower),
				rate(r.Slower.FirstUndecided, r.Slower),
				float64(r.Same.Rounds)/float64(r.Same.Suites), r.Caught(), r.Kept())
			if err != nil {
				return fmt.Errorf("write the validation: %w", err)
			}
			where := fmt.Sprintf("%s at %.0f%%", m.Name, 100*scale)
			caught[r.Caught()] = append(caught[r.Caught()], where)
			promises[r.Kept()] = append(promises[r.Kept()], where)
		}
	}
	_, err = fmt.Fprintf(w, "\nTwice the tolerance is caught in at least %.0f%%:%s.\n\nAll that is promised:%s.\n",
		100*(1-UncaughtLimit), places(caught), places(promises))
	if err != nil {
		return fmt.Errorf("write the validation: %w", err)
	}
	return nil
}

// places lists under which noise there was which answer.
func places(answers map[string][]string) string {
	var out []string
	for _, answer := range []string{"kept", "open", "broken"} {
		if under := answers[answer]; len(under) > 0 {
			out = append(out, fmt.Sprintf(" %s under %s", answer, strings.Join(under, ", ")))
		}
	}
	return strings.Join(out, ";")
}

func rate(k int, c Counts) string { return Rate(k, c.Suites) }

// Rate writes k of n in percent, with the interval.
func Rate(k, n int) string {
	low, high := Interval(k, n)
	return fmt.Sprintf("%.2f (%.2f-%.2f)", 100*float64(k)/float64(n), 100*low, 100*high)
}
