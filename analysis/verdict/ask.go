package verdict

import (
	"errors"
	"fmt"
	"math"

	"mmapbench/internal/signtest"
)

// askedTail is the error of either end of an answer's bounds: 95%, each by itself.
const askedTail = 0.025

// Ask answers questions on which no decision hangs, such as which of two devices is the
// faster: each by itself, with the bounds that a report shows of the same rounds. There
// is no pass and no regression, as neither level has to be the better one.
func (r Rules) Ask(comparisons []Comparison) (*Judgement, error) {
	if len(comparisons) == 0 {
		return nil, errors.New("answer questions: there is no comparison")
	}
	out := &Judgement{Ruling: Ruling{Final: true, Outcome: Answered}}
	for _, c := range comparisons {
		if err := c.check(); err != nil {
			return nil, fmt.Errorf("answer questions: %w", err)
		}
		p := c.pairUp(len(c.Base))
		k, _ := signtest.Rank(len(p.d), askedTail)
		s := spanOf(p.sorted, k)
		row := Answer{Name: c.Name, Metric: c.Metric, Verdict: answer(s, c.Metric.Tolerance), Rounds: len(c.Base),
			Pairs: len(p.d), Missing: p.missing, Floored: p.floored, NeedPairs: signtest.MinN(askedTail),
			Fail: s.bounds(askedTail), sd: math.NaN()}
		if row.Pairs > 0 {
			row.Ratio = finite(math.Exp(p.median))
		}
		if row.Pass = row.Fail; row.Fail == nil {
			row.Reasons = append(row.Reasons, TooFew)
		}
		out.Rounds = max(out.Rounds, row.Rounds)
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

// answer says in a word what bounds show.
func answer(s span, tolerance float64) Verdict {
	limit := math.Log1p(tolerance)
	switch {
	case s.low > -limit && s.high < limit:
		return Equal
	case s.high < 0:
		return Faster
	case s.low > 0:
		return Slower
	}
	return Open
}
