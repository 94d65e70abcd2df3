package document

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// WriteMarkdown writes the document as Markdown in GitHub's dialect. Charts are left
// out, and every row has its full name, as such tables are read by programs too.
func WriteMarkdown(w io.Writer, d *Document) error {
	var buf bytes.Buffer
	if d.Title != "" {
		fmt.Fprintf(&buf, "## %s\n\n", Escape(d.Title))
	}
	if d.Answer != "" {
		fmt.Fprintf(&buf, "%s\n\n", Escape(d.Answer))
	}
	first := true
	for _, b := range d.Blocks {
		if _, is := b.(*Chart); is {
			continue
		}
		if !first {
			buf.WriteByte('\n')
		}
		first = false
		switch b := b.(type) {
		case *Paragraph:
			fmt.Fprintln(&buf, Escape(b.Text))
		case *Table:
			if err := writeMarkdownTable(&buf, b); err != nil {
				return fmt.Errorf("table %s: %w", b.Name, err)
			}
		}
	}
	if _, err := w.Write(buf.Bytes()); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// lineBreak ends a line that is to stay one.
const lineBreak = "  "

func writeMarkdownTable(w io.Writer, t *Table) error {
	v := newView(t, 0, true)
	if t.Caption != "" {
		fmt.Fprintf(w, "%s\n\n", Escape(t.Caption))
	}
	cells := cellConfig(v.aligns())
	lines, err := v.render([]tablewriter.Option{
		tablewriter.WithTrimLine(tw.Off),
		tablewriter.WithConfig(tablewriter.Config{Header: cells, Row: cells}),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithRenderer(renderer.NewMarkdown()),
	}, func(_ *shown, _ Place, text string) string { return Escape(text) })
	if err != nil {
		return err
	}
	fmt.Fprintln(w, strings.Join(lines, "\n"))
	notes := v.notes()
	if len(notes) > 0 {
		fmt.Fprintln(w)
	}
	for _, n := range notes {
		fmt.Fprintln(w, Escape(n)+lineBreak)
	}
	return nil
}

var escaper = strings.NewReplacer("*", `\*`, "<", "&lt;", "`", "\\`", "[", `\[`, "|", `\|`)

// Escape keeps what stands in commands and in the names of files from being read as
// markup, and a "|" from ending a cell.
func Escape(s string) string { return escaper.Replace(s) }
