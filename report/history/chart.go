package history

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"mmapbench/analysis"
	"mmapbench/report/document"
	"mmapbench/report/words"
	"mmapbench/results"
)

// Kind is that of all charts of a history.
const Kind = "trend"

// charts are a chart for each group of each section. A backend has one color in all.
func charts(h *analysis.History, sections []*section) (list []*document.Chart) {
	var trends []*analysis.Trend
	var tables []results.Arm
	for _, s := range sections {
		trends, tables = append(trends, s.trends()...), append(tables, s.shared)
	}
	colors := words.Distinct(trends, func(t *analysis.Trend) string { return t.Arm.Backend })
	names := make(map[string]int)
	for _, s := range sections {
		for i := range s.groups {
			ch := s.chart(h, &s.groups[i], colors)
			var levels []string
			for _, f := range s.differing() {
				levels = append(levels, f.Label(&s.groups[i].shared))
			}
			ch.Name = "history-" + words.FileName(s.shared, tables, levels...)
			// Sections may differ in what is not in the name: the device behind a
			// target, or how it was measured.
			if names[ch.Name]++; names[ch.Name] > 1 {
				ch.Name = fmt.Sprintf("%s-%d", ch.Name, names[ch.Name])
			}
			list = append(list, ch)
		}
	}
	return list
}

// chart stacks a panel for each backend over one axis of runs.
func (s *section) chart(h *analysis.History, g *group, colors []string) *document.Chart {
	runs := s.runs()
	plots := &document.Plots{Columns: 1, Height: 3.4}
	for i, t := range g.trends {
		p := trendPlot(t, runs, document.Series(slices.Index(colors, t.Arm.Backend)))
		p.X.Unnamed = i < len(g.trends)-1
		plots.Panels = append(plots.Panels, p)
	}
	title := []string{words.Capitalize(s.terms().Work) + ": " + s.terms().Time + " from run to run"}
	title = append(title, results.Phrases(&g.shared, s.differing()...)...)
	return &document.Chart{Kind: Kind, Title: strings.Join(title, ", "),
		Subtitle: []string{s.where(h), words.Capitalize(strings.Join(append(s.facts(), s.span()), ", "))},
		Notes:    []string{g.note()}, Plots: plots}
}

func (g *group) note() string {
	text := fmt.Sprintf("Medians; whiskers: intervals with a confidence of %.0f%%.", 100*analysis.Confidence)
	bare := func(p analysis.TrendPoint) bool { return p.Estimate.Interval == nil }
	if slices.ContainsFunc(g.trends, func(t *analysis.Trend) bool { return slices.ContainsFunc(t.Points, bare) }) {
		text += fmt.Sprintf(" No whisker: fewer than %d usable trials.", analysis.MinN(analysis.Confidence))
	}
	if slices.ContainsFunc(g.trends, func(t *analysis.Trend) bool { return len(told(t)) > 0 }) {
		text += " Upright lines: changes of level, + is slower; dashed: the median of each level."
	}
	return text + " Runs are evenly spaced; the vertical axes do not begin at zero."
}

// crowd is how many runs have room for marks of full size.
const crowd = 50

// trendPlot shows a trend over the places of its runs among all runs: the medians
// with their intervals, the levels between changes, and the changes.
func trendPlot(t *analysis.Trend, runs []*analysis.PastRun, look document.Look) *document.Plot {
	low, high := math.Inf(1), 0.0
	for _, pt := range t.Points {
		e := pt.Estimate
		low, high = min(low, e.Median), max(high, e.Median)
		if e.Interval != nil {
			low, high = min(low, e.Interval.Low), max(high, e.Interval.High)
		}
	}
	name, unit := words.TimeUnit(high)
	if t.Anchor != "" {
		name, unit = "times "+string(t.Anchor)+"'s", 1
	}
	p := &document.Plot{Title: t.Arm.Backend, Grid: document.NoTicks}
	p.X = document.Axis{Min: -0.5, Max: float64(len(runs)) - 0.5, Ticks: runTicks(runs, 7)}
	p.Y = document.Axis{Label: name, Ticks: document.Ticks{Kind: document.Span, Most: 4}}
	p.Y.Min, p.Y.Max = trendSpan(low/unit, high/unit, len(told(t)) > 0)
	places := make([]float64, len(t.Points))
	curve := document.Curve{Name: t.Arm.Backend, Look: look, Thin: true, Small: len(runs) > crowd}
	for i, pt := range t.Points {
		places[i] = float64(slices.Index(runs, pt.Run))
		point := document.Point{X: places[i], Y: pt.Estimate.Median / unit}
		if e := pt.Estimate.Interval; e != nil {
			point.Interval = &document.Interval{Low: e.Low / unit, High: e.High / unit}
		}
		curve.Line = append(curve.Line, point)
	}
	curve.Marks = curve.Line
	p.Curves = []document.Curve{curve}
	if len(t.Changes) == 0 {
		return p
	}
	begin := 0
	for _, end := range append(slices.Clone(t.Changes), analysis.TrendChange{At: len(t.Points)}) {
		p.Levels = append(p.Levels, document.Level{From: places[begin], To: places[end.At-1],
			Y: levelOf(t.Points[begin:end.At]) / unit})
		begin = end.At
	}
	for _, c := range told(t) {
		p.Changes = append(p.Changes,
			document.Change{Before: places[c.At-1], After: places[c.At], Label: changeText(c.Ratio)})
	}
	return p
}

// trendSpan is the vertical axis: a tenth of the figure at least, or noise would fill
// the panel; and room above for the labels of changes.
func trendSpan(low, high float64, changes bool) (from, to float64) {
	if least := 0.1 * (high + low) / 2; high-low < least {
		low, high = (low+high-least)/2, (low+high+least)/2
	}
	span := high - low
	if changes {
		return max(0, low-0.06*span), high + 0.3*span
	}
	return max(0, low-0.06*span), high + 0.06*span
}

func levelOf(points []analysis.TrendPoint) float64 {
	medians := make([]float64, len(points))
	for i, p := range points {
		medians[i] = p.Estimate.Median
	}
	return analysis.MedianInterval(medians, analysis.Confidence).Median
}

// runTicks mark every run and name as many as n, by date.
func runTicks(runs []*analysis.PastRun, n int) document.Ticks {
	format := "01-02"
	if dayFormat(runs) != time.DateOnly {
		format = "01-02 15:04"
	}
	every := (len(runs) + n - 1) / n
	t := document.Ticks{Kind: document.Named, At: make([]float64, len(runs)), Name: make([]string, len(runs))}
	for i, r := range runs {
		t.At[i] = float64(i)
		if i%every == 0 {
			t.Name[i] = when(r, format)
		}
	}
	return t
}
