package verdict

import (
	"fmt"
	"math"
)

// A Suite is all that one gate has to decide.
type Suite struct {
	// Rows are the questions, one for each arm and metric.
	Rows []Comparison
	// Controls compare a base with itself, run twice in every round.
	Controls []Comparison
	// Ended: no more rounds will come, though looks are left. The reason must have
	// nothing to do with the figures: a budget that ran out is one.
	Ended bool
	// Refused says why the sides cannot be compared at all: they may come from two
	// machines. A refusal makes the suite invalid.
	Refused []string
}

// An Answer is the answer to one comparison.
type Answer struct {
	Name    string   `json:"name"`
	Metric  Metric   `json:"metric"`
	Verdict Verdict  `json:"verdict"`
	Reasons []Reason `json:"reasons,omitempty"`

	// Rounds is the number of rounds at the look that decided the question, or at the
	// last one. The other figures are of that look.
	Rounds       int `json:"rounds"`
	Pairs        int `json:"pairs"`
	Missing      int `json:"missing"`
	Contaminated int `json:"disturbed"`
	Floored      int `json:"floored"` // pairs in which a value counted as the metric's floor

	Ratio *float64 `json:"-"` // the new side over the base; nil without pairs
	// Fail encloses the ratio at the level that a REGRESSION or an IMPROVEMENT
	// takes, Pass at that of a PASS. nil: too few pairs.
	Fail *Bounds `json:"-"`
	Pass *Bounds `json:"-"`
	// NeedPairs is how many pairs the two need at the last look, at the least.
	NeedPairs int       `json:"need_pairs"`
	Sequence  *Sequence `json:"-"` // nil: too few pairs
	// Memory is the autocorrelation for which the bounds were widened; 0: none.
	Memory float64 `json:"-"`

	// Test is set for unpaired samples alone, where Pairs is 0 and BaseValues
	// and NewValues count the two sides.
	Test       *RankTest `json:"rank_sum,omitempty"`
	BaseValues int       `json:"base_values,omitempty"`
	NewValues  int       `json:"new_values,omitempty"`
	// BaseRuns and NewRuns count the runs of the sides, where a value is that of a run.
	BaseRuns int `json:"base_runs,omitempty"`
	NewRuns  int `json:"new_runs,omitempty"`

	// Open: the answer may still change. That of a row that is decided may not, and that
	// of a control only as long as its ratio lies beyond the tolerance.
	Open bool `json:"-"`

	// What MinEffect and RoundsToPass are computed from when asked for.
	power     float64
	worth     int     // rounds of a plain sign test that do as well as those of Fail
	rank      int     // the rank that bounds Fail
	sd        float64 // standard deviation of the differences of logarithms; NaN if not known
	passAlpha float64
	apart     *float64 // the minimum effect of samples that share no rounds
}

// MinEffect is the smallest slowdown, 0.05 for 5%, that this number of rounds would
// have called a REGRESSION with the power of the rules. nil: none.
func (r *Answer) MinEffect() *float64 {
	if r.Test != nil || r.BaseRuns > 0 {
		return r.apart
	}
	return minimumEffect(r.worth, r.rank, r.sd, r.Metric.Tolerance, r.power)
}

// RoundsToPass is how many rounds it takes, at one look, for an unchanged row to
// pass with the power of the rules, as the spread was. 0: more than ten
// thousand, or the spread is not known.
func (r *Answer) RoundsToPass() int {
	if math.IsNaN(r.sd) || r.Pairs == 0 {
		return 0
	}
	return RoundsFor(r.sd, r.Metric.Tolerance, r.passAlpha, r.power)
}

// A Reason is the code of what explains a verdict that was withheld, or warns of one
// that was not. package words has the sentences.
type Reason string

// The reasons.
const (
	NoLook           Reason = "no-look"
	TooFew           Reason = "too-few"
	TooManyMissing   Reason = "too-many-missing"
	TooContaminated  Reason = "too-disturbed"
	Autocorrelated   Reason = "dependent-rounds"
	Drifts           Reason = "drift"
	Unsteady         Reason = "unsteady"
	ControlFailed    Reason = "control-failed"
	ControlUndecided Reason = "control-undecided"
	Incomparable     Reason = "incomparable"
	Unpaired         Reason = "unpaired"
	FewRuns          Reason = "few-runs"
	AnchorMoved      Reason = "anchor-moved"
)

// A Judgement is what the gate says after the rounds that it was given: an answer to
// each question, in the order of the questions, and a ruling.
type Judgement struct {
	Ruling
	Rows, Controls []Answer
}

// A Ruling is what is said of all comparisons together.
type Ruling struct {
	Outcome Outcome  `json:"outcome"`
	Reasons []Reason `json:"reasons,omitempty"`
	Refused []string `json:"refused,omitempty"`
	// Rounds is how many there were at the look that decided, or at the last one; 0:
	// no look was due, or the sides share no rounds.
	Rounds int `json:"rounds"`
	// Final: further rounds would change nothing, or none are planned.
	Final bool `json:"-"`
}

// Judge looks at the suite at each of the looks that it has reached, in order,
// and stops where every row is decided. A row's decision is final: each is made
// at the error that its look may spend. So a caller runs the rounds of the next
// look, judges all of them again, and ends when the judgement is final; a decided
// row needs no more rounds.
func (r Rules) Judge(s Suite) (*Judgement, error) {
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("judge a suite: %w", err)
	}
	if len(s.Rows) == 0 {
		return nil, fmt.Errorf("judge a suite: it has no comparison, and passing that would mean nothing")
	}
	j := &judging{rules: r, suite: s, bounds: map[string]int{}}
	rounds := 0
	for i, all := range [][]Comparison{s.Rows, s.Controls} {
		for _, c := range all {
			if err := c.check(); err != nil {
				return nil, fmt.Errorf("judge a suite: %w", err)
			}
			rounds = max(rounds, len(c.Base))
			q := &question{Comparison: c, control: i == 1}
			q.answer = Answer{Name: c.Name, Metric: c.Metric, Reasons: []Reason{NoLook}}
			j.all = append(j.all, q)
		}
	}
	for _, l := range r.looks(rounds, s.Ended) {
		if j.look(l); j.over() {
			break
		}
	}
	return j.judgement(), nil
}
