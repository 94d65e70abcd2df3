package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/olekukonko/tablewriter/tw"

	"mmapbench/analysis"
	"mmapbench/analysis/verdict"
	"mmapbench/internal/units"
	"mmapbench/results"
)

// The keys of columns of a comparison that are treated specially.
const (
	keyWhat    = "what"
	keyMetric  = "metric"
	keyPairs   = "pairs"
	keyRank    = "rank"
	keyRounds  = "rounds"
	keyEffect  = "effect"
	keyRatio   = "ratio"
	keyVerdict = "verdict"
)

// A compareColumn is a column of a comparison.
type compareColumn struct {
	key, head string
	what      string // what it is called when it is left out
	left      bool   // aligned
	cell      func(r *analysis.ComparedRow) string
}

// A compareGroup is what stands below one heading: the comparisons of one
// workload on one target.
type compareGroup struct {
	heading string // "" where a single arm says all
	rows    []*analysis.ComparedRow
	labels  []string // one per row
}

// A compareLayout is the table of a comparison as it fits.
type compareLayout struct {
	c       *analysis.Compared
	groups  []compareGroup
	columns []compareColumn
	names   int // at which labels are broken at spaces and commas; 0: nowhere
	lines   bool
	dropped []string
}

// newCompareLayout chooses the columns. What is compared, both medians, the
// ratio with its bounds, the smallest slowdown that could have been seen and the
// verdict are in every table from 80 columns up.
func newCompareLayout(c *analysis.Compared, opts Options) compareLayout {
	l := compareLayout{c: c, groups: compareGroups(c, opts.Format == Markdown)}
	l.columns = compareColumns(c)
	if len(comparedMetrics(c)) == 1 {
		l.remove(keyMetric)
	}
	same := func(r analysis.ComparedRow) bool { return r.Pairs != c.Judgement.Rounds }
	if !c.Unpaired && !slices.ContainsFunc(c.Rows, same) {
		l.remove(keyPairs) // the head has it
	}
	if !c.Unpaired {
		l.remove(keyRank)
	}
	if !slices.ContainsFunc(c.Rows, func(r analysis.ComparedRow) bool { return roundsToPass(&r) > 0 }) {
		l.remove(keyRounds)
	}
	for _, step := range []func(){l.drop(keyRank), l.drop(keyRounds), l.breakNames(30), l.breakRatio, l.breakVerdict,
		l.breakNames(24), l.drop(keyPairs), l.breakNames(18), l.breakNames(12), l.drop(keyEffect)} {
		if opts.Width <= 0 || l.width() <= opts.Width {
			break
		}
		step()
	}
	return l
}

func compareColumns(c *analysis.Compared) []compareColumn {
	return []compareColumn{
		{key: keyWhat, head: "what", left: true},
		{key: keyMetric, head: "metric", left: true, cell: func(r *analysis.ComparedRow) string { return r.Metric.Name }},
		{key: "base", head: "base", cell: func(r *analysis.ComparedRow) string { return amount(r.BaseMedian, r.Unit) }},
		{key: "new", head: "new", cell: func(r *analysis.ComparedRow) string { return amount(r.NewMedian, r.Unit) }},
		{key: keyRatio, head: "ratio", cell: compareRatio},
		{key: keyEffect, head: "could\nsee", what: "the smallest slowdown that could be seen", cell: couldSee},
		{key: keyRounds, head: "rounds\nto pass", what: "the rounds that it takes to pass", cell: func(r *analysis.ComparedRow) string {
			if n := roundsToPass(r); n > 0 {
				return strconv.Itoa(n)
			}
			return none
		}},
		{key: keyPairs, head: map[bool]string{false: "pairs", true: "trials"}[c.Unpaired], what: "how many trials were compared", cell: comparePairs},
		{key: keyRank, head: "rank-sum\np", what: "the rank-sum test", cell: func(r *analysis.ComparedRow) string {
			switch {
			case r.Test == nil:
				return none
			case r.Test.P < 0.001:
				return "<0.001"
			}
			return fmt.Sprintf("%.3f", r.Test.P)
		}},
		{key: keyVerdict, head: "verdict", left: true, cell: func(r *analysis.ComparedRow) string {
			return strings.Join(append([]string{r.Verdict.String()}, marks(c)...), ", ")
		}},
	}
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
	return units.FormatNumber(*v)
}

// deciding returns the bounds that the verdict rests on. What is open below the
// tolerance failed to pass, and what is open above it failed to be a regression.
func deciding(r *analysis.ComparedRow) *verdict.Bounds {
	switch r.Verdict {
	case verdict.Regression, verdict.Improvement:
		return r.Fail
	case verdict.Pass:
		return r.Pass
	}
	if r.Ratio != nil && *r.Ratio >= 1+r.Metric.Tolerance {
		return r.Fail
	}
	return r.Pass
}

// compareRatio writes the ratio with the bounds that decided.
func compareRatio(r *analysis.ComparedRow) string {
	if r.Ratio == nil {
		return none
	}
	b := deciding(r)
	if b == nil {
		return fmt.Sprintf("%s (n<%d)", fine(*r.Ratio), r.NeedPairs)
	}
	return fmt.Sprintf("%s (%s–%s)", fine(*r.Ratio), fine(b.Low), fine(b.High))
}

// fine writes a ratio to a thousandth around 1, where a tolerance lies.
func fine(f float64) string {
	if f >= 0.1 && f < 10 {
		return fmt.Sprintf("%.3f", f)
	}
	return ratio(f)
}

func couldSee(r *analysis.ComparedRow) string {
	e := r.MinEffect()
	switch {
	case e == nil:
		return none
	case *e > 10:
		return ">1000%"
	}
	return percent(*e)
}

func percent(f float64) string { return units.FormatNumber(100*f) + "%" }

// comparePairs writes "36/48" where not all rounds gave a pair.
func comparePairs(r *analysis.ComparedRow) string {
	switch {
	case r.Test != nil || r.BaseValues+r.NewValues > 0:
		return fmt.Sprintf("%d+%d", r.BaseValues, r.NewValues)
	case r.Pairs < r.Rounds:
		return fmt.Sprintf("%d/%d", r.Pairs, r.Rounds)
	}
	return strconv.Itoa(r.Pairs)
}

// roundsToPass is 0 where more rounds are not what the comparison lacks.
func roundsToPass(r *analysis.ComparedRow) int {
	if r.Verdict != verdict.Inconclusive || r.Ratio == nil || *r.Ratio >= 1+r.Metric.Tolerance {
		return 0
	}
	for _, why := range r.Reasons {
		if why == verdict.TooManyMissing || why == verdict.TooContaminated || why == verdict.Unsteady {
			return 0
		}
	}
	return r.RoundsToPass()
}

func (l *compareLayout) find(key string) int {
	return slices.IndexFunc(l.columns, func(c compareColumn) bool { return c.key == key })
}

func (l *compareLayout) remove(key string) {
	l.columns = slices.DeleteFunc(l.columns, func(c compareColumn) bool { return c.key == key })
}

// drop is the step that leaves a column out and notes it.
func (l *compareLayout) drop(key string) func() {
	return func() {
		if i := l.find(key); i >= 0 {
			l.dropped = append(l.dropped, l.columns[i].what)
			l.remove(key)
		}
	}
}

// breakNames is the step that breaks labels.
func (l *compareLayout) breakNames(at int) func() { return func() { l.names = at } }

// breakRatio puts the bounds on a line of their own.
func (l *compareLayout) breakRatio() {
	l.columns[l.find(keyRatio)].cell = func(r *analysis.ComparedRow) string {
		return strings.Replace(compareRatio(r), " (", "\n(", 1)
	}
}

// breakVerdict does so with what a verdict does not stand without.
func (l *compareLayout) breakVerdict() {
	c := &l.columns[l.find(keyVerdict)]
	whole := c.cell
	c.cell = func(r *analysis.ComparedRow) string { return strings.ReplaceAll(whole(r), ", ", ",\n") }
}

func (l *compareLayout) width() int {
	total := -gap
	for _, c := range l.columns {
		w := textWidth(c.head)
		for _, g := range l.groups {
			for i := range g.rows {
				w = max(w, textWidth(l.text(c, &g, i)))
			}
		}
		total += w + gap
	}
	return total
}

func (l *compareLayout) text(c compareColumn, g *compareGroup, row int) string {
	if c.key != keyWhat {
		return c.cell(g.rows[row])
	}
	label := g.labels[row]
	if l.names == 0 {
		return label
	}
	var lines []string
	for line := range strings.SplitSeq(wrap(label, l.names), "\n") {
		lines = append(lines, breakAtCommas(line, l.names))
	}
	return strings.Join(lines, "\n")
}

// write writes the table: every group below its heading. Only an empty row gives
// an empty line, and each is where a heading goes.
func (l *compareLayout) write(w io.Writer, opts Options) error {
	markdown := opts.Format == Markdown
	header, align := make([]string, len(l.columns)), make([]tw.Align, len(l.columns))
	for i, c := range l.columns {
		header[i], align[i] = c.head, tw.AlignRight
		if markdown {
			header[i] = strings.ReplaceAll(c.head, "\n", " ")
		}
		if c.left {
			align[i] = tw.AlignLeft
		}
	}
	var rows [][]string
	var headings []string
	for i := range l.groups {
		g := &l.groups[i]
		between := i > 0 && (g.heading != "" || l.groups[i-1].heading != "")
		if !markdown && (g.heading != "" || between) {
			rows = append(rows, make([]string, len(l.columns)))
			heading := opts.wrap(g.heading)
			if between {
				heading = strings.TrimSuffix("\n"+heading, "\n")
			}
			headings = append(headings, heading)
		}
		for k := range g.rows {
			rows = append(rows, l.cells(g, k, opts))
		}
	}
	var buf bytes.Buffer
	if err := writeCells(&buf, header, align, rows, markdown); err != nil {
		return err
	}
	for line := range strings.Lines(buf.String()) {
		if line == "\n" && len(headings) > 0 {
			line, headings = headings[0]+"\n", headings[1:]
		}
		if _, err := io.WriteString(w, line); err != nil {
			return err
		}
	}
	return nil
}

// cells returns a row. In a table for the eye the name of what has several
// metrics is written once.
func (l *compareLayout) cells(g *compareGroup, row int, opts Options) []string {
	out := make([]string, len(l.columns))
	for i, c := range l.columns {
		text := l.text(c, g, row)
		switch {
		case opts.Format == Markdown:
			text = escapePipes(plainMarkdown.Replace(text))
		case c.key == keyWhat && row > 0 && g.labels[row] == g.labels[row-1]:
			text = ""
		case opts.Color && c.key == keyVerdict:
			text = inColor(text, verdictColor(g.rows[row].Verdict))
		}
		out[i] = text
	}
	return out
}

// compareGroups sorts the rows by workload and target, in the order in which
// they come. whole: rows are to have their full names, and no headings.
func compareGroups(c *analysis.Compared, whole bool) []compareGroup {
	var groups []compareGroup
	key := func(r *analysis.ComparedRow) [2]string { return [2]string{r.Arm.Workload, r.Arm.Target} }
	for i := range c.Rows {
		r := &c.Rows[i]
		k := slices.IndexFunc(groups, func(g compareGroup) bool { return key(g.rows[0]) == key(r) })
		if k < 0 {
			k = len(groups)
			groups = append(groups, compareGroup{})
		}
		groups[k].rows = append(groups[k].rows, r)
	}
	for i := range groups {
		groups[i].name(c, whole)
	}
	return groups
}

// compareFactors are the words that tell arms of one workload and target apart.
var compareFactors = []func(r *analysis.ComparedRow) string{
	func(r *analysis.ComparedRow) string {
		if r.Arm.Record == 0 {
			return ""
		}
		return "records of " + units.FormatSize(r.Arm.Record)
	},
	func(r *analysis.ComparedRow) string {
		switch {
		case r.Arm.Size == 0:
			return ""
		case r.Arm.Workload == results.Exec:
			return "files of " + units.FormatSize(r.Arm.Size)
		}
		return "file of " + units.FormatSize(r.Arm.Size)
	},
	func(r *analysis.ComparedRow) string { return r.Arm.Cache },
	func(r *analysis.ComparedRow) string { return r.Arm.Backend },
	func(r *analysis.ComparedRow) string { return r.Arm.Consumer },
	func(r *analysis.ComparedRow) string { return r.Arm.Durability },
	func(r *analysis.ComparedRow) string { return r.Arm.Side },
}

// name gives the group its heading and the rows their labels: what they share
// stands in the one, and what they differ in in the others.
func (g *compareGroup) name(c *analysis.Compared, whole bool) {
	arms := len(distinct(g.rows, func(r *analysis.ComparedRow) string { return r.Name }))
	if whole || arms == 1 {
		for _, r := range g.rows {
			g.labels = append(g.labels, r.Name)
		}
		return
	}
	g.labels = make([]string, len(g.rows))
	var shared []string
	add := func(word func(r *analysis.ComparedRow) string) {
		words := distinct(g.rows, word)
		if len(words) == 1 {
			if words[0] != "" {
				shared = append(shared, words[0])
			}
			return
		}
		for i, r := range g.rows {
			g.labels[i] = strings.TrimSpace(g.labels[i] + " " + strings.TrimPrefix(word(r), "records of "))
		}
	}
	for _, f := range compareFactors {
		add(f)
	}
	if c.New == "" {
		for i, r := range g.rows {
			g.labels[i] = strings.TrimSpace(g.labels[i] + " " + r.New)
		}
	}
	for i, r := range g.rows {
		if g.labels[i] == "" {
			g.labels[i] = r.Name
		}
	}
	arm := g.rows[0].Arm
	head := arm.Workload
	if head == results.Exec {
		head = "commands"
	}
	if arm.Target != "" {
		head = strings.TrimSpace(head + " on " + arm.Target)
	}
	g.heading = strings.Join(append([]string{head}, shared...), ", ")
	if head == "" {
		g.heading = strings.Join(shared, ", ")
	}
}
