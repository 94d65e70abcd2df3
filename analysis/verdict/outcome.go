package verdict

import "fmt"

// An Outcome is what the gate says about a whole suite.
type Outcome uint8

// The outcomes, from the best to the one that silences all others.
const (
	Passed Outcome = iota
	Undecided
	Regressed
	Void
	Answered // questions were asked, and nothing was judged
)

func (o Outcome) String() string {
	return [...]string{"pass", "inconclusive", "regression", "invalid", "answered"}[o]
}

// MarshalText writes the outcome's word.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// outcomeOf is a pass when every row passes (intersection-union: as each must,
// none needs a stricter level), and a regression when one is. Of an invalid
// suite nothing else is said.
func outcomeOf(rows []Answer) Outcome {
	worst := Passed
	for _, r := range rows {
		switch r.Verdict {
		case Inconclusive:
			worst = max(worst, Undecided)
		case Regression:
			worst = max(worst, Regressed)
		case Invalid:
			worst = Void
		}
	}
	return worst
}

// A Policy says what an inconclusive suite means to whoever called.
type Policy uint8

// The policies of --inconclusive. Failing has its own exit code: noise is never
// reported as a regression.
const (
	FailInconclusive Policy = iota
	PassInconclusive
)

// ParsePolicy reads "fail" or "pass".
func ParsePolicy(s string) (Policy, error) {
	switch s {
	case "fail":
		return FailInconclusive, nil
	case "pass":
		return PassInconclusive, nil
	}
	return 0, fmt.Errorf("inconclusive=%q: say pass or fail", s)
}

// The exit codes of a gate. 2 is for usage and errors, which are not outcomes.
const (
	ExitPass         = 0
	ExitRegression   = 1
	ExitInconclusive = 3
	ExitInvalid      = 4
)

// ExitCode of an outcome under a policy.
func (o Outcome) ExitCode(p Policy) int {
	switch o {
	case Passed, Answered:
		return ExitPass
	case Regressed:
		return ExitRegression
	case Undecided:
		if p == PassInconclusive {
			return ExitPass
		}
		return ExitInconclusive
	}
	return ExitInvalid
}
