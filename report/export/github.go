package export

import (
	"fmt"
	"io"
	"strings"

	"mmapbench/analysis"
	"mmapbench/analysis/verdict"
)

// maxAnnotations is how many of a kind GitHub shows of one step; it drops the
// others without a word.
const maxAnnotations = 10

// annotationLevels are the verdicts that are annotated, and how.
var annotationLevels = []struct {
	verdict verdict.Verdict
	level   string
}{{verdict.Regression, "error"}, {verdict.Inconclusive, "warning"}, {verdict.Improvement, "notice"}}

// annotations writes workflow commands: GitHub shows them on the run and on the
// pull request (docs.github.com, "Workflow commands for GitHub Actions"). A
// comparison that is invalid as a whole has one.
func annotations(w io.Writer, c *analysis.Compared) error {
	var b strings.Builder
	if c.Outcome == verdict.Void {
		annotate(&b, "error", "mmapbench: invalid", strings.Join(voidReasons(c), "\n"))
	}
	for _, l := range annotationLevels {
		var found []*analysis.Comparison
		for i := range c.Rows {
			if c.Rows[i].Verdict == l.verdict {
				found = append(found, &c.Rows[i])
			}
		}
		shown := found
		if len(found) > maxAnnotations {
			shown = found[:maxAnnotations-1]
		}
		for _, r := range shown {
			title := fmt.Sprintf("%s: %s by %s", strings.ToLower(r.Verdict.String()), r.Name, r.Metric.Name)
			annotate(&b, l.level, title, sentence(c, r))
		}
		if more := len(found) - len(shown); more > 0 {
			annotate(&b, l.level, fmt.Sprintf("%s: %d more", strings.ToLower(l.verdict.String()), more),
				fmt.Sprintf("%d of %d comparisons in all: GitHub shows %d annotations of a kind.",
					len(found), len(c.Rows), maxAnnotations))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func annotate(b *strings.Builder, level, title, text string) {
	fmt.Fprintf(b, "::%s title=%s::%s\n", level, escapeProperty(title), escapeData(text))
}

var (
	dataEscapes     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// escapeData escapes a command's text, as @actions/core does.
func escapeData(s string) string { return dataEscapes.Replace(s) }

// escapeProperty escapes the value of a property: that, and what ends one.
func escapeProperty(s string) string { return propertyEscapes.Replace(s) }
