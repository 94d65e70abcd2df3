package report

import (
	"fmt"
	"slices"

	"mmapbench/analysis"
	"mmapbench/report/document"
	"mmapbench/report/words"
	"mmapbench/results"
)

// A contest is the same work by the same backend on several targets.
type contest struct {
	arm    results.Arm     // the target is empty
	rows   []*analysis.Row // one for each target; nil: the target has no such arm
	speeds []*analysis.Estimate
}

// contests sets the targets of a run beside each other. Arms whose numbers of accesses
// or sizes differ did other work, and are not compared. One target gives none.
func contests(s *analysis.Summary) (targets []string, list []contest) {
	for _, t := range s.Header.Plan.Targets {
		targets = append(targets, t.Name)
	}
	if len(targets) < 2 || s.Header.Plan.Gate != nil { // the sides of a gate stand beside each other already
		return targets, nil
	}
	for i := range s.Groups {
		for k := range s.Groups[i].Rows {
			r := &s.Groups[i].Rows[k]
			arm := r.Without(words.Factor("target"))
			at := slices.IndexFunc(list, func(c contest) bool { return c.arm == arm })
			if at < 0 {
				at = len(list)
				list = append(list, contest{arm: arm, rows: make([]*analysis.Row, len(targets))})
			}
			list[at].rows[slices.Index(targets, r.Target)] = r
		}
	}
	list = slices.DeleteFunc(list, func(c contest) bool { return slices.Contains(c.rows, nil) })
	for i := range list {
		for _, r := range list[i].rows {
			list[i].speeds = append(list[i].speeds, analysis.Speed(r, list[i].rows[0]))
		}
	}
	return targets, list
}

// targetTable has a row for each piece of work, and the targets beside each other; nil
// where nothing was done alike on all of them.
func targetTable(s *analysis.Summary) *document.Table {
	targets, list := contests(s)
	if len(list) == 0 {
		return nil
	}
	var arms []results.Arm
	for _, c := range list {
		arms = append(arms, c.arm)
	}
	factors := slices.DeleteFunc(results.Differing(arms), func(f *results.Factor) bool {
		return f.Key == "ops" || f.Key == keyBackend // accesses follow from the record; the backend comes last
	})
	t := &document.Table{Name: "targets", Groups: []document.Group{{}},
		Caption: "The targets beside each other: the same work by the same backend, one lap of it."}
	for _, f := range append(factors, words.Factor(keyBackend)) {
		t.Columns = append(t.Columns, document.Column{Key: f.Key, Heading: f.Key, Left: !f.IsNumber()})
	}
	t.Fit = []document.Step{breakNames(30), breakNames(16)}
	for i, target := range targets {
		t.Columns = append(t.Columns, document.Column{Key: "time_" + target, Heading: "time\non " + target, Unit: "s"})
		if i > 0 {
			key := "speed_" + target
			t.Columns = append(t.Columns, document.Column{Key: key, Heading: "speed\nvs " + targets[0]})
			t.Fit = append(t.Fit, narrow(key))
		}
	}
	for _, c := range list {
		var row document.Row
		for _, f := range append(factors, words.Factor(keyBackend)) {
			row = append(row, document.Cell{Value: f.Value(&c.arm), Text: f.Text(&c.arm)})
		}
		for i, r := range c.rows {
			row = append(row, median(r.Total, 1, words.Duration))
			if i > 0 {
				cell := ratioCell(c.speeds[i])
				cell.Narrow = narrowed(cell.Text)
				row = append(row, cell)
			}
		}
		t.Groups[0].Rows = append(t.Groups[0].Rows, row)
	}
	t.Notes = document.Notes(fmt.Sprintf("Speed: how many times as fast as on %s, paired by round.", targets[0]))
	return t
}

// targetSentences say of each target but the first how often it was faster and slower.
func targetSentences(s *analysis.Summary) (blocks []document.Block) {
	targets, list := contests(s)
	for i := 1; i < len(targets) && len(list) > 0; i++ {
		faster, slower := 0, 0
		var speeds []float64
		for _, c := range list {
			e := c.speeds[i]
			if e == nil || e.Interval == nil {
				continue
			}
			speeds = append(speeds, e.Median)
			switch {
			case e.Interval.Low > 1:
				faster++
			case e.Interval.High < 1:
				slower++
			}
		}
		text := fmt.Sprintf("On %s instead of %s: too few rounds to compare", targets[i], targets[0])
		if len(speeds) > 0 {
			text = fmt.Sprintf("On %s instead of %s, the same backend was faster in %d of %d comparisons and slower "+
				"in %d: %s to %s times as fast", targets[i], targets[0], faster, len(speeds), slower,
				words.Ratio(slices.Min(speeds)), words.Ratio(slices.Max(speeds)))
		}
		blocks = append(blocks, document.Say(text+"."))
	}
	return blocks
}
