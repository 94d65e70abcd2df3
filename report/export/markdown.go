package export

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"

	"mmapbench/analysis"
	"mmapbench/analysis/verdict"
	"mmapbench/report"
	"mmapbench/report/comparison"
	"mmapbench/report/document"
)

// The limits that GitHub sets: bytes of $GITHUB_STEP_SUMMARY for a step, and
// characters of a comment. Both are kept in bytes, of which there are never
// fewer than characters.
const (
	summaryMax = 1 << 20
	commentMax = 65536
)

// outcomeMarks stand beside the word, never in its place.
var outcomeMarks = map[verdict.Outcome]string{verdict.Passed: "✅", verdict.Regressed: "❌",
	verdict.Undecided: "⚪", verdict.Void: "⚠️", verdict.Answered: "ℹ️"}

// comparisonMarkdown writes a comparison as Markdown of less than most bytes.
// Where not all of it fits, the rows that pass go first, and the outcome never.
func comparisonMarkdown(most int) func(w io.Writer, c *analysis.Compared) error {
	return func(w io.Writer, c *analysis.Compared) error {
		d := comparison.Document(c)
		d.Title = fmt.Sprintf("%s mmapbench: %s", outcomeMarks[c.Outcome], c.Outcome)
		table := d.Tables()[0]
		return fit(w, d, most, len(table.Notes)+len(c.Rows), "rows and notes", ranked(table))
	}
}

// runMarkdown writes a run likewise: its conclusion and its tables. Where not
// all fits, the end goes.
func runMarkdown(most int) func(w io.Writer, run *analysis.Summary) error {
	return func(w io.Writer, run *analysis.Summary) error {
		d := &document.Document{Title: "mmapbench: " + strings.Join(strings.Fields(run.Header.Plan.Name), " ")}
		blocks := report.Blocks(run, true)
		items := 0
		for _, b := range blocks {
			items += itemsOf(b)
		}
		return fit(w, d, most, items, "paragraphs and rows", func(n int) {
			d.Blocks = nil
			for _, b := range blocks {
				if t, is := b.(*document.Table); is && n > 0 {
					b = firstRows(t, n)
				}
				if n > 0 {
					d.Blocks = append(d.Blocks, b)
				}
				n -= itemsOf(b)
			}
		})
	}
}

// itemsOf is how many items a block can be cut into: one for each row of a table.
func itemsOf(b document.Block) (n int) {
	switch b := b.(type) {
	case *document.Chart: // not in Markdown
		return 0
	case *document.Table:
		for _, g := range b.Groups {
			n += len(g.Rows)
		}
		return n
	}
	return 1
}

// firstRows returns the table with its first n rows.
func firstRows(t *document.Table, n int) *document.Table {
	short := *t
	short.Groups = nil
	for _, g := range t.Groups {
		g.Rows = g.Rows[:min(n, len(g.Rows))]
		if n -= len(g.Rows); len(g.Rows) > 0 {
			short.Groups = append(short.Groups, g)
		}
	}
	return &short
}

// verdictRanks are the verdicts from the one that must be seen to those that need
// not. Notes come before the rows that are good news.
var verdictRanks = []verdict.Verdict{verdict.Regression, verdict.Invalid, verdict.Inconclusive,
	verdict.Improvement, verdict.Pass}

// ranked returns what leaves in a table its n most important rows and notes.
func ranked(t *document.Table) func(n int) {
	type item struct {
		group, row int // a note has -1 and its place
		rank       int
	}
	var items []item
	groups, notes := t.Groups, t.Notes
	column := t.Column(comparison.KeyVerdict)
	for i, g := range groups {
		for k, row := range g.Rows {
			v, _ := row[column].Value.(verdict.Verdict)
			items = append(items, item{i, k, 2 * slices.Index(verdictRanks, v)})
		}
	}
	for i := range notes {
		items = append(items, item{-1, i, 2*slices.Index(verdictRanks, verdict.Inconclusive) + 1})
	}
	slices.SortStableFunc(items, func(a, b item) int { return a.rank - b.rank })
	return func(n int) {
		kept := slices.Clone(items[:n])
		slices.SortFunc(kept, func(a, b item) int {
			return cmp.Or(cmp.Compare(a.group, b.group), cmp.Compare(a.row, b.row))
		})
		t.Notes, t.Groups = nil, make([]document.Group, len(groups))
		for _, x := range kept {
			if x.group < 0 {
				t.Notes = append(t.Notes, notes[x.row])
				continue
			}
			t.Groups[x.group].Rows = append(t.Groups[x.group].Rows, groups[x.group].Rows[x.row])
		}
	}
}

// room is kept for the line that says what was cut.
const room = 200

// fit writes as many items of a document as stay below most bytes, and says how many
// are left out. keep leaves the n most important ones in the document.
func fit(w io.Writer, d *document.Document, most, items int, what string, keep func(n int)) error {
	var failed error
	text := func(n int) string {
		keep(n)
		var b strings.Builder
		if err := document.WriteMarkdown(&b, d); err != nil {
			failed = err
		}
		return b.String()
	}
	whole := text(items)
	if len(whole) >= most {
		n := sort.Search(items, func(left int) bool { return len(text(items-left)) < most-room })
		whole = text(items - n)
		whole += fmt.Sprintf("\n**Cut:** %d of %d %s are not shown, to stay below %d bytes; "+
			"--format markdown has them all.\n", n, items, what, most)
	}
	if failed != nil {
		return failed
	}
	_, err := io.WriteString(w, whole)
	return err
}
