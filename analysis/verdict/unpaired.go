package verdict

import (
	"errors"
	"fmt"
	"math"
	"slices"

	moremath "github.com/aclements/go-moremath/stats"
	"github.com/montanaflynn/stats"

	"mmapbench/internal/signtest"
)

// A RankTest is the Mann-Whitney U test of two samples: two-sided, of the
// hypothesis that both come from one distribution. It stands beside a verdict
// as information and does not make it.
type RankTest struct {
	U float64 `json:"u"` // pairs in which the new value is the greater, ties counted half
	P float64 `json:"p"`
	// Exact: P is from the distribution of U itself, else from the normal
	// approximation, corrected for ties and continuity.
	Exact bool `json:"exact"`
}

// rankTest returns nil for an empty sample. Equal values throughout have P = 1.
func rankTest(base, fresh []float64) *RankTest {
	u, err := moremath.MannWhitneyUTest(fresh, base, moremath.LocationDiffers)
	switch {
	case errors.Is(err, moremath.ErrSamplesEqual):
		return &RankTest{U: float64(len(base)*len(fresh)) / 2, P: 1, Exact: true}
	case err != nil: // too few
		return nil
	}
	limit := moremath.MannWhitneyExactLimit
	all := slices.Sorted(slices.Values(slices.Concat(base, fresh)))
	if len(slices.Compact(all)) < u.N1+u.N2 {
		limit = moremath.MannWhitneyTiesExactLimit
	}
	return &RankTest{U: u.U, P: min(u.P, 1), Exact: max(u.N1, u.N2) <= limit}
}

// A sample is one side of an unpaired comparison, in logarithms and in order.
type sample struct {
	logs    []float64
	median  float64
	missing int
	floored int
}

func (m Metric) sample(values []float64) *sample {
	s := &sample{median: math.NaN()}
	for _, x := range values {
		l := m.log(x)
		if math.IsNaN(l) {
			s.missing++
			continue
		}
		if x < m.Floor {
			s.floored++
		}
		s.logs = append(s.logs, l)
	}
	slices.Sort(s.logs)
	if median, err := stats.Median(s.logs); err == nil {
		s.median = median
	}
	return s
}

// apart encloses the logarithm of the ratio of two medians. Each median has its
// interval by the order statistics, with half of the error, and the ends that are
// furthest apart are taken: an end can miss only where one of the two did. So
// this holds for any two distributions, however unlike, and is wider than it
// would need to be for most. Two narrower intervals were tried and left:
//
//   - Hodges-Lehmann, the Mann-Whitney test turned round, encloses the ratio of
//     the medians only for two distributions of one shape. With 40 values each,
//     where one side had learned to stall, its 95% were 88%; against two peaks,
//     46%. A new program on another day is not of one shape with the old.
//   - Adding the distances from the medians as squares (the method of variance
//     estimates recovery, for medians Price and Bonett 2002) is two thirds as
//     wide, and mostly holds; with 12 values of two peaks against normal ones an
//     end with 2.5% was missed in 4.6%.
//
// The width is the price of not having paired, and the reason to pair.
func apart(base, fresh *sample, tail float64) span {
	b, f := base.span(tail/2), fresh.span(tail/2)
	return span{f.low - b.high, f.high - b.low}
}

func (s *sample) span(tail float64) span {
	k, _ := signtest.Rank(len(s.logs), tail)
	return spanOf(s.logs, k)
}

// minimumEffectApart is the smallest slowdown that two samples call a REGRESSION
// with the given power: the lower bound must be above 1, and the ratio of the
// medians must reach the tolerance.
func minimumEffectApart(base, fresh *sample, tail, tolerance, power float64) *float64 {
	var gap, variance float64 // the bound's distance from the ratio, and the ratio's variance
	for _, s := range []*sample{base, fresh} {
		n := float64(len(s.logs))
		k, _ := signtest.Rank(len(s.logs), tail/2)
		if k == 0 {
			return nil
		}
		sd := scaleOf(s.logs)
		// where the k-th of n normal values lies on average (Blom 1958)
		gap -= sd * quantile((float64(k)-0.375)/(n+0.25))
		variance += math.Pi / 2 * sd * sd / n
	}
	slack := quantile(power) * math.Sqrt(variance)
	return finite(math.Expm1(max(gap, math.Log1p(tolerance)) + slack))
}

// JudgeUnpaired compares samples that share no rounds, as those of two run files: one
// look, and wider bounds. Base and New of a comparison need not be of one length; a NaN
// is a trial without a value. Controls are anchors: where one differs from itself, the
// machine has changed, and of what is measured against an anchor nothing is said.
func (r Rules) JudgeUnpaired(s Suite) (*Judgement, error) {
	if len(s.Rows) == 0 {
		return nil, errors.New("judge unpaired samples: there is no comparison, and passing that would mean nothing")
	}
	out := &Judgement{Ruling: Ruling{Refused: s.Refused, Final: true, Reasons: []Reason{Unpaired}}}
	if len(s.Refused) > 0 {
		out.Reasons = append(out.Reasons, Incomparable)
	}
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("judge unpaired samples: %w", err)
	}
	moved := false
	for _, c := range s.Controls {
		answer := r.judgeRuns(c, r.controlLevel(len(s.Controls)), decideControl)
		moved = moved || answer.Verdict == Invalid
		out.Controls = append(out.Controls, answer)
	}
	for _, c := range s.Rows {
		if err := c.Metric.check(c.Name); err != nil {
			return nil, fmt.Errorf("judge unpaired samples: %w", err)
		}
		var row Answer
		if l := r.rowLevel(len(s.Rows)); c.Runs {
			row = r.judgeRuns(c, l, decide)
		} else {
			row = r.judgeUnpaired(c, l)
		}
		switch {
		case len(s.Refused) > 0:
			row.Verdict = Invalid
		case moved && c.Anchored:
			row.Verdict, row.Reasons = Inconclusive, append(row.Reasons, AnchorMoved)
		}
		out.Rows = append(out.Rows, row)
	}
	out.Outcome = outcomeOf(out.Rows)
	return out, nil
}

func (r Rules) judgeUnpaired(c Comparison, l level) Answer {
	base, fresh := c.Metric.sample(c.Base), c.Metric.sample(c.New)
	row := Answer{
		Name: c.Name, Metric: c.Metric, Reasons: []Reason{Unpaired},
		BaseValues: len(base.logs), NewValues: len(fresh.logs),
		Missing: base.missing + fresh.missing, Floored: base.floored + fresh.floored,
		NeedPairs: signtest.MinN(min(l.fail, l.pass) / 2),
		Test:      rankTest(base.logs, fresh.logs),
		sd:        math.NaN(), power: r.Power,
	}
	fail, pass := apart(base, fresh, l.fail), apart(base, fresh, l.pass)
	row.Fail, row.Pass = fail.bounds(l.fail), pass.bounds(l.pass)
	if !c.FewRuns { // or no slowdown at all would have been called one
		row.apart = minimumEffectApart(base, fresh, l.fail, c.Metric.Tolerance, r.Power)
	}
	if row.Test != nil {
		row.Ratio = finite(math.Exp(fresh.median - base.median))
	}
	if share(base.missing, len(c.Base)) > r.MaxMissing || share(fresh.missing, len(c.New)) > r.MaxMissing {
		row.Reasons = append(row.Reasons, TooManyMissing)
	}
	if c.FewRuns {
		row.Reasons = append(row.Reasons, FewRuns)
	}
	if !row.withheld() {
		row.Verdict = decide(fresh.median-base.median, fail, pass, c.Metric.Tolerance)
	}
	if row.Verdict == Inconclusive && row.Fail == nil {
		row.Reasons = append(row.Reasons, TooFew)
	}
	return row
}

func share(part, all int) float64 {
	if all == 0 {
		return 0
	}
	return float64(part) / float64(all)
}
