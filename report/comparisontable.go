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
	"mmapbench/internal/prose"
	"mmapbench/report/words"
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
	cell      func(r *analysis.Comparison) string
}

// A compareLayout is the table of a comparison as it fits.
type compareLayout struct {
	c       *analysis.Compared
	groups  []compareGroup
	columns []compareColumn
	names   int // at which labels are broken at spaces and commas; 0: nowhere
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
	same := func(r analysis.Comparison) bool { return r.Pairs != c.Rounds }
	if !c.Unpaired && !slices.ContainsFunc(c.Rows, same) {
		l.remove(keyPairs) // the head has it
	}
	if !c.Unpaired {
		l.remove(keyRank)
	}
	if !slices.ContainsFunc(c.Rows, func(r analysis.Comparison) bool { return r.ToPass() > 0 }) {
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
		{key: keyMetric, head: "metric", left: true, cell: func(r *analysis.Comparison) string { return r.Metric.Name }},
		{key: "base", head: "base", cell: func(r *analysis.Comparison) string { return words.Amount(r.BaseMedian, r.Unit) }},
		{key: "new", head: "new", cell: func(r *analysis.Comparison) string { return words.Amount(r.NewMedian, r.Unit) }},
		{key: keyRatio, head: "ratio", cell: compareRatio},
		{key: keyEffect, head: "could\nsee", what: "the smallest slowdown that could be seen", cell: couldSee},
		{key: keyRounds, head: "rounds\nto pass", what: "the rounds that it takes to pass", cell: func(r *analysis.Comparison) string {
			if n := r.ToPass(); n > 0 {
				return strconv.Itoa(n)
			}
			return words.None
		}},
		{key: keyPairs, head: map[bool]string{false: "pairs", true: "trials"}[c.Unpaired], what: "how many trials were compared", cell: comparePairs},
		{key: keyRank, head: "rank-sum\np", what: "the rank-sum test", cell: func(r *analysis.Comparison) string {
			switch {
			case r.Test == nil:
				return words.None
			case r.Test.P < 0.001:
				return "<0.001"
			}
			return fmt.Sprintf("%.3f", r.Test.P)
		}},
		{key: keyVerdict, head: "verdict", left: true, cell: func(r *analysis.Comparison) string {
			return strings.Join(append([]string{r.Verdict.String()}, marks(c)...), ", ")
		}},
	}
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
	l.columns[l.find(keyRatio)].cell = func(r *analysis.Comparison) string {
		return strings.Replace(compareRatio(r), " (", "\n(", 1)
	}
}

// breakVerdict does so with what a verdict does not stand without.
func (l *compareLayout) breakVerdict() {
	c := &l.columns[l.find(keyVerdict)]
	whole := c.cell
	c.cell = func(r *analysis.Comparison) string { return strings.Replace(whole(r), ", ", ",\n", 1) }
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
	for line := range strings.SplitSeq(prose.Wrap(label, l.names), "\n") {
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
