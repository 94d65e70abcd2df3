package document

import (
	"slices"
	"strings"
	"unicode/utf8"

	"mmapbench/internal/prose"
)

// gap is the space between two columns.
const gap = 2

// least is what a column keeps whose text is broken to the room that is left, on a
// terminal too narrow for the table.
const least = 24

// A view is a table as a writer of text shows it.
type view struct {
	table   *Table
	whole   bool // headings of groups are not written
	columns []shown
	dropped []string // what was left out for want of room
}

// shown is a column of a view.
type shown struct {
	Column
	index   int
	narrow  bool
	breakAt int // characters; 0: nowhere
}

// newView takes the table's steps until the view fits into width; 0: it does.
func newView(t *Table, width int, whole bool) *view {
	v := &view{table: t, whole: whole}
	for i, c := range t.Columns {
		if !c.Machine {
			v.columns = append(v.columns, shown{Column: c, index: i})
		}
	}
	for _, step := range t.Fit {
		if width <= 0 || v.width() <= width {
			break
		}
		v.take(step)
	}
	if n := len(v.columns); n > 0 && v.columns[n-1].Wrap && width > 0 {
		v.columns[n-1].breakAt = max(least, width-v.width()+v.columnWidth(&v.columns[n-1]))
	}
	return v
}

func (v *view) take(step Step) {
	i := v.find(step.Column)
	if i < 0 {
		return
	}
	c := &v.columns[i]
	switch step.Do {
	case Drop:
		what := c.What
		if what == "" {
			what = flat(c.Heading)
		}
		if !c.Optional {
			v.dropped = append(v.dropped, what)
		}
		v.columns = slices.Delete(v.columns, i, i+1)
	case Narrow:
		c.narrow = true
	case Break:
		c.breakAt = step.At
	}
}

func (v *view) find(key string) int {
	return slices.IndexFunc(v.columns, func(c shown) bool { return c.Key == key })
}

// notes are the table's notes that the shown columns call for, and one that names
// the columns left out.
func (v *view) notes() (texts []string) {
	for _, n := range v.table.Notes {
		shown := slices.ContainsFunc(n.Of, func(key string) bool { return v.find(key) >= 0 })
		if len(n.Of) == 0 || shown != n.Hidden {
			texts = append(texts, n.Text)
		}
	}
	if len(v.dropped) > 0 {
		texts = append(texts, "Hidden, as the terminal is too narrow: "+prose.List(v.dropped)+
			". A wider terminal or --format csv has them.")
	}
	return texts
}

func (v *view) width() int {
	total := -gap
	for i := range v.columns {
		total += v.columnWidth(&v.columns[i]) + gap
	}
	return total
}

func (v *view) columnWidth(c *shown) int {
	w := textWidth(v.heading(c))
	for at := range v.table.rows() {
		w = max(w, textWidth(v.text(c, at)))
	}
	return w
}

func (v *view) heading(c *shown) string {
	if c.narrow && c.Narrow != "" {
		return c.Narrow
	}
	return c.Heading
}

// text returns the text of a cell, which may have several lines.
func (v *view) text(c *shown, at Place) string {
	cell := &v.table.Groups[at.Group].Rows[at.Row][c.index]
	text := cell.Text
	switch {
	case v.whole && cell.Full != "":
		text = cell.Full
	case c.narrow && cell.Narrow != "":
		text = cell.Narrow
	}
	if c.breakAt > 0 {
		return breakText(text, c.breakAt)
	}
	return text
}

// repeats reports whether a cell says again what the cell above says.
func (v *view) repeats(c *shown, at Place) bool {
	return c.Once && at.Row > 0 && v.text(c, at) == v.text(c, Place{at.Group, at.Row - 1})
}

// headed reports whether the table has headings.
func (v *view) headed() bool {
	return slices.ContainsFunc(v.columns, func(c shown) bool { return c.Heading != "" })
}

// textWidth is the width of the widest line. All that reports print takes one
// column per rune.
func textWidth(s string) (w int) {
	for l := range strings.SplitSeq(s, "\n") {
		w = max(w, utf8.RuneCountInString(l))
	}
	return w
}

// breakText breaks a text at spaces, and after commas, so that lines are no longer
// than width where that is possible.
func breakText(s string, width int) string {
	var lines []string
	for line := range strings.SplitSeq(s, "\n") {
		for part := range strings.SplitSeq(prose.Wrap(line, width), "\n") {
			lines = append(lines, BreakAtCommas(part, width))
		}
	}
	return strings.Join(lines, "\n")
}

// BreakAtCommas breaks a text after commas, so that lines are no longer than width
// characters where that is possible.
func BreakAtCommas(s string, width int) string {
	var out strings.Builder
	column := 0
	for part := range strings.SplitAfterSeq(s, ",") {
		n := utf8.RuneCountInString(part)
		if column > 0 && column+n > width {
			out.WriteByte('\n')
			column = 0
		}
		out.WriteString(part)
		column += n
	}
	return out.String()
}

// flat is a heading in one line.
func flat(heading string) string { return strings.NewReplacer("/\n", "/", "\n", " ").Replace(heading) }
