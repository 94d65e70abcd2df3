package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"mmapbench/analysis"
	"mmapbench/internal/units"
	"mmapbench/results"
)

// A line is one row of a table with what it needs to know of its group.
type line struct {
	group *analysis.Group
	row   *analysis.Row
	first bool // of its group
	won   bool // shown to be the fastest of its group
}

// A column of a table. Its head may have two lines.
type column struct {
	key  string
	head string
	what string // what it is called when it is left out
	left bool   // aligned
	cell func(l line) string
}

// The keys of columns that are treated specially.
const (
	keyCache    = "cache"
	keyRecord   = "record"
	keyBackend  = "backend"
	keyInterval = "interval"
	keySpeed    = "speed"
)

// allColumns lists the columns in the order in which they stand.
func allColumns() []column {
	return []column{
		{key: keyCache, head: "cache", left: true,
			cell: func(l line) string { return l.group.Factors.Cache }},
		{key: keyRecord, head: "record",
			cell: func(l line) string { return units.FormatSize(l.group.Factors.Record) }},
		{key: keyBackend, head: "backend", left: true,
			cell: func(l line) string { return l.row.Arm.Backend }},
		{key: "n", head: "n", what: "the number of trials",
			cell: func(l line) string { return fmt.Sprint(l.row.Usable) }},
		{key: "time", head: "time\nper lap", cell: func(l line) string {
			return show(l.row.Total, func(e *analysis.Estimate) string { return duration(e.Median) })
		}},
		{key: keyInterval, what: "the interval of the time", head: fmt.Sprintf("%.0f%%\ninterval", 100*analysis.Confidence), cell: func(l line) string { return show(l.row.Total, interval) }},
		{key: "rate", head: "MiB/s", what: "MiB/s", cell: func(l line) string {
			return show(l.row.Rate, func(e *analysis.Estimate) string { return three(e.Median / mebibyte) })
		}},
		{key: "op", head: "time per\naccess", what: "the time per access", cell: func(l line) string {
			return show(l.row.PerOp, func(e *analysis.Estimate) string { return duration(e.Median / 1e9) })
		}},
		{key: "faults", head: "faults/MiB\nminor/major", what: "page faults", cell: faults},
		{key: "phases", head: "% in setup/body/\nsync/teardown", what: "the phases", cell: phases},
		{key: keySpeed, head: "speed\nvs first", cell: speed},
	}
}

func show(e *analysis.Estimate, f func(*analysis.Estimate) string) string {
	if e == nil {
		return none
	}
	return f(e)
}

func interval(e *analysis.Estimate) string {
	if e.Interval == nil {
		return noInterval()
	}
	return span(duration(e.Interval.Low), duration(e.Interval.High))
}

func faults(l line) string {
	if l.row.MinorFaults == nil || l.row.MajorFaults == nil {
		return none
	}
	return units.FormatNumber(*l.row.MinorFaults) + "/" + units.FormatNumber(*l.row.MajorFaults)
}

// phases writes "2/97/–/1".
func phases(l line) string {
	if l.row.Phases == nil {
		return none
	}
	parts := make([]string, len(results.PhaseNames))
	for i, name := range results.PhaseNames {
		parts[i] = none
		for _, s := range l.row.Phases {
			if s.Name == name {
				parts[i] = fmt.Sprint(math.Round(100 * s.Fraction))
			}
		}
	}
	return strings.Join(parts, "/")
}

// speed writes "3.10 (2.84–3.31)".
func speed(l line) string {
	e := l.row.Speed
	switch {
	case e == nil:
		return none
	case l.row.Verdict == analysis.Reference:
		return "1"
	case e.Interval == nil:
		return ratio(e.Median) + " (" + noInterval() + ")"
	}
	return fmt.Sprintf("%s (%s–%s)", ratio(e.Median), ratio(e.Interval.Low), ratio(e.Interval.High))
}

// A layout is the columns that a table gets.
type layout struct {
	columns   []column
	nameWidth int      // at which backends are broken at their commas; 0: nowhere
	dropped   []string // what was left out for want of room
}

// gap is the space between two columns.
const gap = 2

// fit chooses the columns that fit into width (0: all do). The order of the
// steps is the order of importance: first the interval is written shorter, then
// columns go that explain the result or repeat it in another unit, then long
// backends take more lines. The time and the comparison stay, and so does the
// interval of the time from 70 columns up.
func fit(lines []line, s *section, width int) layout {
	l := layout{columns: allColumns()}
	if len(s.caches()) == 1 {
		l.remove(keyCache)
	}
	if len(s.records()) == 1 {
		l.remove(keyRecord)
	}
	drop := func(key string) func() {
		return func() { l.dropped = append(l.dropped, l.remove(key).what) }
	}
	breakNames := func(at int) func() { return func() { l.nameWidth = at } }
	steps := []func(){
		l.shortenInterval, drop("op"), drop("phases"), drop("faults"),
		breakNames(30), breakNames(24), drop("n"), drop("rate"),
		breakNames(16), l.breakSpeed, drop(keyInterval),
	}
	for _, step := range steps {
		if width <= 0 || l.width(lines) <= width {
			break
		}
		step()
	}
	return l
}

func (l *layout) find(key string) int {
	return slices.IndexFunc(l.columns, func(c column) bool { return c.key == key })
}

func (l *layout) remove(key string) column {
	i := l.find(key)
	c := l.columns[i]
	l.columns = slices.Delete(l.columns, i, i+1)
	return c
}

func (l *layout) shortenInterval() {
	c := &l.columns[l.find(keyInterval)]
	c.head = "±"
	c.cell = func(ln line) string { return show(ln.row.Total, margin) }
}

// breakSpeed puts the interval of the speed on a line of its own.
func (l *layout) breakSpeed() {
	l.columns[l.find(keySpeed)].cell = func(ln line) string {
		return strings.Replace(speed(ln), " (", "\n(", 1)
	}
}

func (l *layout) width(lines []line) int {
	total := -gap
	for _, c := range l.columns {
		w := textWidth(c.head)
		for _, ln := range lines {
			w = max(w, textWidth(l.text(c, ln)))
		}
		total += w + gap
	}
	return total
}

// text returns a cell, which may have several lines.
func (l *layout) text(c column, ln line) string {
	s := c.cell(ln)
	if c.key == keyBackend && l.nameWidth > 0 {
		return breakAtCommas(s, l.nameWidth)
	}
	return s
}

// textWidth is the width of the widest line. All that is printed here takes
// one column per rune.
func textWidth(s string) int {
	w := 0
	for l := range strings.SplitSeq(s, "\n") {
		w = max(w, utf8.RuneCountInString(l))
	}
	return w
}

// breakAtCommas breaks a backend after commas, so that lines are no longer
// than width where that is possible.
func breakAtCommas(s string, width int) string {
	var out strings.Builder
	column := 0
	for part := range strings.SplitAfterSeq(s, ",") {
		if column > 0 && column+len(part) > width {
			out.WriteByte('\n')
			column = 0
		}
		out.WriteString(part)
		column += len(part)
	}
	return out.String()
}
