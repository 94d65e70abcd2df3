package report

import (
	"fmt"
	"strings"

	"mmapbench/analysis"
	"mmapbench/report/words"
)

// The keys of a history's columns.
const (
	keyRuns     = "runs"
	keyFirst    = "first"
	keyPrevious = "previous"
	keyBefore   = "before"
	keyTrend    = "trend"
)

func trendColumns() []column {
	return []column{
		{key: keyRuns, head: "runs", what: "the number of runs",
			cell: func(l line) string { return fmt.Sprint(len(l.trend.Points)) }},
		{key: keyFirst, head: "first", what: "the time of the first run",
			cell: func(l line) string { return words.Duration(l.trend.Points[0].Estimate.Median) }},
		{key: "last", head: "last",
			cell: func(l line) string { return words.Duration(last(l.trend).Estimate.Median) }},
		{key: keyPrevious, head: "vs\nprevious", cell: func(l line) string { return show(l.trend.VsPrevious, changeWithin) }},
		{key: keyBefore, head: "vs all\nbefore", cell: func(l line) string { return show(l.trend.VsBefore, changeWithin) }},
		{key: keySpeed, head: "last\nchange", cell: lastChange},
		{key: keyTrend, head: "trend", left: true, cell: func(l line) string { return sparkline(l.trend) }},
	}
}

func last(t *analysis.Trend) *analysis.TrendPoint { return &t.Points[len(t.Points)-1] }

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

// changeWithin writes "+9.8% (+8.1 – +10.9)".
func changeWithin(e *analysis.Estimate) string {
	if e.Interval == nil {
		return changeText(e.Median)
	}
	bare := func(ratio float64) string { return strings.TrimSuffix(changeText(ratio), "%") }
	return fmt.Sprintf("%s (%s – %s)", changeText(e.Median), bare(e.Interval.Low), bare(e.Interval.High))
}

func lastChange(l line) string {
	n := len(l.trend.Changes)
	if n == 0 {
		return words.None
	}
	return changeText(l.trend.Changes[n-1].Ratio)
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

// trendLayout chooses the columns that fit into width. What the changes are
// stands below the table in any case.
func trendLayout(lines []line, s *trendSection, width int, sparklines bool) layout {
	l := newLayout(&s.section, trendColumns())
	if !sparklines {
		l.remove(keyTrend)
	}
	if fewest, most := s.trials(); fewest == most { // Usable counts runs here
		l.remove(keyRuns) // the caption has it
	}
	l.fit(lines, width, l.breakNames(30), l.drop(keyFirst), l.breakInterval(keyPrevious), l.breakInterval(keyBefore),
		l.breakNames(20), l.drop(keyRuns), l.drop(keyTrend), l.breakNames(14), l.drop(keyPrevious), l.drop(keySpeed))
	return l
}

// breakInterval is the step that puts a column's interval on a line of its own.
func (l *layout) breakInterval(key string) func() {
	return func() {
		c := &l.columns[l.find(key)]
		cell := c.cell
		c.cell = func(ln line) string { return strings.Replace(cell(ln), " (", "\n(", 1) }
	}
}
