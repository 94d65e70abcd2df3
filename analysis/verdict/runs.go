package verdict

import (
	"math"

	moremath "github.com/aclements/go-moremath/stats"
	"github.com/montanaflynn/stats"
)

// Runs differ from each other by more than the scatter within one of them tells: memory
// lies elsewhere, a neighbor came or went. Of 25 identical runs in 41 minutes two were
// called a REGRESSION in 14% of the pairs. So times of two sides are compared by one value
// of each run, and what runs differ by is taken from the runs themselves. That they
// scatter normally is assumed here: so few of them show no shape.

// What it takes to know how much runs differ from each other: a few runs of both sides,
// or many of the base.
const (
	RunsOfBoth = 3
	RunsOfBase = 8
)

// EnoughRuns reports whether so many runs of either side tell how much runs differ.
func EnoughRuns(base, fresh int) bool {
	return base >= RunsOfBoth && fresh >= RunsOfBoth || base >= RunsOfBase && fresh >= 1
}

// A between is the difference of two sides of runs, in the logarithm.
type between struct {
	difference float64
	deviation  float64 // standard error of the difference; NaN where it is not known
	freedom    float64 // degrees of freedom of the error
}

// between compares the means of both sides. The scatter is that of both together, or of
// the base alone where the new side has too few runs to add to it.
func (s *sample) between(fresh *sample) between {
	squares := func(s *sample) (mean, sum, n float64) {
		mean, err := stats.Mean(s.logs)
		if err != nil { // no values
			return math.NaN(), 0, 0
		}
		for _, x := range s.logs {
			sum += (x - mean) * (x - mean)
		}
		return mean, sum, float64(len(s.logs))
	}
	m0, sum, n0 := squares(s)
	m1, more, n1 := squares(fresh)
	b := between{m1 - m0, math.NaN(), n0 - 1}
	if !EnoughRuns(int(n0), int(n1)) {
		return b
	}
	if n1 >= RunsOfBoth {
		sum, b.freedom = sum+more, n0+n1-2
	}
	b.deviation = math.Sqrt(sum / b.freedom * (1/n0 + 1/n1))
	return b
}

func (b between) span(tail float64) span {
	if math.IsNaN(b.deviation) {
		return span{math.Inf(-1), math.Inf(1)}
	}
	half := b.deviation * moremath.InvCDF(moremath.TDist{V: b.freedom})(1-tail)
	return span{b.difference - half, b.difference + half}
}

// minimumEffect is the smallest slowdown that so many runs call a REGRESSION with the
// given power.
func (b between) minimumEffect(tail, tolerance, power float64) *float64 {
	gap := b.span(tail).high - b.difference
	return finite(math.Expm1(max(gap, math.Log1p(tolerance)) + quantile(power)*b.deviation))
}

// A decider is decide or decideControl.
type decider func(median float64, fail, pass span, tolerance float64) Verdict

// judgeRuns answers a comparison whose values are one of each run.
func (r Rules) judgeRuns(c Comparison, l level, decide decider) Answer {
	base, fresh := c.Metric.sample(c.Base), c.Metric.sample(c.New)
	b := base.between(fresh)
	row := Answer{
		Name: c.Name, Metric: c.Metric, Reasons: []Reason{Unpaired}, BaseRuns: len(base.logs), NewRuns: len(fresh.logs),
		Missing: base.missing + fresh.missing, Floored: base.floored + fresh.floored,
		sd: math.NaN(), power: r.Power,
	}
	row.Ratio = finite(math.Exp(b.difference))
	fail, pass := b.span(l.fail), b.span(l.pass)
	row.Fail, row.Pass = fail.bounds(l.fail), pass.bounds(l.pass)
	row.apart = b.minimumEffect(l.fail, c.Metric.Tolerance, r.Power)
	if math.IsNaN(b.deviation) {
		row.Reasons = append(row.Reasons, FewRuns)
		return row
	}
	row.Verdict = decide(b.difference, fail, pass, c.Metric.Tolerance)
	return row
}
