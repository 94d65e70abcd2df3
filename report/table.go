package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"mmapbench/analysis"
	"mmapbench/internal/prose"
)

// A table is a layout with what stands around it.
type table struct {
	caption string
	layout  layout
	notes   []string
}

func (t *table) write(w io.Writer, lines []line, opts Options) error {
	fmt.Fprintln(w, opts.wrap(t.caption))
	fmt.Fprintln(w)
	if err := renderTable(w, lines, &t.layout, opts); err != nil {
		return err
	}
	fmt.Fprintln(w)
	for _, note := range append(t.notes, t.layout.notShown()...) {
		fmt.Fprintln(w, opts.wrap(note))
	}
	return nil
}

// notShown names what was left out for want of room.
func (l *layout) notShown() []string {
	if len(l.dropped) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("Not shown for want of room: %s. A wider terminal or --format %s has them.",
		prose.List(l.dropped), CSV)}
}

func (o Options) wrap(text string) string {
	if o.Format == Markdown {
		return escapePipes(text) + "  " // two spaces: a line break in Markdown
	}
	return prose.Wrap(text, o.Width)
}

// lines lists the section's rows.
func (s *section) lines() []line {
	var lines []line
	for i := range s.groups {
		g := &s.groups[i]
		ranking := g.Rank()
		for j := range g.Rows {
			lines = append(lines, line{group: g, row: &g.Rows[j], first: j == 0,
				won: ranking.Kind == analysis.Won && ranking.Leader == j})
		}
	}
	return lines
}

func renderTable(w io.Writer, lines []line, l *layout, opts Options) error {
	markdown := opts.Format == Markdown
	header := make([]string, len(l.columns))
	align := make([]tw.Align, len(l.columns))
	for i, c := range l.columns {
		header[i], align[i] = c.head, tw.AlignRight
		if markdown {
			header[i] = strings.NewReplacer("/\n", "/", "\n", " ").Replace(c.head)
		}
		if c.left {
			align[i] = tw.AlignLeft
		}
	}
	var rows [][]string
	for i, ln := range lines {
		if !markdown && ln.first && i > 0 && len(ln.group.Rows) > 1 {
			rows = append(rows, make([]string, len(header)))
		}
		rows = append(rows, cells(ln, l, opts))
	}
	return writeCells(w, header, align, rows, markdown)
}

// writeCells writes a table of cells.
func writeCells(w io.Writer, header []string, align []tw.Align, rows [][]string, markdown bool) error {
	var buf bytes.Buffer
	out := tablewriter.NewTable(&buf, tableOptions(markdown, align)...)
	out.Header(header)
	if err := out.Bulk(rows); err != nil {
		return err
	}
	if err := out.Render(); err != nil {
		return err
	}
	for text := range strings.Lines(buf.String()) {
		if _, err := io.WriteString(w, strings.TrimRight(text, " \n")+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// tableOptions asks for a table without frames, its columns gap apart.
func tableOptions(markdown bool, align []tw.Align) []tablewriter.Option {
	cells := tw.CellConfig{
		Formatting: tw.CellFormatting{AutoFormat: tw.Off, AutoWrap: tw.WrapNone},
		Alignment:  tw.CellAlignment{PerColumn: align},
	}
	options := []tablewriter.Option{
		tablewriter.WithTrimLine(tw.Off),
	}
	if markdown {
		return append(options, tablewriter.WithConfig(tablewriter.Config{Header: cells, Row: cells}),
			tablewriter.WithHeaderAutoFormat(tw.Off), // it would write "TIME PER LAP"
			tablewriter.WithRenderer(renderer.NewMarkdown()))
	}
	between := tw.Padding{Right: strings.Repeat(" ", gap), Overwrite: true}
	cells.Padding = tw.CellPadding{PerColumn: append(slices.Repeat([]tw.Padding{between}, len(align)-1), tw.PaddingNone)}
	return append(options, tablewriter.WithConfig(tablewriter.Config{Header: cells, Row: cells}),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders: tw.BorderNone,
			Symbols: tw.NewSymbols(tw.StyleLight),
			Settings: tw.Settings{
				Separators: tw.Separators{BetweenColumns: tw.Off, BetweenRows: tw.Off, ShowHeader: tw.On},
				Lines:      tw.Lines{ShowTop: tw.Off, ShowBottom: tw.Off, ShowHeaderLine: tw.On},
			},
		})))
}

// ANSI codes. 32 and 31 are green and red in the terminal's own palette.
const (
	green = "\x1b[32m"
	red   = "\x1b[31m"
	reset = "\x1b[0m"
)

// cells returns a row. What repeats the row above is left empty in a table for
// the eye; in Markdown it stays, since such tables are read by programs too.
func cells(ln line, l *layout, opts Options) []string {
	out := make([]string, len(l.columns))
	for i, c := range l.columns {
		text := l.text(c, ln)
		switch {
		case opts.Format == Markdown:
			text = escapePipes(text)
		case !ln.first && (c.key == keyCache || c.key == keyRecord):
			text = ""
		case opts.Color && (c.key == keyBackend || c.key == keySpeed):
			text = paint(text, ln)
		}
		out[i] = text
	}
	return out
}

func paint(text string, ln line) string {
	color := ""
	switch {
	case ln.won:
		color = green
	case ln.row.Standing == analysis.Slower:
		color = red
	default:
		return text
	}
	return color + strings.ReplaceAll(text, "\n", reset+"\n"+color) + reset
}

// escapePipes keeps a "|" from ending a Markdown cell: the renderer does not.
func escapePipes(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
