package cli

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"mmapbench/internal/prose"
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
		text := prose.Wrap(row[last], max(width-start, least))
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
