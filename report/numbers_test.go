package report

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mmapbench/analysis"
	"mmapbench/report/document"
	"mmapbench/report/words"
	"mmapbench/results"
)

// Every figure of the summary is computed once more here, straight from the
// trials and by other means: so none can be made up, mixed up between rows, or
// left over from another run.
func TestFiguresComeFromTheRun(t *testing.T) {
	for name, build := range runs {
		run := build()
		s := readJSON(t, run)
		plain := tables(t, run, shown{})
		rows := 0
		for _, g := range s.Groups {
			base := secondsByRound(run, g.Rows[0].ID)
			for _, r := range g.Rows {
				rows++
				c := checker{t: t, what: name + " " + g.Factors.Workload + " " + r.Backend}
				times := secondsByRound(run, r.ID)
				c.estimate("time", r.Total, values(times), false)
				c.estimate("rate", r.Rate, mapped(values(times), func(s float64) float64 {
					return float64(r.Bytes) / s
				}), true)
				c.estimate("per op", r.PerOp, mapped(values(times), func(s float64) float64 {
					return s * 1e9 / float64(r.Ops)
				}), false)
				if r.ID != g.Rows[0].ID {
					var speeds []float64
					for round, b := range base {
						if own, ok := times[round]; ok {
							speeds = append(speeds, b/own)
						}
					}
					c.estimate("speed", r.Speed, speeds, true)
				}
				if r.Total == nil {
					continue
				}
				for _, cell := range []string{words.Duration(r.Total.Median),
					words.Significant3(r.Rate.Median / words.MiB)} {
					if !hasLine(plain, r.Backend, cell) {
						c.t.Errorf("%s: no line of the table has %q", c.what, cell)
					}
				}
			}
		}
		if rows != len(run.Header.Plan.Arms) {
			t.Errorf("%s: %d rows for %d arms", name, rows, len(run.Header.Plan.Arms))
		}
	}
}

// Twice the time is twice the time everywhere, and no comparison changes.
func TestScaledRun(t *testing.T) {
	before, after := runs["full"](), runs["full"]()
	for i := range after.Trials {
		for _, p := range after.Trials[i].Phases() {
			if p.Phase != nil {
				p.Wall, p.User, p.System = 2*p.Wall, 2*p.User, 2*p.System
			}
		}
	}
	a, b := readJSON(t, before), readJSON(t, after)
	for i, g := range a.Groups {
		for j, r := range g.Rows {
			twice := b.Groups[i].Rows[j]
			c := checker{t: t, what: g.Factors.Workload + " " + r.Backend}
			c.near("time", twice.Total.Median, 2*r.Total.Median)
			c.near("rate", twice.Rate.Median, r.Rate.Median/2)
			c.near("speed", twice.Speed.Median, r.Speed.Median)
		}
	}
	said := func(run *results.Run) []document.Block { return answerOf(analysis.Summarize(run))[:1] }
	if diff := cmp.Diff(said(before), said(after)); diff != "" {
		t.Errorf("the answer changed:\n%s", diff)
	}
}

func secondsByRound(run *results.Run, arm int) map[int]float64 {
	out := map[int]float64{}
	for _, t := range run.Trials {
		if t.Arm != arm || t.Error != nil || t.Excluded != "" {
			continue
		}
		var ns int64
		for _, p := range []*results.Phase{t.Setup, t.Body, t.Sync, t.Teardown} {
			if p != nil {
				ns += int64(p.Wall)
			}
		}
		laps := float64(t.Laps)
		if t.Ops > 0 {
			laps = float64(t.Ops) / float64(run.Header.Plan.Arms[arm].Ops)
		}
		out[t.Round] = float64(ns) / laps / 1e9
	}
	return out
}

func values(m map[int]float64) []float64 {
	var out []float64
	for _, v := range m {
		out = append(out, v)
	}
	return out
}

func mapped(xs []float64, f func(float64) float64) []float64 {
	var out []float64
	for _, x := range xs {
		out = append(out, f(x))
	}
	return out
}

// hasLine reports whether a line names the backend and has the cell.
func hasLine(text, backend, cell string) bool {
	for l := range strings.Lines(text) {
		fields := strings.Fields(l)
		if slices.Contains(fields, backend) && strings.Contains(l, " "+cell+" ") {
			return true
		}
	}
	return false
}

type checker struct {
	t    *testing.T
	what string
}

func (c checker) near(what string, got, want float64) {
	c.t.Helper()
	if math.Abs(got-want) > 1e-6*math.Abs(want) {
		c.t.Errorf("%s: %s is %v, want %v", c.what, what, got, want)
	}
}

// estimate compares with the median and the order statistics of xs. The ranks
// are those of the published table for the sizes that the runs have. geometric
// says that of two middle values the program does not take the arithmetic
// mean: a rate's median is that of the time, a speed's that of its logarithm.
func (c checker) estimate(what string, e *analysis.Estimate, xs []float64, geometric bool) {
	c.t.Helper()
	if len(xs) == 0 {
		if e != nil {
			c.t.Errorf("%s: %s is %+v without any trial", c.what, what, *e)
		}
		return
	}
	slices.Sort(xs)
	n := len(xs)
	if e.N != n {
		c.t.Errorf("%s: %s has n %d, want %d", c.what, what, e.N, n)
		return
	}
	middle := (xs[(n-1)/2] + xs[n/2]) / 2
	switch {
	case geometric && n%2 == 0:
		if e.Median < xs[n/2-1] || e.Median > xs[n/2] {
			c.t.Errorf("%s: %s has median %v, want it between %v and %v", c.what, what, e.Median, xs[n/2-1], xs[n/2])
		}
	default:
		c.near(what+", median", e.Median, middle)
	}
	k := map[int]int{6: 1, 7: 1, 8: 1, 9: 2, 12: 3}[n]
	if k == 0 {
		if e.Interval != nil {
			c.t.Errorf("%s: %s has an interval from %d values", c.what, what, n)
		}
		return
	}
	// Between one rank and the next, as far as Hettmansperger and Sheather's formula
	// says, worked out by hand: for 9 values I = 0.07778, for 12 values 0.1063.
	part := map[int]float64{9: 0.22791, 12: 0.26304}[n]
	for _, end := range []struct {
		name            string
		got, from, next float64
	}{
		{what + ", low", e.Interval.Low, xs[k-1], xs[k]},
		{what + ", high", e.Interval.High, xs[n-k], xs[n-k-1]},
	} {
		want := end.from + part*(end.next-end.from)
		slack := 1e-4 * math.Abs(end.next-end.from) // the digits of part
		if geometric {
			slack += 0.1 * math.Abs(end.next-end.from)
		}
		if math.Abs(end.got-want) > slack+1e-6*math.Abs(want) {
			c.t.Errorf("%s: %s is %v, want %v", c.what, end.name, end.got, want)
		}
	}
}
