package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"mmapbench/analysis"
	"mmapbench/internal/units"
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
func targetTable(targets []string, list []contest) *document.Table {
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
	counted := !slices.ContainsFunc(list, func(c contest) bool { return c.rows[0].Bytes == 0 })
	t := &document.Table{Name: "targets", Groups: []document.Group{{}},
		Caption: "The targets beside each other: the same work by the same backend."}
	for _, f := range append(factors, words.Factor(keyBackend)) {
		t.Columns = append(t.Columns, document.Column{Key: f.Key, Heading: f.Key, Left: !f.IsNumber()})
	}
	t.Fit = []document.Step{breakNames(30), breakNames(16)}
	for i, target := range targets {
		t.Columns = append(t.Columns, speedOn(target, counted))
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
			if counted {
				row = append(row, median(r.Rate, words.MiB, words.Significant3))
			} else {
				row = append(row, median(r.Total, 1, words.Duration))
			}
			if i > 0 {
				cell := ratioCell(c.speeds[i], "")
				cell.Narrow = narrowed(cell.Text)
				row = append(row, cell)
			}
		}
		t.Groups[0].Rows = append(t.Groups[0].Rows, row)
	}
	t.Notes = document.Notes(fmt.Sprintf("Speed: how many times as fast as on %s, paired by round.", targets[0]))
	return t
}

// speedOn is the column of what was measured on a target.
func speedOn(target string, counted bool) document.Column {
	if counted {
		return document.Column{Key: "rate_" + target, Heading: "MiB/s\non " + target, Unit: "MiB/s"}
	}
	return document.Column{Key: "time_" + target, Heading: "time\non " + target, Unit: "s"}
}

// targetGroups say of each target but the first, in a row for each workload and cache
// state, how many times as fast the same work was there, by the same backend.
func targetGroups(targets []string, list []contest) (groups []document.Group) {
	for i := 1; i < len(targets) && len(list) > 0; i++ {
		g := document.Group{Heading: targets[i] + " beside " + targets[0] + ", the same work by the same backend:"}
		label := func(c contest) string { return strings.TrimSpace(words.TermsOf(c.arm).Work + " " + c.arm.Cache) }
		for _, work := range words.Distinct(list, label) {
			same := slices.DeleteFunc(slices.Clone(list), func(c contest) bool { return label(c) != work })
			g.Rows = append(g.Rows, document.Row{document.Text(work), document.Text(besides(same, i, targets))})
		}
		groups = append(groups, g)
	}
	return groups
}

// besides gives the smallest and the largest ratio of one target to the first, each with
// the work that shows it.
func besides(list []contest, i int, targets []string) string {
	list = slices.DeleteFunc(list, func(c contest) bool { return c.speeds[i] == nil || c.speeds[i].Interval == nil })
	if len(list) == 0 {
		return "too few rounds to compare"
	}
	by := func(a, b contest) int { return cmp.Compare(a.speeds[i].Median, b.speeds[i].Median) }
	var parts []string
	low, high := indexOf(list, slices.MinFunc(list, by)), indexOf(list, slices.MaxFunc(list, by))
	for _, c := range slices.Compact([]int{low, high}) {
		e, text := list[c].speeds[i], ""
		if len(parts) == 0 {
			text = " as fast as " + targets[0]
		}
		with := "with " + list[c].arm.Backend
		if record := list[c].arm.Record; record > 0 {
			with += " at " + units.FormatSize(record)
		}
		parts = append(parts, fmt.Sprintf("%sx%s %s (%s–%s)", words.Ratio(e.Median), text, with,
			words.Ratio(e.Interval.Low), words.Ratio(e.Interval.High)))
	}
	told := slices.ContainsFunc(list, func(c contest) bool { return !c.speeds[i].Interval.Contains(1) })
	if !told {
		return "no difference shown: " + targets[i] + " may be " + strings.Join(parts, " to ")
	}
	return targets[i] + " is " + strings.Join(parts, " to ")
}

func indexOf(list []contest, c contest) int {
	return slices.IndexFunc(list, func(o contest) bool { return o.arm == c.arm })
}
