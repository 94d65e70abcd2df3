package report

import (
	"slices"
	"strings"
	"unicode/utf8"

	"mmapbench/analysis"
	"mmapbench/internal/units"
	"mmapbench/report/words"
)

// A line is one row of a table with what it needs to know of its group.
type line struct {
	group *analysis.Group
	row   *analysis.Row
	first bool            // of its group
	won   bool            // shown to be the fastest of its group; in a history: its last change made it faster
	trend *analysis.Trend // in a history
}

// A column of a table. Its head may have two lines.
type column struct {
	key  string
	head string
	what string // what it is called when it is left out
	left bool   // aligned
	cell func(l line) string
}

// A layout is the columns that a table gets.
type layout struct {
	columns   []column
	nameWidth int      // at which backends are broken at their commas; 0: nowhere
	dropped   []string // what was left out for want of room
}

// gap is the space between two columns.
const gap = 2

// newLayout has the columns that name the arm, as far as they differ within the
// section, and then the others.
func newLayout(s *section, columns []column) layout {
	l := layout{columns: append(armColumns(), columns...)}
	if len(s.caches()) == 1 {
		l.remove(keyCache)
	}
	if len(s.records()) == 1 {
		l.remove(keyRecord)
	}
	if s.commands() {
		l.ofCommands(s)
	}
	return l
}

// ofCommands leaves out what a command does not have, and names the rest. What
// its run read from the device takes the place of a share of bytes asked for.
func (l *layout) ofCommands(s *section) {
	for _, key := range []string{"rate", "op", "phases", keyRead, keyWrite, "setup", "sync"} {
		l.remove(key)
	}
	for key, head := range map[string]string{keyBackend: "command", "time": "time", "faults": "faults\nminor/major"} {
		if i := l.find(key); i >= 0 {
			l.columns[i].head = head
		}
	}
	if i := l.find("faults"); i >= 0 && s.fetches() {
		l.columns = slices.Insert(l.columns, i+1, column{key: keyFetched, head: "read from\ndevice", what: "what was read from the device",
			cell: func(ln line) string {
				if ln.row.BlocksIn == nil {
					return words.None
				}
				return units.FormatSize(int64(512 * *ln.row.BlocksIn))
			}})
	}
}

// fit takes one step after the other until the lines fit into width (0: they
// do).
func (l *layout) fit(lines []line, width int, steps ...func()) {
	for _, step := range steps {
		if width <= 0 || l.width(lines) <= width {
			return
		}
		step()
	}
}

// drop is the step that leaves a column out and notes it.
func (l *layout) drop(key string) func() {
	return func() {
		if l.find(key) >= 0 {
			l.dropped = append(l.dropped, l.remove(key).what)
		}
	}
}

// breakNames is the step that breaks backends at their commas.
func (l *layout) breakNames(at int) func() { return func() { l.nameWidth = at } }

func (l *layout) find(key string) int {
	return slices.IndexFunc(l.columns, func(c column) bool { return c.key == key })
}

// remove takes a column out, if it is there.
func (l *layout) remove(key string) column {
	i := l.find(key)
	if i < 0 {
		return column{}
	}
	c := l.columns[i]
	l.columns = slices.Delete(l.columns, i, i+1)
	return c
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
