package cli

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// columns is a list whose columns are as wide as their cells, but for the last:
// it takes what room is left, and its text is broken into lines.
type columns struct {
	rows [][]string
}

// add adds a row. Rows of one cell are headings, and widen no column.
func (c *columns) add(cells ...string) { c.rows = append(c.rows, cells) }

// least is what the last column keeps on a terminal too narrow for the list.
const least = 24

// write writes the list for a terminal of the given width.
func (c *columns) write(w io.Writer, width int) error {
	widths := c.widths()
	for _, row := range c.rows {
		last := len(row) - 1
		start := 0
		var b strings.Builder
		for i, cell := range row[:last] {
			start += widths[i] + 2
			fmt.Fprintf(&b, "%s%s", cell, strings.Repeat(" ", start-columnsOf(b.String())-columnsOf(cell)))
		}
		if last == 0 {
			start = len(row[0]) - len(strings.TrimLeft(row[0], " "))
			b.WriteString(row[0][:start])
		}
		text := breakLines(row[last], max(width-start, least))
		b.WriteString(strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", start)))
		if _, err := fmt.Fprintln(w, strings.TrimRight(b.String(), " ")); err != nil {
			return fmt.Errorf("write the list: %w", err)
		}
	}
	return nil
}

// widths returns how wide each column is but the last.
func (c *columns) widths() []int {
	var widths []int
	for _, row := range c.rows {
		for i, cell := range row[:len(row)-1] {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], columnsOf(cell))
		}
	}
	return widths
}

func columnsOf(s string) int { return utf8.RuneCountInString(s) }

// breakLines breaks text at spaces into lines of at most width columns; a word
// that is longer stands alone.
func breakLines(text string, width int) string {
	var b strings.Builder
	column := 0
	for i, word := range strings.Fields(text) {
		n := columnsOf(word)
		switch {
		case i == 0:
		case column+1+n > width:
			b.WriteByte('\n')
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	return b.String()
}
