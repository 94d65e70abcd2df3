package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/olekukonko/tablewriter/tw"

	"mmapbench/analysis"
	"mmapbench/analysis/verdict"
	"mmapbench/internal/units"
)

// Compare writes a judgement in the format asked for.
func Compare(w io.Writer, c *analysis.Compared, opts Options) error {
	var buf bytes.Buffer
	var err error
	switch opts.Format {
	case "", Table, Markdown:
		err = compareTable(&buf, c, opts)
	case CSV:
		err = compareCSV(&buf, c)
	case JSON:
		enc := json.NewEncoder(&buf)
		enc.SetIndent("", "  ")
		err = enc.Encode(SummarizeComparison(c))
	default:
		return units.Unknown("format", opts.Format, Formats)
	}
	if err != nil {
		return fmt.Errorf("comparison as %s: %w", opts.Format, err)
	}
	if _, err := w.Write(buf.Bytes()); err != nil {
		return fmt.Errorf("write comparison: %w", err)
	}
	return nil
}

// compareTable is for the eye: a head, the table, and what must be known of it.
func compareTable(w io.Writer, c *analysis.Compared, opts Options) error {
	say := func(format string, args ...any) error {
		_, err := fmt.Fprintln(w, wrap(fmt.Sprintf(format, args...), opts.Width))
		return err
	}
	if err := say("%s", compareHead(c)); err != nil {
		return err
	}
	fmt.Fprintln(w)
	if err := compareRows(w, c, opts); err != nil {
		return err
	}
	fmt.Fprintln(w)
	for _, n := range compareNotes(c) {
		if err := say("%s", n); err != nil {
			return err
		}
	}
	return say("%s", paintOutcome(compareOutcome(c), c.Outcome, opts.Color))
}

// compareHead says what is compared with what, and how.
func compareHead(c *analysis.Compared) string {
	switch {
	case c.Unpaired:
		return fmt.Sprintf("%s against %s, unpaired: the rounds of the two files were not the same hours.", c.New, c.Base)
	case c.New == "":
		return fmt.Sprintf("Each %s against %s, paired by round.", c.By, c.Base)
	}
	return fmt.Sprintf("%s against %s, paired by round: %d rounds, looks after %s.", c.New, c.Base, c.Judgement.Rounds, looks(c.Rules.Looks))
}

func looks(n []int) string {
	words := make([]string, len(n))
	for i, x := range n {
		words[i] = strconv.Itoa(x)
	}
	return list(words)
}

// compareColumns are dropped from the last one marked with a rank, where the
// terminal is too narrow, the highest rank first.
var compareColumns = []struct {
	head string
	left bool
	rank int // 0: never dropped
	cell func(c *analysis.Compared, r *analysis.ComparedRow) string
}{
	{"what", true, 0, func(c *analysis.Compared, r *analysis.ComparedRow) string { return r.Name }},
	{"by", true, 0, func(_ *analysis.Compared, r *analysis.ComparedRow) string { return r.Metric.Name }},
	{"base", false, 2, func(_ *analysis.Compared, r *analysis.ComparedRow) string { return amount(r.BaseMedian, r.Unit) }},
	{"new", false, 2, func(_ *analysis.Compared, r *analysis.ComparedRow) string { return amount(r.NewMedian, r.Unit) }},
	{"ratio", false, 0, func(_ *analysis.Compared, r *analysis.ComparedRow) string { return compareRatio(r) }},
	{"tolerance", false, 4, func(_ *analysis.Compared, r *analysis.ComparedRow) string { return percent(r.Metric.Tolerance) }},
	{"could\nsee", false, 1, func(_ *analysis.Compared, r *analysis.ComparedRow) string {
		if e := r.MinEffect(); e != nil {
			return percent(*e)
		}
		return none
	}},
	{"pairs", false, 3, func(_ *analysis.Compared, r *analysis.ComparedRow) string { return compareCount(r) }},
	{"verdict", true, 0, func(c *analysis.Compared, r *analysis.ComparedRow) string {
		v := r.Verdict.String()
		if c.Unpaired {
			v += " unpaired"
		}
		if len(c.Across) > 0 {
			v += " across"
		}
		return v
	}},
}

// amount writes a median in the unit that fits.
func amount(v *float64, unit string) string {
	switch {
	case v == nil:
		return none
	case unit == "s":
		return duration(*v)
	case unit == "bytes":
		return units.FormatSize(int64(*v))
	}
	return three(*v)
}

// compareRatio writes the ratio with the bounds that its verdict rests on.
func compareRatio(r *analysis.ComparedRow) string {
	if r.Ratio == nil {
		return none
	}
	b := r.Pass
	if r.Verdict == verdict.Regression || r.Verdict == verdict.Improvement {
		b = r.Fail
	}
	if b == nil {
		return fmt.Sprintf("%.3f", *r.Ratio)
	}
	return fmt.Sprintf("%.3f (%.3f–%.3f)", *r.Ratio, b.Low, b.High)
}

func compareCount(r *analysis.ComparedRow) string {
	if r.Test != nil {
		return fmt.Sprintf("%d and %d", r.BaseValues, r.NewValues)
	}
	return strconv.Itoa(r.Pairs)
}

func percent(f float64) string { return three(100*f) + "%" }

// compareRows writes the table, without the columns that do not fit.
func compareRows(w io.Writer, c *analysis.Compared, opts Options) error {
	for dropped := 5; ; dropped-- {
		var header []string
		var align []tw.Align
		columns := slices.Clone(compareColumns)
		columns = slices.DeleteFunc(columns, func(x struct {
			head string
			left bool
			rank int
			cell func(c *analysis.Compared, r *analysis.ComparedRow) string
		}) bool {
			return x.rank >= dropped && x.rank > 0
		})
		for _, x := range columns {
			header = append(header, x.head)
			if x.left {
				align = append(align, tw.AlignLeft)
			} else {
				align = append(align, tw.AlignRight)
			}
		}
		var rows [][]string
		for i := range c.Rows {
			var row []string
			for _, x := range columns {
				text := x.cell(c, &c.Rows[i])
				if opts.Format == Markdown {
					text = escapePipes(text)
				}
				if opts.Color && x.head == "verdict" {
					text = paintVerdict(text, c.Rows[i].Verdict)
				}
				row = append(row, text)
			}
			rows = append(rows, row)
		}
		if opts.Format == Markdown {
			for i := range header {
				header[i] = strings.ReplaceAll(header[i], "\n", " ")
			}
		}
		var buf bytes.Buffer
		if err := writeCells(&buf, header, align, rows, opts.Format == Markdown); err != nil {
			return err
		}
		if dropped == 1 || opts.Format == Markdown || opts.Width == 0 || widest(buf.String()) <= opts.Width {
			_, err := w.Write(buf.Bytes())
			return err
		}
	}
}

// widest is the length of the longest line, colours not counted.
func widest(text string) (n int) {
	for line := range strings.Lines(text) {
		for _, code := range []string{green, red, reset, "\n"} {
			line = strings.ReplaceAll(line, code, "")
		}
		n = max(n, len([]rune(line)))
	}
	return n
}

func paintVerdict(text string, v verdict.Verdict) string {
	switch v {
	case verdict.Regression, verdict.Invalid:
		return red + text + reset
	case verdict.Pass, verdict.Improvement:
		return green + text + reset
	}
	return text
}

func paintOutcome(text string, o verdict.Outcome, color bool) string {
	switch {
	case !color:
		return text
	case o == verdict.Passed:
		return green + text + reset
	case o == verdict.Regressed || o == verdict.Void:
		return red + text + reset
	}
	return text
}

// compareNotes say how to read the table and why a verdict was withheld.
func compareNotes(c *analysis.Compared) (notes []string) {
	notes = append(notes, "Ratio: new to base, with the bounds that the verdict rests on. Could see: the smallest slowdown that so many rounds would have called a regression nine times in ten.")
	notes = append(notes, openNotes(c)...)
	notes = append(notes, controlNotes(c)...)
	for _, cause := range c.Causes {
		if cause.Rounds > 0 {
			notes = append(notes, fmt.Sprintf("%s of rounds left out: %s in more than a quarter of their trials.", plural(cause.Rounds, "number"), cause.Name))
		}
	}
	if missing := missingTrials(c); missing != "" {
		notes = append(notes, missing)
	}
	if len(c.Alone) > 0 {
		notes = append(notes, "Without a counterpart, and left out: "+list(c.Alone)+".")
	}
	for _, d := range c.Refused {
		notes = append(notes, "Not comparable: "+d+".")
	}
	if len(c.Refused) > 0 {
		notes = append(notes, "--across compares them all the same, if that is the question.")
	}
	for _, d := range c.Across {
		notes = append(notes, "Compared across a difference: "+d+".")
	}
	return notes
}

// openNotes say why comparisons are undecided, those with the same reasons
// together, and how many rounds would do.
func openNotes(c *analysis.Compared) (notes []string) {
	type group struct {
		names  []string
		rounds int
	}
	var order []string
	groups := map[string]*group{}
	for i := range c.Rows {
		r := &c.Rows[i]
		if r.Verdict != verdict.Inconclusive {
			continue
		}
		why := reasons(slices.DeleteFunc(slices.Clone(r.Reasons), func(x verdict.Reason) bool { return x == verdict.Unpaired }))
		if why == "" {
			why = "the bounds are too wide to tell"
		}
		if groups[why] == nil {
			groups[why] = &group{}
			order = append(order, why)
		}
		groups[why].names = append(groups[why].names, r.Name+" by "+r.Metric.Name)
		groups[why].rounds = max(groups[why].rounds, r.RoundsToPass())
	}
	for _, why := range order {
		g := groups[why]
		names := list(g.names)
		if len(g.names) > 3 {
			names = fmt.Sprintf("%d of %d", len(g.names), len(c.Rows))
		}
		text := fmt.Sprintf("Open: %s: %s.", names, why)
		if g.rounds > 0 {
			text += fmt.Sprintf(" As they scatter, unchanged ones pass after some %d rounds.", g.rounds)
		}
		notes = append(notes, text)
	}
	return notes
}

func reasons(all []verdict.Reason) string {
	words := make([]string, len(all))
	for i, r := range all {
		words[i] = string(r)
	}
	return list(words)
}

// controlNotes say what the base against itself showed.
func controlNotes(c *analysis.Compared) (notes []string) {
	if len(c.Controls) == 0 {
		return nil
	}
	sound := 0
	for _, r := range c.Controls {
		switch r.Verdict {
		case verdict.Pass:
			sound++
		case verdict.Invalid:
			notes = append(notes, fmt.Sprintf("Control: the base differs from itself in %s by %s, %s: nothing can be said.", r.Name, r.Metric.Name, compareRatio(&r)))
		default:
			notes = append(notes, fmt.Sprintf("Control: in %s by %s the base was not shown to equal itself, %s: this machine does not resolve %s there.",
				r.Name, r.Metric.Name, compareRatio(&r), percent(r.Metric.Tolerance)))
		}
	}
	if sound > 0 {
		notes = append(notes, fmt.Sprintf("Controls: the base equals itself within the tolerance in %d of %d.", sound, len(c.Controls)))
	}
	return notes
}

func missingTrials(c *analysis.Compared) string {
	most := 0
	for _, r := range c.Rows {
		most = max(most, r.Missing)
	}
	if most == 0 {
		return ""
	}
	return fmt.Sprintf("Up to %s of a comparison gave no pair: a trial failed, was left out, or has no such figure.", plural(most, "round"))
}

// compareOutcome is the last line: the outcome and what it means to a caller.
func compareOutcome(c *analysis.Compared) string {
	text := "outcome: " + strings.ToUpper(c.Outcome.String())
	if len(c.Judgement.Reasons) > 0 {
		text += ": " + reasons(c.Judgement.Reasons)
	}
	return text
}
