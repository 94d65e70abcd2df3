package analysis

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"mmapbench/analysis/verdict"
	"mmapbench/results"
)

// Gate judges a run whose plan compares two sides, by the metrics and at the
// looks that were fixed in it. ended says that no more rounds will come.
func Gate(summary *Summary, ended bool) (*Compared, error) {
	run := summary.run
	g := run.Header.Plan.Gate
	if g == nil {
		return nil, errors.New("the run was not made by a gate: its arms are not sides of the same work; " +
			"compare them by a factor")
	}
	q := Questions{Rules: verdict.Defaults()}
	q.Rules.Looks = g.Looks
	for _, gm := range g.Metrics {
		m, err := ParseMetrics(gm.Name, gm.Tolerance)
		if err != nil {
			return nil, fmt.Errorf("metrics of the gate: %w", err)
		}
		q.Metrics = append(q.Metrics, m...)
	}
	c := &Compared{By: g.Factor, Base: g.Base, New: g.New, Rules: q.Rules, Metrics: q.Metrics}
	c.rounds = disturbancesOf(run)
	planned := run.Planned()
	keys, sides := sidesOf(run, g)
	for _, key := range keys {
		base, control, fresh := sides[key][results.SideBase], sides[key][results.SideControl],
			sides[key][results.SideNew]
		if base == nil || control == nil || fresh == nil {
			c.Alone = append(c.Alone, armName(key))
			continue
		}
		for _, m := range q.Metrics {
			row, again := c.ask(key, base, fresh, m), c.ask(key, base, control, m)
			row.question.Again = undisturbed(&again.question)
			row.question.Until = planned[fresh.row.Arm.ID]
			again.question.Until = planned[control.row.Arm.ID]
			c.Rows, c.Controls = append(c.Rows, row), append(c.Controls, again)
		}
	}
	c.Seen = summary.Groups
	return c.judge(ended, nil)
}

// undisturbed returns the new side of a comparison by round, NaN where it was disturbed.
func undisturbed(c *verdict.Comparison) []float64 {
	out := slices.Clone(c.New)
	for round, disturbed := range c.Contaminated {
		if disturbed {
			out[round] = math.NaN()
		}
	}
	return out
}

// sidesOf sorts the arms' rows by what they share, and within by side.
func sidesOf(run *results.Run, g *results.Gate) (keys []results.Arm, sides map[results.Arm]map[string]*side) {
	sides = map[results.Arm]map[string]*side{}
	for _, r := range rowsOf(run) {
		key, _ := g.Key(r.Arm)
		if sides[key] == nil {
			keys = append(keys, key)
			sides[key] = map[string]*side{}
		}
		sides[key][r.Arm.Side] = &side{r.Arm.Side, r}
	}
	return keys, sides
}
