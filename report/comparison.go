package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"mmapbench/analysis"
	"mmapbench/analysis/verdict"
	"mmapbench/internal/prose"
	"mmapbench/internal/spelling"
	"mmapbench/internal/units"
	"mmapbench/report/words"
	"mmapbench/results"
)

// Compare writes a judgement in the format asked for.
func Compare(w io.Writer, c *analysis.Compared, opts Options) error {
	var buf bytes.Buffer
	var err error
	switch opts.Format {
	case "", Table, Markdown:
		err = compareText(&buf, c, opts)
	case CSV:
		err = compareCSV(&buf, c, opts)
	case JSON:
		enc := json.NewEncoder(&buf)
		enc.SetEscapeHTML(false) // commands have < and >
		enc.SetIndent("", "  ")
		err = enc.Encode(SummarizeComparison(c))
	default:
		return spelling.Unknown("format", opts.Format, Formats)
	}
	if err != nil {
		return fmt.Errorf("comparison as %s: %w", opts.Format, err)
	}
	if _, err := w.Write(buf.Bytes()); err != nil {
		return fmt.Errorf("write comparison: %w", err)
	}
	return nil
}

// compareText is for the eye: a head, the table, what must be known of it, and
// the outcome.
func compareText(w io.Writer, c *analysis.Compared, opts Options) error {
	if opts.Format == Markdown {
		opts.Width, opts.Color = 0, false
	}
	say := func(text string) {
		if opts.Format == Markdown {
			text = plainMarkdown.Replace(text)
		}
		fmt.Fprintln(w, opts.wrap(text)) // to a buffer
	}
	say(compareHead(c))
	fmt.Fprintln(w)
	l := newCompareLayout(c, opts)
	if err := l.write(w, opts); err != nil {
		return err
	}
	fmt.Fprintln(w)
	for _, note := range compareNotes(c, &l) {
		say(note)
	}
	fmt.Fprintln(w)
	outcome := opts.wrap(compareOutcome(c))
	if opts.Color {
		outcome = inColor(outcome, outcomeColor(c.Outcome))
	}
	fmt.Fprintln(w, outcome)
	return nil
}

// plainMarkdown keeps what stands in commands and file names from being read as
// markup. Pipes are escaped later.
var plainMarkdown = strings.NewReplacer("*", `\*`, "<", "&lt;", "`", "\\`", "[", `\[`)

// compareHead says what is compared with what, how strictly, and when.
func compareHead(c *analysis.Compared) string {
	text := quoted(c.New) + " against " + quoted(c.Base)
	switch {
	case c.New == "":
		text = fmt.Sprintf("Each %s against %s", c.By, quoted(c.Base))
	case c.By == results.GateExec:
		text = "Command " + text
	case c.By != "":
		text = words.Capitalize(c.By) + " " + text
	}
	if c.Unpaired {
		text += ", unpaired: their rounds were not the same hours"
	} else {
		text += ", paired by round"
	}
	return text + ". " + tolerances(c) + " " + looksTaken(c)
}

// quoted puts what has spaces between quotation marks.
func quoted(s string) string {
	if strings.ContainsAny(s, " \t\n") {
		return "“" + s + "”"
	}
	return s
}

// tolerances writes "Tolerance 5%." or "Tolerance 5% (total), 10% (faults)."
func tolerances(c *analysis.Compared) string {
	metrics := comparedMetrics(c)
	same := !slices.ContainsFunc(metrics, func(m verdict.Metric) bool { return m.Tolerance != metrics[0].Tolerance })
	if same {
		return "Tolerance " + words.Percent(metrics[0].Tolerance) + "."
	}
	parts := make([]string, len(metrics))
	for i, m := range metrics {
		parts[i] = fmt.Sprintf("%s (%s)", words.Percent(m.Tolerance), m.Name)
	}
	return "Tolerance " + strings.Join(parts, ", ") + "."
}

// comparedMetrics lists the metrics in the order in which they were asked for.
func comparedMetrics(c *analysis.Compared) []verdict.Metric {
	return words.Distinct(c.Rows, func(r analysis.Comparison) verdict.Metric { return r.Metric })
}

// looksTaken says when it could be decided, and when it was.
func looksTaken(c *analysis.Compared) string {
	used, planned := c.Rounds, c.Rules.Looks
	switch {
	case c.Unpaired:
		return "One look, at all trials."
	case len(planned) == 1 && used == planned[0]:
		return fmt.Sprintf("One look, after %s.", prose.Count(used, "round"))
	}
	parts := make([]string, len(planned))
	for i, n := range planned {
		parts[i] = strconv.Itoa(n)
	}
	text := "Looks after " + prose.List(parts) + " rounds"
	switch {
	case used == 0:
		return text + "; none was due."
	case slices.Contains(planned, used):
		return fmt.Sprintf("%s; ended after %d.", text, used)
	}
	return fmt.Sprintf("%s; cut short, with a last one after %d.", text, used)
}

// marks are the words that a verdict must not stand without.
func marks(c *analysis.Compared) []string {
	var parts []string
	if c.Unpaired {
		parts = append(parts, "unpaired")
	}
	if len(c.Across) > 0 {
		parts = append(parts, "across")
	}
	return parts
}

// compareOutcome is the last line: the outcome, what it means to a caller, and
// in one sentence why.
func compareOutcome(c *analysis.Compared) string {
	word := strings.Join(append([]string{strings.ToUpper(c.Outcome.String())}, marks(c)...), ", ")
	code := strconv.Itoa(c.Outcome.ExitCode(verdict.FailInconclusive))
	if other := c.Outcome.ExitCode(verdict.PassInconclusive); strconv.Itoa(other) != code {
		code += fmt.Sprintf(", or %d with --inconclusive pass", other)
	}
	return fmt.Sprintf("outcome: %s (exit code %s): %s.", word, code, outcomeSentence(c))
}

func outcomeSentence(c *analysis.Compared) string {
	of := func(v verdict.Verdict) string {
		n := countVerdicts(c.Rows, v)
		return fmt.Sprintf("%d of %s %s", n, prose.Count(len(c.Rows), "comparison"), words.IsAre(n))
	}
	switch c.Outcome {
	case verdict.Passed:
		text := "slower by the tolerance is ruled out in " + everyOf(len(c.Rows), "comparison")
		if n := countVerdicts(c.Rows, verdict.Improvement); n > 0 {
			text += "; " + of(verdict.Improvement) + " " + asMeasured(c.Rows, verdict.Improvement)
		}
		return text
	case verdict.Regressed:
		text := of(verdict.Regression) + " " + asMeasured(c.Rows, verdict.Regression)
		if countVerdicts(c.Rows, verdict.Inconclusive) > 0 {
			text += "; " + of(verdict.Inconclusive) + " open"
		}
		return text
	case verdict.Undecided:
		text := of(verdict.Inconclusive) + " open"
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
// the tolerance of the ratio as measured, and of its bound only that no difference
// be ruled out: the sentence must claim no more.
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
			word = map[verdict.Verdict]string{verdict.Regression: "above the base", verdict.Improvement: "below the base"}[v]
		}
	}
	if len(by) == 0 {
		return word
	}
	low, high := two(100*slices.Min(by)), two(100*slices.Max(by))
	if low == high {
		return word + ", " + least + low + "% as measured"
	}
	return word + ", " + least + low + "% to " + high + "% as measured"
}

// two writes a number to two digits, those before the point too.
func two(f float64) string {
	n, err := strconv.ParseFloat(strconv.FormatFloat(f, 'g', 2, 64), 64)
	if err != nil {
		return units.FormatNumber(f)
	}
	return units.FormatNumber(n)
}

func everyOf(n int, one string) string {
	switch n {
	case 1:
		return "the one " + one
	case 2:
		return "both " + one + "s"
	}
	return fmt.Sprintf("all %d %ss", n, one)
}

func countVerdicts(rows []analysis.Comparison, v verdict.Verdict) (n int) {
	for _, r := range rows {
		if r.Verdict == v {
			n++
		}
	}
	return n
}

func verdictColor(v verdict.Verdict) string {
	switch v {
	case verdict.Regression, verdict.Invalid:
		return red
	case verdict.Pass, verdict.Improvement:
		return green
	}
	return ""
}

func outcomeColor(o verdict.Outcome) string {
	switch o {
	case verdict.Passed:
		return green
	case verdict.Regressed, verdict.Void:
		return red
	}
	return ""
}

// inColor paints every line by itself; "" is no colour.
func inColor(text, color string) string {
	if color == "" {
		return text
	}
	return color + strings.ReplaceAll(text, "\n", reset+"\n"+color) + reset
}
