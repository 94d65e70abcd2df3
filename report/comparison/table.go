package comparison

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"mmapbench/analysis"
	"mmapbench/analysis/verdict"
	"mmapbench/report/document"
	"mmapbench/report/words"
	"mmapbench/results"
)

// The keys of columns that something else refers to.
const (
	keyName     = "name"
	keySpeed    = "speed"
	keyCouldSee = "could_see"
	keyToPass   = "rounds_to_pass"
	keyPairs    = "pairs"
	keyRankSum  = "rank_sum_p"
	// KeyVerdict is the column whose values are of the type verdict.Verdict.
	KeyVerdict = "verdict"
)

// A row is a comparison with what is computed once for all who show it.
type row struct {
	*analysis.Comparison
	label    string // within its group
	couldSee *float64
	toPass   int
}

func rowsOf(comparisons []analysis.Comparison) []*row {
	rows := make([]*row, len(comparisons))
	for i := range comparisons {
		r := &comparisons[i]
		rows[i] = &row{Comparison: r, label: r.Name, couldSee: r.MinEffect(), toPass: r.ToPass()}
	}
	return rows
}

// A column of the table.
type column struct {
	document.Column
	cell func(r *row) document.Cell
}

// newTable makes the table without rows. The names, both medians, the ratio with its
// bounds and the verdict are shown at any width.
func newTable(c *analysis.Compared, rows []*row) *document.Table {
	t := &document.Table{Name: "comparisons"}
	for _, col := range columns(c, rows) {
		t.Columns = append(t.Columns, col.Column)
	}
	step := func(do document.Action, key string, at int) {
		t.Fit = append(t.Fit, document.Step{Do: do, Column: key, At: at})
	}
	step(document.Drop, keyRankSum, 0)
	step(document.Drop, keyToPass, 0)
	step(document.Break, keyName, 30)
	step(document.Narrow, keySpeed, 0)
	step(document.Narrow, KeyVerdict, 0)
	step(document.Break, keyName, 24)
	step(document.Drop, keyPairs, 0)
	step(document.Break, keyName, 18)
	step(document.Break, keyName, 12)
	step(document.Drop, keyCouldSee, 0)
	return t
}

// columns are those for people, and in between those for machines. A column that
// would say nothing new to people is for machines alone.
func columns(c *analysis.Compared, rows []*row) []column {
	list := []column{
		machine("kind", func(r *row) any { return map[bool]string{false: "comparison", true: "control"}[r.Control] }),
		{document.Column{Key: keyName, Heading: "what", Left: true, Once: true}, func(r *row) document.Cell {
			return document.Cell{Value: r.Name, Text: r.label, Full: r.Name}
		}},
	}
	for _, f := range results.Factors {
		list = append(list, machine(f.Key, func(r *row) any { return f.Value(&r.Arm) }))
	}
	list = append(list,
		machine("by", func(*row) any { return c.By }),
		machine("base", func(r *row) any { return r.Base }),
		machine("new", func(r *row) any { return r.New }),
		machine("unpaired", func(*row) any { return c.Unpaired }),
		machine("across", func(*row) any { return strings.Join(c.Across, "; ") }),
		column{document.Column{Key: "metric", Heading: "metric", Left: true, Machine: len(c.Metrics) == 1},
			func(r *row) document.Cell { return document.Text(r.Metric.Name) }},
		machine("unit", func(r *row) any { return r.Unit }),
		machine("tolerance", func(r *row) any { return r.Metric.Tolerance }),
	)
	return slices.Concat(list, figures(c, rows), boundColumns(), countColumns(c))
}

// figures are the columns of what was measured, and of the verdict.
func figures(c *analysis.Compared, rows []*row) []column {
	trials := map[bool]string{false: "pairs", true: "values"}[c.Unpaired]
	// Without a row that lacks pairs the paragraph above the table says it all.
	lacks := func(r *row) bool { return c.Unpaired || r.Pairs != c.Rounds }
	waits := func(r *row) bool { return r.toPass > 0 }
	return []column{
		{document.Column{Key: "base_median", Heading: "base"}, func(r *row) document.Cell {
			return document.Cell{Value: r.BaseMedian, Text: words.Amount(r.BaseMedian, r.Unit)}
		}},
		{document.Column{Key: "new_median", Heading: "new"}, func(r *row) document.Cell {
			return document.Cell{Value: r.NewMedian, Text: words.Amount(r.NewMedian, r.Unit)}
		}},
		{document.Column{Key: keySpeed, Heading: "speed"}, func(r *row) document.Cell {
			text := speed(r.Comparison)
			return document.Cell{Value: r.Speed(), Text: text, Narrow: strings.Replace(text, " (", "\n(", 1)}
		}},
		{document.Column{Key: keyCouldSee, Heading: "could\nsee", What: "the smallest slowdown that could be seen",
			Machine: c.Asked || hasReason(c, verdict.FewRuns)},
			func(r *row) document.Cell { return document.Cell{Value: r.couldSee, Text: r.seen()} }},
		{document.Column{Key: keyToPass, Heading: "rounds\nto pass", What: "the rounds that it takes to pass",
			Machine: !slices.ContainsFunc(rows, waits)},
			func(r *row) document.Cell {
				if r.toPass == 0 {
					return document.Cell{Text: words.None}
				}
				return document.Cell{Value: r.toPass, Text: strconv.Itoa(r.toPass)}
			}},
		{document.Column{Key: keyPairs, Heading: trials, What: "how many trials were compared",
			Machine: !slices.ContainsFunc(rows, lacks)},
			func(r *row) document.Cell { return document.Cell{Value: r.Pairs, Text: r.compared()} }},
		{document.Column{Key: keyRankSum, Heading: "rank-sum\np", What: "the rank-sum test",
			Machine: !slices.ContainsFunc(rows, func(r *row) bool { return r.Test != nil })},
			rankSum},
		{document.Column{Key: KeyVerdict, Left: true,
			Heading: map[bool]string{false: "verdict", true: "answer"}[c.Asked]},
			func(r *row) document.Cell {
				text := qualified(c, word(r.Comparison))
				return document.Cell{Value: r.Verdict, Text: text, Narrow: strings.Replace(text, ", ", ",\n", 1),
					Tone: verdictTone(r.Verdict)}
			}},
	}
}

func boundColumns() (list []column) {
	for _, of := range []struct {
		name   string
		bounds func(*row) *verdict.Bounds
	}{
		{"fail_speed", func(r *row) *verdict.Bounds { return analysis.SpeedBounds(r.Fail) }},
		{"pass_speed", func(r *row) *verdict.Bounds { return analysis.SpeedBounds(r.Pass) }},
	} {
		for _, end := range []struct {
			name string
			of   func(*verdict.Bounds) float64
		}{
			{"low", func(b *verdict.Bounds) float64 { return b.Low }},
			{"high", func(b *verdict.Bounds) float64 { return b.High }},
			{"tail", func(b *verdict.Bounds) float64 { return b.Tail }},
		} {
			list = append(list, machine(of.name+"_"+end.name, func(r *row) any {
				if b := of.bounds(r); b != nil {
					return end.of(b)
				}
				return nil
			}))
		}
	}
	return list
}

func countColumns(c *analysis.Compared) []column {
	return []column{
		machine("rounds", func(r *row) any { return r.Rounds }),
		machine("base_values", func(r *row) any { return r.BaseValues }),
		machine("new_values", func(r *row) any { return r.NewValues }),
		machine("base_runs", func(r *row) any { return r.BaseRuns }),
		machine("new_runs", func(r *row) any { return r.NewRuns }),
		machine("missing", func(r *row) any { return r.Missing }),
		machine("disturbed", func(r *row) any { return r.Contaminated }),
		machine("floored", func(r *row) any { return r.Floored }),
		machine("need_pairs", func(r *row) any { return r.NeedPairs }),
		machine("outcome", func(*row) any { return c.Outcome }),
		machine("reasons", func(r *row) any {
			reasons := make([]string, len(r.Reasons))
			for i, why := range r.Reasons {
				reasons[i] = string(why)
			}
			return strings.Join(reasons, "; ")
		}),
	}
}

// machine is a column for CSV alone.
func machine(key string, value func(r *row) any) column {
	return column{document.Column{Key: key, Machine: true},
		func(r *row) document.Cell { return document.Cell{Value: value(r)} }}
}

// records is a row for every question, the controls included.
func records(c *analysis.Compared) *document.Table {
	rows := append(rowsOf(c.Rows), rowsOf(c.Controls)...)
	t := newTable(c, rows)
	t.Groups = []document.Group{{Rows: cells(rows, columns(c, rows))}}
	return t
}

func cells(rows []*row, columns []column) []document.Row {
	out := make([]document.Row, len(rows))
	for i, r := range rows {
		for _, c := range columns {
			out[i] = append(out[i], c.cell(r))
		}
	}
	return out
}

// word is the verdict or the answer. Of a counter nothing is faster or slower.
func word(r *analysis.Comparison) string {
	switch {
	case r.Verdict == verdict.Equal:
		return "equal within " + words.Percent(r.Metric.Tolerance)
	case r.Verdict == verdict.Faster && r.Unit != "s":
		return "fewer"
	case r.Verdict == verdict.Slower && r.Unit != "s":
		return "more"
	}
	return r.Verdict.String()
}

// speed writes the speed with the bounds that the verdict rests on.
func speed(r *analysis.Comparison) string {
	s := r.Speed()
	if s == nil {
		return words.None
	}
	text := words.FineRatio(*s)
	if r.Floored > 0 {
		text += floored
	}
	switch b := analysis.SpeedBounds(r.Deciding()); {
	case b == nil && r.BaseRuns > 0:
		return text + " (too few runs)"
	case b == nil && tooFew(r):
		return fmt.Sprintf("%s (n<%d)", text, r.NeedPairs)
	case b == nil: // the values depend on each other too much
		return text + " (unbounded)"
	default:
		return fmt.Sprintf("%s (%s–%s)", text, words.FineRatio(b.Low), words.FineRatio(b.High))
	}
}

// floored marks a speed in which a value counted as the metric's floor: such a speed does
// not follow from the two medians beside it.
const floored = "^"

// tooFew reports whether there are too few values for bounds.
func tooFew(r *analysis.Comparison) bool {
	n := r.Pairs
	if r.BaseValues+r.NewValues > 0 {
		n = min(r.BaseValues, r.NewValues)
	}
	return n < r.NeedPairs
}

// seen writes the smallest slowdown that could be seen.
func (r *row) seen() string {
	switch {
	case r.couldSee == nil:
		return words.None
	case *r.couldSee > 10:
		return ">1000%"
	}
	// It comes from the spread of a dozen values, which carries two digits at the most.
	power := math.Pow(10, math.Floor(math.Log10(*r.couldSee))-1)
	return words.Percent(math.Round(*r.couldSee/power) * power)
}

// compared writes "36/48" where not every round gave a pair.
func (r *row) compared() string {
	switch {
	case r.BaseRuns > 0:
		return fmt.Sprintf("%d+%d runs", r.BaseRuns, r.NewRuns)
	case r.BaseValues+r.NewValues > 0:
		return fmt.Sprintf("%d+%d", r.BaseValues, r.NewValues)
	case r.Pairs < r.Rounds:
		return fmt.Sprintf("%d/%d", r.Pairs, r.Rounds)
	}
	return strconv.Itoa(r.Pairs)
}

func rankSum(r *row) document.Cell {
	switch {
	case r.Test == nil:
		return document.Cell{Text: words.None}
	case r.Test.P < 0.001:
		return document.Cell{Value: r.Test.P, Text: "<0.001"}
	}
	return document.Cell{Value: r.Test.P, Text: fmt.Sprintf("%.3f", r.Test.P)}
}
