package history

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"mmapbench/analysis"
	"mmapbench/analysis/changepoint"
	"mmapbench/internal/plain"
	"mmapbench/internal/prose"
	"mmapbench/report/document"
	"mmapbench/report/words"
	"mmapbench/results"
)

// The keys of columns that something else refers to.
const (
	keyBackend  = "backend"
	keyRuns     = "runs"
	keyFirst    = "first"
	keyLevel    = "level"
	keySmallest = "smallest"
	keyChange   = "change"
	keyTrend    = "trend"
)

// A column of a table whose rows are trends.
type column struct {
	document.Column
	cell func(t *analysis.Trend) document.Cell
}

// table makes the table of the section.
func (s *section) table(h *analysis.History, sparklines bool) *document.Table {
	columns := slices.Concat(s.armColumns(), s.figures(sparklines))
	t := &document.Table{Name: "history-" + s.shared.Workload, Caption: s.caption(h), Notes: s.notes(), Fit: fit}
	for _, c := range columns {
		t.Columns = append(t.Columns, c.Column)
	}
	for _, g := range s.groups {
		var rows []document.Row
		for _, trend := range g.trends {
			var row document.Row
			for _, c := range columns {
				row = append(row, c.cell(trend))
			}
			rows = append(rows, row)
		}
		t.Groups = append(t.Groups, document.Group{Rows: rows})
	}
	return t
}

// What the changes are stands below the table at any width.
var fit = []document.Step{
	{Do: document.Break, Column: keyBackend, At: 30},
	{Do: document.Drop, Column: keyFirst},
	{Do: document.Narrow, Column: keyLevel},
	{Do: document.Break, Column: keyBackend, At: 20},
	{Do: document.Drop, Column: keyRuns},
	{Do: document.Drop, Column: keyTrend},
	{Do: document.Break, Column: keyBackend, At: 14},
	{Do: document.Drop, Column: keySmallest},
	{Do: document.Drop, Column: keyChange},
}

func (s *section) armColumns() (columns []column) {
	for _, f := range s.differing() {
		columns = append(columns, column{document.Column{Key: f.Key, Heading: f.Key, Left: !f.IsNumber(), Once: true},
			func(t *analysis.Trend) document.Cell {
				return document.Cell{Value: f.Value(&t.Arm), Text: f.Text(&t.Arm)}
			}})
	}
	return append(columns, column{document.Column{Key: keyBackend, Heading: s.terms().Choice, Left: true},
		func(t *analysis.Trend) document.Cell {
			return document.Cell{Value: t.Arm.Backend, Text: t.Arm.Backend, Tone: tone(t)}
		}})
}

func (s *section) figures(sparklines bool) []column {
	var list []column
	if fewest, most := s.points(); fewest != most { // else the caption has the number
		list = append(list, column{document.Column{Key: keyRuns, Heading: "runs", What: "the number of runs"},
			func(t *analysis.Trend) document.Cell {
				return document.Cell{Value: len(t.Points), Text: fmt.Sprint(len(t.Points))}
			}})
	}
	list = append(list,
		column{document.Column{Key: keyFirst, Heading: "first", What: "the time of the first run", Unit: "s"},
			func(t *analysis.Trend) document.Cell { return timeCell(t, 0) }},
		column{document.Column{Key: "last", Heading: "last", Unit: "s"},
			func(t *analysis.Trend) document.Cell { return timeCell(t, len(t.Points)-1) }},
		column{document.Column{Key: keyLevel, Heading: "vs runs before\nin its level"}, levelCell},
		column{document.Column{Key: keySmallest, Heading: fmt.Sprintf("%d more\nshow", analysis.FurtherRuns),
			What: fmt.Sprintf("the smallest change that %d more runs would show", analysis.FurtherRuns)}, smallestCell},
		column{document.Column{Key: keyChange, Heading: "last\nchange"}, lastChange})
	if sparklines {
		list = append(list, column{document.Column{Key: keyTrend, Heading: "trend", Left: true},
			func(t *analysis.Trend) document.Cell { return document.Cell{Text: sparkline(t)} }})
	}
	return list
}

// points returns the fewest and the most runs of a trend.
func (s *section) points() (fewest, most int) {
	fewest = len(s.first.Points)
	for _, t := range s.trends() {
		fewest, most = min(fewest, len(t.Points)), max(most, len(t.Points))
	}
	return fewest, most
}

// timeCell is a time, or how many times the anchor's it is.
func timeCell(t *analysis.Trend, at int) document.Cell {
	m := t.Points[at].Estimate.Median
	if t.Anchor != "" {
		return document.Cell{Value: m, Text: words.Ratio(m) + "×"}
	}
	return document.Cell{Value: m, Text: words.Duration(m)}
}

// levelCell writes "+9.8% (+8.1 – +10.9)".
func levelCell(t *analysis.Trend) document.Cell {
	p := t.VsLevel
	text := changeText(p.Ratio)
	if p.Interval == nil {
		return document.Cell{Value: p.Ratio, Text: text}
	}
	bare := func(ratio float64) string { return strings.TrimSuffix(changeText(ratio), "%") }
	interval := fmt.Sprintf("(%s – %s)", bare(p.Interval.Low), bare(p.Interval.High))
	return document.Cell{Value: p.Ratio, Text: text + " " + interval, Narrow: text + "\n" + interval}
}

// smallestCell has two digits: the scatter is known no better.
func smallestCell(t *analysis.Trend) document.Cell {
	if t.Smallest == nil {
		return document.Cell{Text: words.None}
	}
	if *t.Smallest < 0.1 {
		return document.Cell{Value: *t.Smallest, Text: fmt.Sprintf("%.1f%%", 100**t.Smallest)}
	}
	return document.Cell{Value: *t.Smallest, Text: fmt.Sprintf("%.0f%%", 100**t.Smallest)}
}

// told are the changes that nobody has hidden.
func told(t *analysis.Trend) (list []analysis.TrendChange) {
	for _, c := range t.Changes {
		if c.State != analysis.ChangeHidden {
			list = append(list, c)
		}
	}
	return list
}

func lastChange(t *analysis.Trend) document.Cell {
	changes := told(t)
	if len(changes) == 0 {
		return document.Cell{Text: words.None}
	}
	ratio := changes[len(changes)-1].Ratio
	return document.Cell{Value: ratio, Text: changeText(ratio), Tone: tone(t)}
}

// tone is that of the last change.
func tone(t *analysis.Trend) document.Tone {
	changes := told(t)
	switch n := len(changes); {
	case n == 0:
		return document.Plain
	case changes[n-1].Ratio < 1:
		return document.Good
	}
	return document.Bad
}

// changeText writes "+10.1%" for a ratio of 1.101.
func changeText(ratio float64) string {
	p := 100 * (ratio - 1)
	switch {
	case ratio >= 10:
		return fmt.Sprintf("×%.0f", ratio)
	case p >= 99.95 || p <= -99.95:
		return fmt.Sprintf("%+.0f%%", p)
	}
	return strings.Replace(fmt.Sprintf("%+.1f%%", p), "-0.0%", "+0.0%", 1)
}

// sparks are eighths of a line.
var sparks = []rune("▁▂▃▄▅▆▇█")

// mostSparks is how many runs a sparkline shows: the last ones.
const mostSparks = 30

// sparkline draws the medians from the least to the most. A span of less than a
// twentieth is not stretched, or noise would look like an event.
func sparkline(t *analysis.Trend) string {
	points := t.Points[max(0, len(t.Points)-mostSparks):]
	low, high := points[0].Estimate.Median, points[0].Estimate.Median
	for _, p := range points {
		low, high = min(low, p.Estimate.Median), max(high, p.Estimate.Median)
	}
	span := max(high-low, low/20)
	var b strings.Builder
	for _, p := range points {
		b.WriteRune(sparks[min(len(sparks)-1, int((p.Estimate.Median-low)/span*float64(len(sparks))))])
	}
	return b.String()
}

// caption says what was measured, where, and when.
func (s *section) caption(h *analysis.History) string {
	return fmt.Sprintf("%s on %s: %s. %s.", s.shared.Workload, s.where(h),
		strings.Join(s.facts(), ", "), words.Capitalize(s.span()))
}

// span writes "14 runs, 2026-01-01 to 2026-01-14 (UTC)".
func (s *section) span() string {
	runs := s.runs()
	format := dayFormat(runs)
	text := fmt.Sprintf("%s, %s to %s", prose.Count(len(runs), "run"), when(runs[0], format),
		when(runs[len(runs)-1], format))
	if runs[0].Place != "" {
		return text
	}
	return text + " (UTC)"
}

// dayFormat has the time of day only where two runs are of one day.
func dayFormat(runs []*analysis.PastRun) string {
	days := words.Distinct(runs, func(r *analysis.PastRun) string { return when(r, time.DateOnly) })
	if len(days) < len(runs) {
		return "2006-01-02 15:04"
	}
	return time.DateOnly
}

// when is in UTC, as the names of run files are: the same everywhere.
// The label has the word where that puts runs in order.
func when(r *analysis.PastRun, format string) string {
	return cmp.Or(r.Place, r.Started.UTC().Format(format))
}

// notes say how to read the table, and what changed when.
func (s *section) notes() []document.Note {
	var changes []string
	for _, g := range s.groups {
		for _, t := range g.trends {
			for _, c := range told(t) {
				changes = append(changes, s.change(&g, t, c))
			}
		}
	}
	switch fewest, most := s.points(); {
	case most < changepoint.MinRuns:
		changes = []string{fmt.Sprintf("Changes of level: not told from fewer than %d runs.", changepoint.MinRuns)}
	case len(changes) == 0 && fewest < changepoint.MinRuns:
		changes = []string{fmt.Sprintf("Changes of level: none is shown; of fewer than %d runs none is told.",
			changepoint.MinRuns)}
	case len(changes) == 0:
		changes = []string{"Changes of level: none is shown."}
	default:
		changes = append(changes, fmt.Sprintf("p: how likely so clear a change is without any. Of the arms that never "+
			"change, at most %.0f%% show one.", 100*changepoint.Level))
	}
	text := fmt.Sprintf("Median %s; + is slower. In parentheses intervals of %.0f%% that know the scatter from run to "+
		"run: one without 0 is of a last run unlike those before it.", s.terms().Time, 100*analysis.Confidence)
	if i := slices.IndexFunc(s.trends(), func(t *analysis.Trend) bool { return t.Anchor != "" }); i >= 0 {
		text += fmt.Sprintf(" ×: times over those of %s in the same rounds.", s.trends()[i].Anchor)
	}
	if slices.ContainsFunc(s.trends(), func(t *analysis.Trend) bool { return t.Smallest != nil }) {
		text += fmt.Sprintf(" %d more show: about the smallest change of level that %d more runs would show, in four "+
			"of five cases.", analysis.FurtherRuns, analysis.FurtherRuns)
	}
	return append(document.Notes(text), document.Notes(changes...)...)
}

// change writes "mmap, cold cache: +10.1%, slower, from 2026-01-11 on (run 11 of 14,
// p = 0.002): 1f2e3d4c@20260111T030000Z."
func (s *section) change(g *group, t *analysis.Trend, c analysis.TrendChange) string {
	name := strings.Join(append([]string{t.Arm.Backend}, results.Phrases(&g.shared, s.differing()...)...), ", ")
	how := "slower"
	if c.Ratio < 1 {
		how = "faster"
	}
	p := fmt.Sprintf("p = %.3f", c.P)
	if c.P < 0.001 {
		p = "p < 0.001"
	}
	if c.Small {
		p += ", small"
	}
	text := fmt.Sprintf("%s: %s, %s, from %s on (run %d of %d, %s): ", name, changeText(c.Ratio), how,
		when(t.Points[c.At].Run, dayFormat(s.runs())), c.At+1, len(t.Points), p)
	if c.State != analysis.ChangeNew {
		text += string(c.State) + ", "
	}
	for _, said := range []string{c.Ticket, c.Note} {
		if said != "" {
			text += plain.Line(said) + ", "
		}
	}
	return text + c.Change + "."
}
