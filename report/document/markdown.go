package document

import (
	"io"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// WriteMarkdown writes the document as Markdown in GitHub's dialect. Charts are left
// out, and every row has its full name, as such tables are read by programs too.
func WriteMarkdown(w io.Writer, d *Document) error {
	f := form{
		title:   func(s string) string { return "## " + Escape(s) },
		text:    func(s string, _ Tone) string { return Escape(s) },
		view:    func(t *Table) *view { return newView(t, 0, true) },
		noteEnd: lineBreak,
		apart:   true,
	}
	f.lines = func(v *view) ([]string, error) {
		cells := cellConfig(v.aligns())
		return v.render([]tablewriter.Option{
			tablewriter.WithTrimLine(tw.Off),
			tablewriter.WithConfig(tablewriter.Config{Header: cells, Row: cells}),
			tablewriter.WithHeaderAutoFormat(tw.Off),
			tablewriter.WithRenderer(renderer.NewMarkdown()),
		}, func(_ *shown, _ Place, text string) string { return Escape(text) })
	}
	return f.write(w, d)
}

// lineBreak ends a line that is to stay one.
const lineBreak = "  "

var escaper = strings.NewReplacer("*", `\*`, "<", "&lt;", "`", "\\`", "[", `\[`, "|", `\|`)

// Escape keeps what stands in commands and in the names of files from being read as
// markup, and a "|" from ending a cell.
func Escape(s string) string { return escaper.Replace(s) }
