// Package comparison makes the report of a comparison: what was compared how
// strictly, a table with a row for each question, what must be known of the table,
// and the outcome with the reason for it.
package comparison

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"mmapbench/analysis"
	"mmapbench/analysis/verdict"
	"mmapbench/internal/prose"
	"mmapbench/internal/units"
	"mmapbench/report/document"
	"mmapbench/report/words"
	"mmapbench/results"
)

// Version is the version of the JSON structure of a comparison. The version changes
// when a field changes its meaning or goes, and not when a field is added.
const Version = 3

// Data is what is written as JSON.
type Data struct {
	Format   string `json:"format"` // "mmapbench-comparison"
	Version  int    `json:"version"`
	ExitCode int    `json:"exit_code"` // where what is inconclusive fails
	*analysis.Compared
}

// Document makes the report.
func Document(c *analysis.Compared) *document.Document {
	rows := rowsOf(c.Rows)
	t := newTable(c, rows)
	t.Groups = groups(c, rows, columns(c, rows))
	t.Notes = notes(c, rows)
	return &document.Document{
		Blocks: []document.Block{document.Say(head(c)), t,
			&document.Paragraph{Text: outcome(c), Tone: outcomeTone(c.Outcome)}},
		Records: records(c),
		Data:    Data{"mmapbench-comparison", Version, c.Outcome.ExitCode(verdict.FailInconclusive), c},
	}
}

// head says what is compared with what, how strictly, and when.
func head(c *analysis.Compared) string {
	text := quoted(c.New) + " against " + quoted(c.Base)
	switch {
	case c.New == "":
		text = fmt.Sprintf("Each %s against %s", c.By, quoted(c.Base))
	case c.By == results.GateExec:
		text = "Command " + text
	case c.By != "":
		text = words.Capitalize(c.By) + " " + text
	}
	switch {
	case c.Asked:
		return text + ", paired by round. Each answer by itself, with 95%; equal is within " +
			strings.TrimSuffix(strings.TrimPrefix(tolerances(c), "Tolerance "), ".") + "."
	case c.Anchor != "":
		text += fmt.Sprintf(", by the ratio to %s within each round", quoted(string(c.Anchor)))
	case c.ByRuns:
		text += ", by one value of each run"
	case c.Unpaired:
		text += ", unpaired: their rounds were not the same hours"
	default:
		text += ", paired by round"
	}
	if c.Past > 0 {
		text += fmt.Sprintf("; with the base are %s before it", prose.Count(c.Past, "run"))
	}
	return text + ". " + tolerances(c) + " " + looks(c)
}

// quoted puts a text with spaces between quotation marks, unless it ends in a remark.
func quoted(s string) string {
	if strings.HasSuffix(s, " runs)") {
		return s
	}
	if strings.ContainsAny(s, " \t\n") {
		return "“" + s + "”"
	}
	return s
}

// tolerances writes "Tolerance 5%." or "Tolerance 5% (total), 10% (faults)."
func tolerances(c *analysis.Compared) string {
	one := c.Metrics[0].Tolerance
	if !slices.ContainsFunc(c.Metrics, func(m analysis.Metric) bool { return m.Tolerance != one }) {
		return "Tolerance " + words.Percent(one) + "."
	}
	parts := make([]string, len(c.Metrics))
	for i, m := range c.Metrics {
		parts[i] = fmt.Sprintf("%s (%s)", words.Percent(m.Tolerance), m.Name)
	}
	return "Tolerance " + strings.Join(parts, ", ") + "."
}

// looks says after which rounds it could be decided, and after which it was.
func looks(c *analysis.Compared) string {
	used, planned := c.Rounds, c.Rules.Looks
	switch {
	case c.ByRuns:
		return "One look, at all runs."
	case c.Unpaired:
		return "One look, at all trials."
	case len(planned) == 1 && used == planned[0]:
		return fmt.Sprintf("One look, after %s.", prose.Count(used, "round"))
	}
	rounds := make([]string, len(planned))
	for i, n := range planned {
		rounds[i] = strconv.Itoa(n)
	}
	text := "Looks after " + prose.List(rounds) + " rounds"
	switch {
	case used == 0:
		return text + "; none was due."
	case slices.Contains(planned, used):
		return fmt.Sprintf("%s; ended after %d.", text, used)
	}
	return fmt.Sprintf("%s; cut short, with a last one after %d.", text, used)
}

// qualified adds the qualifiers that are printed after every verdict: how the sides of
// which the rounds were not the same hours were compared, and across.
func qualified(c *analysis.Compared, verdict string) string {
	switch {
	case c.Anchor != "":
		verdict += ", anchored"
	case c.ByRuns:
		verdict += ", by runs"
	case c.Unpaired:
		verdict += ", unpaired"
	}
	if len(c.Across) > 0 {
		verdict += ", across"
	}
	return verdict
}

// outcome is the last paragraph: the outcome, its exit code, and in one sentence why.
func outcome(c *analysis.Compared) string {
	if c.Asked {
		return answers(c)
	}
	code := strconv.Itoa(c.Outcome.ExitCode(verdict.FailInconclusive))
	if other := c.Outcome.ExitCode(verdict.PassInconclusive); strconv.Itoa(other) != code {
		code += fmt.Sprintf(", or %d with --inconclusive pass", other)
	}
	word := qualified(c, strings.ToUpper(c.Outcome.String()))
	return fmt.Sprintf("outcome: %s (exit code %s): %s.", word, code, why(c))
}

// answers counts the answers to a question.
func answers(c *analysis.Compared) string {
	var parts []string
	for _, v := range []verdict.Verdict{verdict.Faster, verdict.Slower, verdict.Equal, verdict.Open} {
		if n := count(c.Rows, v); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, v))
		}
	}
	return fmt.Sprintf("Of %s: %s. A question has no verdict; gate and two sides of runs have.",
		prose.Count(len(c.Rows), "answer"), strings.Join(parts, ", "))
}

// fewRuns says why no time is judged, and what would make it possible.
func fewRuns(c *analysis.Compared) string {
	side := fmt.Sprintf("%d against %d runs", c.BaseRuns, c.NewRuns)
	if c.BaseRuns == 1 && c.NewRuns == 1 {
		side = "one run a side"
	}
	anchor := "ARM"
	for _, r := range c.Rows {
		if r.Arm.Backend != c.Rows[0].Arm.Backend {
			anchor = c.Rows[0].Arm.Backend
		}
	}
	return fmt.Sprintf("%s: how much runs differ from each other is not known; give three a side, or --anchor %s if "+
		"the change cannot reach it", side, anchor)
}

// why is the reason for the outcome.
func why(c *analysis.Compared) string {
	of := func(v verdict.Verdict) string {
		n := count(c.Rows, v)
		return fmt.Sprintf("%d of %s %s", n, prose.Count(len(c.Rows), "comparison"), words.IsAre(n))
	}
	switch c.Outcome {
	case verdict.Passed:
		text := "slower by the tolerance is ruled out in " + every(len(c.Rows), "comparison")
		if count(c.Rows, verdict.Improvement) > 0 {
			text += "; " + of(verdict.Improvement) + " " + asMeasured(c.Rows, verdict.Improvement)
		}
		return text
	case verdict.Regressed:
		text := of(verdict.Regression) + " " + asMeasured(c.Rows, verdict.Regression)
		if count(c.Rows, verdict.Inconclusive) > 0 {
			text += "; " + of(verdict.Inconclusive) + " open"
		}
		return text
	case verdict.Undecided:
		text := of(verdict.Inconclusive) + " open"
		if hasReason(c, verdict.FewRuns) {
			text += ", with " + fewRuns(c)
		}
		if slices.Contains(c.Reasons, verdict.ControlUndecided) {
			text += ", and this machine cannot resolve the tolerance: the base was not shown to equal itself"
		}
		return text
	}
	if len(c.Refused) > 0 {
		return "the sides cannot be compared"
	}
	return "the base differs from itself, so nothing can be said of the new side"
}

// asMeasured says by how much the rows of a verdict differ. The verdict's rule asks
// the tolerance of the ratio as measured, and asks of the ratio's bound only that it
// rules out no difference: the sentence must claim no more.
func asMeasured(rows []analysis.Comparison, v verdict.Verdict) string {
	var by []float64
	least := "by "
	word := map[verdict.Verdict]string{verdict.Regression: "slower", verdict.Improvement: "faster"}[v]
	for _, r := range rows {
		if r.Verdict != v || r.Ratio == nil {
			continue
		}
		by = append(by, math.Abs(*r.Ratio-1))
		if r.Floored > 0 { // the value itself is below the one that counted
			least = "by at least "
		}
		if r.Unit != "s" { // a counter is neither fast nor slow
			word = map[verdict.Verdict]string{verdict.Regression: "above the base",
				verdict.Improvement: "below the base"}[v]
		}
	}
	if len(by) == 0 {
		return word
	}
	low, high := significant2(100*slices.Min(by)), significant2(100*slices.Max(by))
	if low == high {
		return word + ", " + least + low + "% as measured"
	}
	return word + ", " + least + low + "% to " + high + "% as measured"
}

// significant2 writes a number to two digits, the digits before the point included.
func significant2(f float64) string {
	n, err := strconv.ParseFloat(strconv.FormatFloat(f, 'g', 2, 64), 64)
	if err != nil {
		return units.FormatNumber(f)
	}
	return units.FormatNumber(n)
}

// every writes "the one comparison", "both comparisons" or "all 3 comparisons".
func every(n int, one string) string {
	switch n {
	case 1:
		return "the one " + one
	case 2:
		return "both " + one + "s"
	}
	return fmt.Sprintf("all %d %ss", n, one)
}

// hasReason reports whether a comparison has the reason.
func hasReason(c *analysis.Compared, why verdict.Reason) bool {
	return slices.ContainsFunc(c.Rows, func(r analysis.Comparison) bool { return slices.Contains(r.Reasons, why) })
}

func count(rows []analysis.Comparison, v verdict.Verdict) (n int) {
	for _, r := range rows {
		if r.Verdict == v {
			n++
		}
	}
	return n
}

func verdictTone(v verdict.Verdict) document.Tone {
	switch v {
	case verdict.Regression, verdict.Invalid, verdict.Slower:
		return document.Bad
	case verdict.Pass, verdict.Improvement, verdict.Faster:
		return document.Good
	}
	return document.Plain
}

func outcomeTone(o verdict.Outcome) document.Tone {
	switch o {
	case verdict.Passed:
		return document.Good
	case verdict.Regressed, verdict.Void:
		return document.Bad
	}
	return document.Plain
}
