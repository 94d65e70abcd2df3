package analysis

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"mmapbench/analysis/verdict"
	"mmapbench/internal/host"
	"mmapbench/results"
)

// A Side is what is compared with another of its kind: runs of the same program.
type Side struct {
	Folder string   // where the files are, if the folder was named instead of them
	Names  []string // of the files
	Runs   []*Summary
}

// String names the side: by its file or folder, or by the first and the last of its files.
func (s *Side) String() string {
	switch n := len(s.Names); {
	case n == 1:
		return s.Names[0]
	case s.Folder != "":
		return fmt.Sprintf("%s (%d runs)", s.Folder, n)
	default:
		return fmt.Sprintf("%s to %s (%d runs)", s.Names[0], s.Names[n-1], n)
	}
}

// A FileQuestion says how runs of two sides are compared.
type FileQuestion struct {
	Questions
	Across bool   // of two machines all the same
	Anchor Anchor // "": none
	// Past are earlier runs of the base's plan. They are added to the base where they
	// suffice to tell how much runs differ.
	Past []*Summary
}

// Files compares two sides of one run or more, arm by arm and unpaired: their rounds were
// not the same hours. Runs of two machines are refused, unless that is the question. How
// much runs differ is not known from one a side, and then no time is judged.
func Files(base, fresh *Side, q FileQuestion) (*Compared, error) {
	c := &Compared{Base: base.String(), New: fresh.String(), Unpaired: true, Anchor: q.Anchor, Rules: q.Rules,
		Metrics: q.Metrics}
	if err := sameTwice(base, fresh); err != nil {
		return nil, err
	}
	past := olderThan(base, fresh, q.Past)
	if verdict.EnoughRuns(len(base.Runs), len(fresh.Runs)) ||
		!verdict.EnoughRuns(len(base.Runs)+len(past), len(fresh.Runs)) {
		past = nil
	}
	c.Past, c.BaseRuns, c.NewRuns = len(past), len(base.Runs), len(fresh.Runs)
	all := slices.Concat(base.Runs, past, fresh.Runs)
	var refused []string
	var arms []results.Arm
	for _, s := range all {
		for _, d := range differences(&all[0].Header, &s.Header) {
			if !slices.Contains(refused, d) {
				refused = append(refused, d)
			}
		}
		arms = append(arms, s.Header.Plan.Arms...)
		c.Seen = append(c.Seen, s.Groups...)
	}
	if q.Across {
		c.Across, refused = refused, nil
	}
	if q.Anchor != "" {
		if err := q.Anchor.Check(arms); err != nil {
			return nil, fmt.Errorf("--anchor: %w", err)
		}
	}
	c.askFiles(gather(slices.Concat(base.Runs, past), all), gather(fresh.Runs, all))
	if len(c.Rows) == 0 && q.Anchor != "" {
		return nil, errors.New("there is nothing to compare: beside the anchor the files have no arm in common")
	}
	return c.judge(true, refused)
}

// sameTwice refuses a run that is given twice: it would pass for two that do not differ.
func sameTwice(sides ...*Side) error {
	var names []string
	var runs []*Summary
	for _, side := range sides {
		for i, s := range side.Runs {
			if k := slices.IndexFunc(runs, s.same); k >= 0 {
				return fmt.Errorf("%s and %s are the same run, which tells nothing of how much runs differ: "+
					"give other runs", names[k], side.Names[i])
			}
			names, runs = append(names, side.Names[i]), append(runs, s)
		}
	}
	return nil
}

// same reports whether two files hold the same run.
func (s *Summary) same(o *Summary) bool { return s.Is(&o.Header) }

// Is reports whether a header is that of the same run, in this file or in a copy.
func (s *Summary) Is(h *results.Header) bool {
	return s.Header.Started.Equal(h.Started) && s.Header.Plan.Seed == h.Plan.Seed && s.Header.Plan.Name == h.Plan.Name
}

// olderThan are the runs of the past that are no later than the base, of its machine and
// measured as it was, each once, and none of those that are compared.
func olderThan(base, fresh *Side, past []*Summary) (out []*Summary) {
	first := base.Runs[0]
	for _, s := range past {
		known := slices.ContainsFunc(slices.Concat(base.Runs, fresh.Runs, out), s.same)
		if !known && !s.Header.Started.After(first.Header.Started) && s.Header.Plan.Gate == nil &&
			len(differences(&first.Header, &s.Header)) == 0 {
			out = append(out, s)
		}
	}
	return out
}

// differences lists why two runs are not of the same machine and the same work.
func differences(a, b *results.Header) []string {
	return append(host.Differences(a.Host, b.Host), planDifferences(&a.Plan, &b.Plan)...)
}

// A gathered side is the arms of its runs: for each work its row in every run that has it.
type gathered struct {
	order []results.Arm // with the number of the arm in the first run that has it
	rows  map[results.Arm][]armRow
}

// An armRow is an arm in one run.
type armRow struct {
	*Row
	of []Row // all of the run
}

func gather(runs, all []*Summary) gathered {
	g := gathered{rows: map[results.Arm][]armRow{}}
	beside := make([]*results.Run, len(all))
	for i, s := range all {
		beside[i] = s.run
	}
	for _, s := range runs {
		rows := rowsOf(s.run, slices.Clip(beside)...)
		for i := range rows {
			key := workOf(rows[i].Arm)
			if g.rows[key] == nil {
				g.order = append(g.order, rows[i].Arm)
			}
			g.rows[key] = append(g.rows[key], armRow{&rows[i], rows})
		}
	}
	return g
}

// askFiles makes a comparison of every arm that both sides have.
func (c *Compared) askFiles(base, fresh gathered) {
	for _, arm := range fresh.order {
		key := workOf(arm)
		b, f := base.rows[key], fresh.rows[key]
		if b == nil {
			c.Alone = append(c.Alone, armName(arm)+" (new)")
			continue
		}
		for _, m := range c.Metrics {
			x := c.askRuns(arm, b, f, m)
			switch {
			case !c.Anchor.Is(arm):
				c.Rows = append(c.Rows, x)
			case m.isTime() && x.question.Runs:
				c.Controls = append(c.Controls, x)
			}
		}
	}
	for _, arm := range base.order {
		if fresh.rows[workOf(arm)] == nil {
			c.Alone = append(c.Alone, armName(arm)+" (base)")
		}
	}
}

// isTime reports whether a metric is one that differs from run to run by more than it does
// within a run. What a process counts does not.
func (m Metric) isTime() bool { return m.Unit == "s" }

// askRuns returns a comparison of an arm in the runs of both sides, without its answer.
// Where there are runs enough a value is that of a run; else it is one of a trial, and
// times decide nothing unless they are ratios to an anchor.
func (c *Compared) askRuns(arm results.Arm, base, fresh []armRow, m Metric) Comparison {
	x := Comparison{Arm: arm, Base: c.Base, New: c.New, Unit: m.Unit, by: m,
		question: verdict.Comparison{Metric: m.Metric}}
	for _, s := range [][]armRow{base, fresh} {
		for _, r := range s {
			x.arms = append(x.arms, r.Row)
		}
	}
	q := &x.question
	without := func(r armRow) bool { return c.Anchor.Of(r.of, arm) == nil }
	q.Anchored = m.isTime() && !slices.ContainsFunc(slices.Concat(base, fresh), without)
	values := func(r armRow) []float64 {
		if !q.Anchored {
			return m.values(r.Row, 0)
		}
		logs := m.Logs(r.Row, c.Anchor.Of(r.of, arm))
		for i := range logs {
			logs[i] = math.Exp(logs[i])
		}
		return logs
	}
	var baseRuns, newRuns []float64 // the median of each
	for _, side := range []struct {
		rows   []armRow
		trials *[]float64
		runs   *[]float64
		median **float64
	}{{base, &q.Base, &baseRuns, &x.BaseMedian}, {fresh, &q.New, &newRuns, &x.NewMedian}} {
		var plain []float64
		for _, r := range side.rows {
			v := values(r)
			*side.trials = append(*side.trials, v...)
			if e := medianOf(v); e != nil {
				*side.runs = append(*side.runs, *e)
				if q.Anchored {
					e = medianOf(m.values(r.Row, 0))
				}
				plain = append(plain, *e)
			}
		}
		*side.median = middleOf(plain)
	}
	q.Runs = verdict.EnoughRuns(len(baseRuns), len(newRuns))
	q.FewRuns = !q.Runs && m.isTime() && !q.Anchored
	if q.Runs {
		q.Base, q.New = baseRuns, newRuns
	}
	return x
}

// middleOf is the geometric mean, of which the ratio is the one that is judged, or the
// median where a value is 0.
func middleOf(values []float64) *float64 {
	if len(values) < 2 || slices.Min(values) <= 0 {
		return medianOf(values)
	}
	var sum float64
	for _, v := range values {
		sum += math.Log(v)
	}
	mean := math.Exp(sum / float64(len(values)))
	return &mean
}

// workOf is what two arms of different files must share. The number of accesses
// is compared too: it may have been chosen by the device's speed.
func workOf(a results.Arm) results.Arm {
	a.ID = 0
	return a
}

// planDifferences lists what makes two plans' trials different work.
func planDifferences(a, b *results.Plan) (diffs []string) {
	say := func(name string, a, b any) {
		if a != b {
			diffs = append(diffs, fmt.Sprintf("%s: %v in one, %v in the other", name, a, b))
		}
	}
	say("seed of the data", a.DataSeed, b.DataSeed)
	say("output of commands", outputOf(a), outputOf(b))
	say("trace", traceOf(a), traceOf(b))
	x, y := a.Timing(), b.Timing()
	for _, o := range results.Options {
		say(o.Key, o.Value(&x), o.Value(&y))
	}
	return diffs
}
