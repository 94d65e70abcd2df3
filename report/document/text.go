package document

import (
	"bytes"
	"io"
	"slices"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"mmapbench/internal/prose"
)

// TextOptions say how text is written for a terminal.
type TextOptions struct {
	Width int  // columns that a line may take; 0: no limit
	Color bool // show tones in ANSI colors
}

// WriteText writes the document for a terminal. Charts are left out.
func WriteText(w io.Writer, d *Document, o TextOptions) error {
	text := func(s string, tone Tone) string { return paint(prose.Wrap(s, o.Width), tone, o.Color) }
	f := form{
		title: func(s string) string { return text(s, Plain) },
		text:  text,
		view:  func(t *Table) *view { return newView(t, o.Width, false) },
	}
	f.lines = func(v *view) ([]string, error) {
		lines, err := v.render(tableOptions(v.aligns()), func(c *shown, at Place, text string) string {
			if v.repeats(c, at) {
				return ""
			}
			return paint(text, v.table.Groups[at.Group].Rows[at.Row][c.index].Tone, o.Color)
		})
		if err != nil {
			return nil, err
		}
		return v.withHeadings(lines, o.Width), nil
	}
	return f.write(w, d)
}

// render returns the lines of the table, groups without a gap between them; cell
// has the last word on a cell's text.
func (v *view) render(options []tablewriter.Option,
	cell func(c *shown, at Place, text string) string) ([]string, error) {
	var buf bytes.Buffer
	out := tablewriter.NewTable(&buf, options...)
	if v.headed() {
		heads := make([]string, len(v.columns))
		for i := range v.columns {
			heads[i] = v.heading(&v.columns[i])
			if v.whole {
				heads[i] = flat(heads[i])
			}
		}
		out.Header(heads)
	}
	for at := range v.table.rows() {
		row := make([]string, len(v.columns))
		for i := range v.columns {
			c := &v.columns[i]
			row[i] = cell(c, at, v.text(c, at))
		}
		if err := out.Append(row); err != nil {
			return nil, err
		}
	}
	if err := out.Render(); err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimRight(buf.String(), "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return lines, nil
}

// withHeadings puts the headings of groups between the lines of a table, and an
// empty line between two groups of several rows or with a heading. Where a row
// begins is counted, from the lines that its cells have.
func (v *view) withHeadings(lines []string, width int) (out []string) {
	at := 0
	if v.headed() {
		for i := range v.columns {
			at = max(at, 1+strings.Count(v.heading(&v.columns[i]), "\n"))
		}
		at++ // the line below the head
	}
	out = slices.Clone(lines[:at])
	for i, g := range v.table.Groups {
		if i > 0 && v.apart(i) {
			out = append(out, "")
		}
		if g.Heading != "" {
			out = append(out, strings.Split(prose.Wrap(g.Heading, width), "\n")...)
		}
		for k := range g.Rows {
			n := v.rowHeight(Place{i, k})
			out = append(out, lines[at:at+n]...)
			at += n
		}
	}
	return out
}

// apart reports whether a group is set apart from the one before.
func (v *view) apart(i int) bool {
	before, g := &v.table.Groups[i-1], &v.table.Groups[i]
	return g.Heading != "" || before.Heading != "" || len(g.Rows) > 1
}

func (v *view) rowHeight(at Place) int {
	n := 1
	for i := range v.columns {
		if c := &v.columns[i]; !v.repeats(c, at) {
			n = max(n, 1+strings.Count(v.text(c, at), "\n"))
		}
	}
	return n
}

func (v *view) aligns() []tw.Align {
	align := make([]tw.Align, len(v.columns))
	for i, c := range v.columns {
		align[i] = tw.AlignRight
		if c.Left {
			align[i] = tw.AlignLeft
		}
	}
	return align
}

// cellConfig writes cells as they are: tablewriter would write headings in capitals,
// and break texts by itself.
func cellConfig(align []tw.Align) tw.CellConfig {
	return tw.CellConfig{
		Formatting: tw.CellFormatting{AutoFormat: tw.Off, AutoWrap: tw.WrapNone},
		Alignment:  tw.CellAlignment{PerColumn: align},
	}
}

// tableOptions ask for a table without frames, its columns gap apart.
func tableOptions(align []tw.Align) []tablewriter.Option {
	cells := cellConfig(align)
	between := tw.Padding{Right: strings.Repeat(" ", gap), Overwrite: true}
	cells.Padding = tw.CellPadding{PerColumn: append(slices.Repeat([]tw.Padding{between}, len(align)-1),
		tw.PaddingNone)}
	return []tablewriter.Option{
		tablewriter.WithTrimLine(tw.Off),
		tablewriter.WithConfig(tablewriter.Config{Header: cells, Row: cells}),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders: tw.BorderNone,
			Symbols: tw.NewSymbols(tw.StyleLight),
			Settings: tw.Settings{
				Separators: tw.Separators{BetweenColumns: tw.Off, BetweenRows: tw.Off, ShowHeader: tw.On},
				Lines:      tw.Lines{ShowTop: tw.Off, ShowBottom: tw.Off, ShowHeaderLine: tw.On},
			},
		})),
	}
}

// ANSI codes. 32 and 31 are green and red in the terminal's own palette.
const (
	green = "\x1b[32m"
	red   = "\x1b[31m"
	reset = "\x1b[0m"
)

// paint colors every line by itself, as a pager may show them one by one.
func paint(text string, tone Tone, color bool) string {
	if !color || tone == Plain || text == "" {
		return text
	}
	code := green
	if tone == Bad {
		code = red
	}
	return code + strings.ReplaceAll(text, "\n", reset+"\n"+code) + reset
}
