package cli

import (
	"fmt"
	"io"

	"mmapbench/report/document"
)

// columns is a list without a head. The last column takes what room is left, and its
// texts are broken into lines.
type columns struct {
	groups []document.Group
	most   int // cells of a row
}

// head begins a group of rows.
func (c *columns) head(text string) {
	c.groups = append(c.groups, document.Group{Heading: text})
}

// add adds a row of texts.
func (c *columns) add(texts ...string) {
	row := make(document.Row, len(texts))
	for i, text := range texts {
		row[i] = document.Text(text)
	}
	c.addRow(row)
}

func (c *columns) addRow(row document.Row) {
	if len(c.groups) == 0 {
		c.head("")
	}
	g := &c.groups[len(c.groups)-1]
	g.Rows = append(g.Rows, row)
	c.most = max(c.most, len(row))
}

// table makes the list a table: every row gets as many cells as the longest has.
func (c *columns) table() *document.Table {
	t := &document.Table{Name: "list", Groups: c.groups}
	for i := range c.most {
		t.Columns = append(t.Columns, document.Column{Key: fmt.Sprint(i), Left: true, Wrap: i == c.most-1})
	}
	for _, g := range t.Groups {
		for i, row := range g.Rows {
			g.Rows[i] = append(row, make(document.Row, c.most-len(row))...)
		}
	}
	return t
}

// write writes the list in lines of at most width columns.
func (c *columns) write(w io.Writer, width int) error {
	if len(c.groups) == 0 {
		return nil
	}
	d := &document.Document{Blocks: []document.Block{c.table()}}
	return document.WriteText(w, d, document.TextOptions{Width: width})
}

// show writes blocks to standard output.
func (a *app) show(blocks ...document.Block) error {
	return document.WriteText(a.out, &document.Document{Blocks: blocks},
		document.TextOptions{Width: textWidth(a.out), Color: useColor(a.out)})
}
