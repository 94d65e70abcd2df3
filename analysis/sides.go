package analysis

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"mmapbench/analysis/verdict"
	"mmapbench/internal/spelling"
	"mmapbench/results"
)

// Compared is a judgement with what a reader needs to understand it.
type Compared struct {
	By       string `json:"by,omitempty"`  // the factor that differs; "" for files
	Base     string `json:"base"`          // its level on the one side, or a file
	New      string `json:"new,omitempty"` // the other side; "" where there are several levels
	Unpaired bool   `json:"unpaired"`      // the sides share no rounds
	Asked    bool   `json:"-"`             // it is a question: nothing is judged
	Anchor   Anchor `json:"anchor,omitempty"`
	// Past is how many runs of a history were added to the base's own.
	Past int `json:"history_runs,omitempty"`
	// BaseRuns and NewRuns are how many files the sides have; 0 within a file.
	BaseRuns int           `json:"base_runs,omitempty"`
	NewRuns  int           `json:"new_runs,omitempty"`
	ByRuns   bool          `json:"-"` // a comparison was judged by how much runs differ
	Rules    verdict.Rules `json:"rules"`
	Metrics  []Metric      `json:"-"` // the order is that in which they were asked for
	verdict.Ruling
	// Across lists differences of the machines that were let pass.
	Across []string `json:"across,omitempty"`
	// Alone lists arms that have no counterpart.
	Alone []string `json:"alone,omitempty"`
	// Causes count the rounds that were disturbed from outside and left out of a
	// comparison, and the comparisons that a round was left out of.
	Causes   []Cause      `json:"disturbed,omitempty"`
	Rows     []Comparison `json:"rows"`
	Controls []Comparison `json:"controls,omitempty"` // the base, or an anchor, against itself
	// Seen are the trials that were compared: how well their state is proven, and
	// what was noted beside them.
	Seen []Group `json:"-"`

	rounds disturbances // what disturbed the run; empty for two files
}

// A Comparison is one question with its two sides and its answer.
type Comparison struct {
	verdict.Answer
	Arm  results.Arm `json:"-"`    // what both sides share; the factor that differs is empty
	Base string      `json:"base"` // the level of the side
	New  string      `json:"new"`
	Unit string      `json:"unit"` // the unit of the medians: "s", "faults", "bytes"
	// Medians of each side by itself, per lap, of several runs their geometric mean; nil
	// without a value.
	BaseMedian *float64 `json:"base_median"`
	NewMedian  *float64 `json:"new_median"`
	// Lost counts the trials without a value, of either side, by what became of
	// them.
	Lost    []Count `json:"missing_reasons,omitempty"`
	Control bool    `json:"-"` // the base is compared with itself

	question verdict.Comparison
	arms     []*Row // of both sides
	by       Metric
}

// Questions are what to compare by, and how strictly.
type Questions struct {
	Metrics []Metric
	Rules   verdict.Rules
}

// side is one level's values of one key, by round.
type side struct {
	level string
	row   Row
}

// By compares the levels of a factor within a run, paired by round. The level
// base, or if it is "" the first of the plan, is what the others are compared
// with.
func By(summary *Summary, factor, base string, q Questions) (*Compared, error) {
	f, err := results.FactorOf(factor)
	if err != nil {
		return nil, err
	}
	run := summary.run
	rows := rowsOf(run)
	c := &Compared{By: factor, Asked: true, Rules: q.Rules, Metrics: q.Metrics}
	var keys []results.Arm
	sides := map[results.Arm][]side{}
	var levels []string
	for _, r := range rows {
		key, l := r.Arm.Without(f), f.Text(&r.Arm)
		if f.Label(&r.Arm) == base {
			base = l // the spelling that the flags have
		}
		if _, ok := sides[key]; !ok {
			keys = append(keys, key)
		}
		sides[key] = append(sides[key], side{l, r})
		if !slices.Contains(levels, l) {
			levels = append(levels, l)
		}
	}
	if base == "" {
		base = levels[0]
	}
	if !slices.Contains(levels, base) {
		return nil, spelling.Unknown("level of "+factor, base, levels)
	}
	if len(levels) < 2 {
		return nil, fmt.Errorf("there is nothing to compare: the run has one %s, %s", factor, levels[0])
	}
	c.Base = base
	if len(levels) == 2 {
		c.New = levels[1-slices.Index(levels, base)]
	}
	c.rounds = disturbancesOf(run)
	for _, key := range keys {
		c.pair(key, sides[key])
	}
	c.Seen = summary.Groups
	return c.judge(true, nil)
}

// pair asks the questions of one key.
func (c *Compared) pair(key results.Arm, sides []side) {
	i := slices.IndexFunc(sides, func(x side) bool { return x.level == c.Base })
	if i < 0 || len(sides) == 1 {
		for _, x := range sides {
			c.Alone = append(c.Alone, armName(key)+" "+x.level)
		}
		return
	}
	for k := range sides {
		if k == i {
			continue
		}
		for _, m := range c.Metrics {
			c.Rows = append(c.Rows, c.ask(key, &sides[i], &sides[k], m))
		}
	}
}

// ask returns a comparison without its answer. The two samples are paired by round
// where the sides share their rounds.
func (c *Compared) ask(key results.Arm, base, fresh *side, m Metric) Comparison {
	b, f := m.values(&base.row, c.rounds.n), m.values(&fresh.row, c.rounds.n)
	return Comparison{Arm: key, Base: base.level, New: fresh.level, Unit: m.Unit,
		BaseMedian: medianOf(b), NewMedian: medianOf(f), arms: []*Row{&base.row, &fresh.row}, by: m,
		question: verdict.Comparison{Metric: m.Metric, Base: b, New: f,
			Contaminated: c.contaminated(m, base, fresh)}}
}

// values are those of a row by round, NaN where there is none; all of them one
// after the other if rounds is 0.
func (m Metric) values(r *Row, rounds int) []float64 {
	if rounds == 0 {
		return r.values(func(t *results.Trial) float64 { return m.of(r, t) })
	}
	out := make([]float64, rounds)
	for i := range out {
		out[i] = math.NaN()
	}
	for _, t := range r.trials {
		out[t.Round] = m.of(r, t)
	}
	return out
}

func medianOf(values []float64) *float64 {
	known := slices.DeleteFunc(slices.Clone(values), func(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) })
	e := MedianInterval(known, Confidence)
	if e == nil {
		return nil
	}
	return &e.Median
}

// judge asks the questions and gives each comparison its answer. ended says that no
// more rounds will come, refused why the sides cannot be compared at all.
func (c *Compared) judge(ended bool, refused []string) (*Compared, error) {
	if len(c.Rows) == 0 {
		return nil, errors.New("there is nothing to compare: no two arms differ in this alone")
	}
	c.name()
	s := verdict.Suite{Rows: questionsOf(c.Rows), Controls: questionsOf(c.Controls), Ended: ended, Refused: refused}
	judge := c.Rules.Judge
	switch {
	case c.Unpaired:
		judge = c.Rules.JudgeUnpaired
	case c.Asked:
		judge = func(s verdict.Suite) (*verdict.Judgement, error) { return c.Rules.Ask(s.Rows) }
	}
	j, err := judge(s)
	if err != nil {
		return nil, err
	}
	c.Ruling = j.Ruling
	for i := range c.Rows {
		c.Rows[i].Answer = j.Rows[i]
		c.ByRuns = c.ByRuns || j.Rows[i].BaseRuns > 0
		c.Rows[i].Lost = c.Rows[i].lost(c.rounds.n > 0)
	}
	for i := range c.Controls {
		c.Controls[i].Answer = j.Controls[i]
		c.Controls[i].Control = true
	}
	c.Causes = c.rounds.causes(len(c.Rows) + len(c.Controls))
	return c, nil
}

func questionsOf(comparisons []Comparison) []verdict.Comparison {
	questions := make([]verdict.Comparison, len(comparisons))
	for i := range comparisons {
		questions[i] = comparisons[i].question
	}
	return questions
}

// name names the comparisons: by their target only where there are several, and by
// their new side only where that differs.
func (c *Compared) name() {
	elsewhere := func(r Comparison) bool { return r.Arm.Target != c.Rows[0].Arm.Target }
	several := slices.ContainsFunc(c.Rows, elsewhere)
	for _, rows := range [][]Comparison{c.Rows, c.Controls} {
		for i := range rows {
			r := &rows[i]
			a := r.Arm
			if !several {
				a.Target = ""
			}
			r.question.Name = armName(a)
			if c.New == "" {
				r.question.Name = strings.TrimSpace(r.question.Name + " " + r.New)
			}
		}
	}
}

// rowsOf summarizes the run's arms, in the order of the plan. beside are the runs that
// they are compared with.
func rowsOf(run *results.Run, beside ...*results.Run) []Row {
	means := meansOnly(append(beside, run)...)
	trials := make(map[int][]*results.Trial)
	for i := range run.Trials {
		t := &run.Trials[i]
		trials[t.Arm] = append(trials[t.Arm], t)
	}
	out := make([]Row, 0, len(run.Header.Plan.Arms))
	for _, arm := range run.Header.Plan.Arms {
		r := Row{Arm: arm, means: means}
		r.all = trials[arm.ID]
		for _, t := range r.all {
			if t.Usable() && t.Total() > 0 {
				r.trials = append(r.trials, t)
			}
		}
		out = append(out, r)
	}
	return out
}

// roundsOf is how many rounds were begun.
func roundsOf(run *results.Run) (n int) {
	for i := range run.Trials {
		n = max(n, run.Trials[i].Round+1)
	}
	return n
}

// armName names an arm by what it is: the levels that every arm has, and then those
// that are not the default. The size and the number of accesses are left out.
func armName(a results.Arm) string {
	var always, seldom []string
	for _, f := range results.Factors {
		label := f.Label(&a)
		switch rare := f.Usage == "" || !f.IsNumber() && len(f.Default) == 1; {
		case label == "", f.Key == "target", f.Key == "size", f.Key == "ops":
		case !rare:
			always = append(always, label)
		case !slices.Contains(f.Default, label):
			seldom = append(seldom, label)
		}
	}
	if a.Target != "" {
		seldom = append(seldom, "on "+a.Target)
	}
	return strings.Join(append(always, seldom...), " ")
}

// outputOf names where a plan's commands write to.
func outputOf(p *results.Plan) string {
	if len(p.Commands) == 0 {
		return ""
	}
	return cmp.Or(p.Commands[0].Way.Output, "as in an older version")
}
