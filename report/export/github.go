package export

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"mmapbench/analysis"
	"mmapbench/analysis/verdict"
	"mmapbench/report"
)

// annotations writes workflow commands: GitHub shows them on the run and on the
// pull request (docs.github.com, "Workflow commands for GitHub Actions").
func annotations(w io.Writer, c *analysis.Compared) error {
	for i := range c.Rows {
		r := &c.Rows[i]
		level := map[verdict.Verdict]string{verdict.Regression: "error", verdict.Invalid: "warning", verdict.Inconclusive: "warning", verdict.Improvement: "notice"}[r.Verdict]
		if level == "" {
			continue
		}
		title := fmt.Sprintf("%s: %s by %s", strings.ToLower(r.Verdict.String()), r.Name, r.Metric.Name)
		if _, err := fmt.Fprintf(w, "::%s title=%s::%s\n", level, escapeProperty(title), escapeData(sentence(c, r))); err != nil {
			return err
		}
	}
	return nil
}

// escapeData escapes a command's text, as @actions/core does.
func escapeData(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// escapeProperty escapes the value of a property: those, and what ends one.
func escapeProperty(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}

// The limits that GitHub sets: bytes of $GITHUB_STEP_SUMMARY for a step, and
// characters of a comment.
const (
	summaryMax = 1 << 20
	commentMax = 65536
)

// markdown writes the comparison as Markdown of less than most bytes: whole rows
// are left out, from the end, and counted.
func markdown(w io.Writer, c *analysis.Compared, most int) error {
	mark := map[verdict.Outcome]string{verdict.Passed: "✅", verdict.Regressed: "❌", verdict.Undecided: "⚪", verdict.Void: "⚠️"}[c.Outcome]
	head := fmt.Sprintf("## %s mmapbench: %s\n\n", mark, c.Outcome)
	var b strings.Builder
	if err := report.Compare(&b, c, report.Options{Format: report.Markdown}); err != nil {
		return err
	}
	text := head + b.String()
	if len(text) < most {
		_, err := io.WriteString(w, text)
		return err
	}
	const note = "\n\n*%d lines were cut off to keep within the limit; the whole is in the run file.*\n"
	lines := strings.SplitAfter(text, "\n")
	length, n := 0, 0
	for n < len(lines) && length+len(lines[n]) < most-len(note)-20 {
		length += len(lines[n])
		n++
	}
	kept := strings.Join(lines[:n], "")
	if !utf8.ValidString(kept) {
		return fmt.Errorf("the cut at line %d is not between characters", n)
	}
	_, err := io.WriteString(w, kept+fmt.Sprintf(note, len(lines)-n))
	return err
}
