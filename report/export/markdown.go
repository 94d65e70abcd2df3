package export

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"mmapbench/analysis"
	"mmapbench/analysis/verdict"
	"mmapbench/report"
	"mmapbench/report/document"
	"mmapbench/results"
)

// The limits that GitHub sets: bytes of $GITHUB_STEP_SUMMARY for a step, and
// characters of a comment. Both are kept in bytes, of which there are never
// fewer than characters.
const (
	summaryMax = 1 << 20
	commentMax = 65536
)

// outcomeMarks stand beside the word, never in its place.
var outcomeMarks = map[verdict.Outcome]string{verdict.Passed: "✅", verdict.Regressed: "❌", verdict.Undecided: "⚪", verdict.Void: "⚠️"}

// comparisonMarkdown writes a comparison as Markdown of less than most bytes.
// Where not all of it fits, the rows that pass go first, and the outcome never.
func comparisonMarkdown(most int) func(w io.Writer, c *analysis.Compared) error {
	return func(w io.Writer, c *analysis.Compared) error {
		var b strings.Builder
		fmt.Fprintf(&b, "## %s mmapbench: %s\n\n", outcomeMarks[c.Outcome], c.Outcome)
		if err := report.Compare(&b, c, report.Options{Format: report.Markdown}); err != nil {
			return err
		}
		_, err := io.WriteString(w, fit(b.String(), most, comparisonRanks))
		return err
	}
}

// runMarkdown writes a run likewise: its conclusion and its tables. Where not
// all fits, the end goes.
func runMarkdown(most int) func(w io.Writer, run *results.Run) error {
	return func(w io.Writer, run *results.Run) error {
		summary := analysis.Summarize(run)
		var b strings.Builder
		err := document.WriteMarkdown(&b, &document.Document{
			Title:  "mmapbench: " + strings.Join(strings.Fields(run.Header.Plan.Name), " "),
			Blocks: append(report.Closing(summary), report.Sections(summary)...)})
		if err != nil {
			return err
		}
		_, err = io.WriteString(w, fit(b.String(), most, func(lines []string) []int { return make([]int, len(lines)) }))
		return err
	}
}

// comparisonRanks says which lines are worth most, from 0: the outcome and the
// heads, then the rows that did not pass, what is said of them, and the others.
func comparisonRanks(lines []string) []int {
	ranks := make([]int, len(lines))
	for i, line := range lines {
		table := strings.HasPrefix(line, "|")
		switch {
		case table && (i == 0 || !strings.HasPrefix(lines[i-1], "|")): // the head
		case table && strings.HasPrefix(line, "|:"): // the rule below it
		case table:
			ranks[i] = 1 + slices.Index(rowRanks, rowVerdict(line))
		case i < 4 || strings.TrimSpace(line) == "": // heads, and what tables end at
		default:
			ranks[i] = notesRank
		}
	}
	for i := len(lines) - 1; i >= 0; i-- {
		if strings.TrimSpace(lines[i]) != "" {
			ranks[i] = 0 // the outcome
			break
		}
	}
	return ranks
}

// rowRanks are the verdicts from the one that must be seen to those that need not;
// one that is not known comes before all.
var rowRanks = []verdict.Verdict{verdict.Regression, verdict.Invalid, verdict.Inconclusive, verdict.Improvement, verdict.Pass}

// notesRank puts the notes before the rows that are good news.
const notesRank = 3

// rowVerdict reads the last cell of a table's row.
func rowVerdict(line string) verdict.Verdict {
	cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
	last := strings.TrimSpace(cells[len(cells)-1])
	for _, v := range rowRanks {
		if strings.HasPrefix(last, v.String()) {
			return v
		}
	}
	return verdict.Regression
}

// room is kept for the line that says what was cut.
const room = 200

// fit keeps whole lines of Markdown, the best ranks first and of one rank the
// first, until the next would reach the limit. What is left out is counted.
func fit(text string, most int, rank func(lines []string) []int) string {
	if len(text) < most {
		return text
	}
	lines := strings.SplitAfter(text, "\n")
	ranks := rank(lines)
	order := make([]int, len(lines))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return ranks[a] - ranks[b] })
	keep := make([]bool, len(lines))
	size, kept := 0, 0
	for _, i := range order {
		if size+len(lines[i]) > most-room {
			break
		}
		size, kept, keep[i] = size+len(lines[i]), kept+1, true
	}
	var b strings.Builder
	for i, line := range lines {
		if keep[i] {
			b.WriteString(line)
		}
	}
	fmt.Fprintf(&b, "\n**Cut:** %d of %d lines are not shown, to stay below %d bytes; --format markdown has them all.\n", len(lines)-kept, len(lines), most)
	return b.String()
}
