// Package verdict decides whether something became slower, with a promise on
// how often it errs: pure functions over numbers, no files, no clock, no
// randomness.
//
// This package is opinionated: a gate that cries wolf is switched off, and a gate that sleeps
// is worth nothing, so both errors are bounded beforehand, and where the rounds
// do not suffice for both the answer is INCONCLUSIVE. "Not significant" is never
// a pass. Nothing is assumed about the shape of the noise; what is assumed (the
// rounds are independent, or their order was shuffled) is watched, and where it
// fails a decision needs more evidence, never less.
//
// Ratios are new to base of something of which less is better: 1.05 is 5% slower.
package verdict

import (
	"fmt"
	"math"
)

// A Verdict is what the rounds say about one comparison.
type Verdict uint8

// The verdicts. With r the ratio and delta the tolerance:
const (
	// Inconclusive: neither of the others could be shown.
	Inconclusive Verdict = iota
	// Pass: the upper bound of r is below 1+delta.
	Pass
	// Improvement: the upper bound of r is below 1, and r is 1/(1+delta) or less.
	Improvement
	// Regression: the lower bound of r is above 1, and r is 1+delta or more.
	Regression
	// Invalid: the environment does not support any statement.
	Invalid
)

// The answers to a question on which no decision hangs:
const (
	// Open: the bounds leave room for more than one of the others.
	Open Verdict = iota + Invalid + 1
	// Faster: the upper bound of r is below 1.
	Faster
	// Slower: the lower bound of r is above 1.
	Slower
	// Equal: both bounds lie within the tolerance, whatever else they show.
	Equal
)

func (v Verdict) String() string {
	return [...]string{"INCONCLUSIVE", "PASS", "IMPROVEMENT", "REGRESSION", "INVALID",
		"open", "faster", "slower", "equal"}[v]
}

// MarshalText writes the verdict's word.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Passes reports whether the gate opens: what is faster was shown not to be
// slower too.
func (v Verdict) Passes() bool { return v == Pass || v == Improvement }

// A Metric is what is compared. Less is better.
type Metric struct {
	Name string `json:"name"`
	// Tolerance is delta: 0.05 lets a ratio of up to 1.05 pass.
	Tolerance float64 `json:"tolerance"`
	// Floor is the smallest value that matters: smaller ones count as the
	// floor, on both sides. A counter, which may be 0, must have one; then two
	// zeros have ratio 1, and from 0 to something the ratio is something/floor,
	// so that 3 faults instead of none are no regression where the floor is 64
	// and 640 are one. Without a floor (0), values must be above 0.
	Floor float64 `json:"floor,omitempty"`
}

func (m Metric) check(of string) error {
	if !(m.Tolerance > 0) || math.IsInf(m.Tolerance, 1) {
		return fmt.Errorf("compare %s by %s: the tolerance is %v; it must be above 0: 0.05 is 5%%",
			of, m.Name, m.Tolerance)
	}
	if !(m.Floor >= 0) || math.IsInf(m.Floor, 1) {
		return fmt.Errorf("compare %s by %s: the floor is %v; it must be 0 or more", of, m.Name, m.Floor)
	}
	return nil
}

// log returns the logarithm of a value, or NaN for one that cannot be compared.
func (m Metric) log(x float64) float64 {
	if !(x >= 0) || math.IsInf(x, 1) || max(x, m.Floor) == 0 {
		return math.NaN()
	}
	return math.Log(max(x, m.Floor))
}

// Comparable reports whether a value can give its round a pair.
func (m Metric) Comparable(x float64) bool { return !math.IsNaN(m.log(x)) }

// decide applies the definitions above, on the log scale. At most one of
// Regression and Pass holds, as bounds enclose the median.
func decide(median float64, fail, pass span, tolerance float64) Verdict {
	limit := math.Log1p(tolerance)
	switch {
	case fail.low > 0 && median >= limit:
		return Regression
	case fail.high < 0 && median <= -limit:
		return Improvement
	case pass.high < limit:
		return Pass
	}
	return Inconclusive
}

// decideControl decides a comparison of a base with itself, which has no better and
// no worse direction: a control passes if the two are shown equal within the
// tolerance, and fails if they differ.
func decideControl(median float64, fail, pass span, tolerance float64) Verdict {
	switch v := decide(median, fail, pass, tolerance); {
	case v == Regression || v == Improvement:
		return Invalid
	case v == Pass && pass.low > -math.Log1p(tolerance):
		return Pass
	}
	return Inconclusive
}
