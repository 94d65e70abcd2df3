package report

import (
	"strings"

	"mmapbench/analysis"
	"mmapbench/report/document"
	"mmapbench/report/words"
	"mmapbench/results"
)

// Run makes the report of a run: in plain words who wins where and why, the tables and the
// charts of each section, and what must be known of the whole run. detail: with all
// that is known, and not with one table a section that fits a terminal. file is how the
// run file was named, if at all.
func Run(file string, s *analysis.Summary, detail bool) *document.Document {
	all := sections(s)
	d := &document.Document{Blocks: blocks(s, all, detail), Data: Summarize(file, s)}
	list := figures(s, all)
	for _, ch := range targetCharts(s, list) {
		d.Blocks = append(d.Blocks, ch)
	}
	for _, f := range list {
		for _, ch := range f.charts() {
			d.Blocks = append(d.Blocks, ch)
		}
	}
	return d
}

// Blocks are the answer of a report and its tables, without the charts.
func Blocks(s *analysis.Summary, detail bool) []document.Block { return blocks(s, sections(s), detail) }

func blocks(s *analysis.Summary, all []section, detail bool) []document.Block {
	targets, alike := contests(s)
	return append(answer(s, all, targetGroups(targets, alike)),
		tableBlocks(s, all, targetTable(targets, alike), detail)...)
}

// tableBlocks are the tables of each section, then the one that sets targets beside each
// other, if there is one, and what concerns the whole run.
func tableBlocks(s *analysis.Summary, all []section, beside *document.Table, detail bool) (blocks []document.Block) {
	for i := range all {
		tables := []*document.Table{all[i].compact(), all[i].syncs()}
		if detail {
			tables = []*document.Table{all[i].times(s), all[i].latencies(), all[i].syncs(),
				all[i].series()}
		}
		for _, t := range tables {
			if t != nil {
				blocks = append(blocks, t)
			}
		}
	}
	if beside != nil {
		blocks = append(blocks, beside)
	}
	if detail || len(all) == 0 {
		for _, text := range given(&s.Header) {
			blocks = append(blocks, document.Say(text))
		}
		for _, text := range runWarnings(s.Header.Warnings) {
			blocks = append(blocks, document.Say(text))
		}
		if lines := costs(s, all); lines != nil {
			blocks = append(blocks, lines)
		}
		if text := about(s); text != "" {
			blocks = append(blocks, document.Say(text))
		}
		return blocks
	}
	return append(blocks, compactNotes(s, all))
}

// A rowColumn is a column of a table whose rows are arms.
type rowColumn struct {
	document.Column
	cell func(l line) document.Cell
}

// table makes a table of the section's rows: the columns that tell the arms apart,
// and then the others. A table too narrow for long backends breaks them by the steps.
func (s *section) table(name, caption string, columns []rowColumn, fit []document.Step) *document.Table {
	t := &document.Table{Name: name, Caption: caption, Fit: fit}
	columns = append(s.armColumns(), columns...)
	for _, c := range columns {
		t.Columns = append(t.Columns, c.Column)
	}
	for _, l := range s.lines() {
		if l.first {
			t.Groups = append(t.Groups, document.Group{})
		}
		var row document.Row
		for _, c := range columns {
			row = append(row, c.cell(l))
		}
		g := &t.Groups[len(t.Groups)-1]
		g.Rows = append(g.Rows, row)
	}
	return t
}

// armColumns say which arm a row is about: by the factors in which the groups
// differ, and by the backend.
func (s *section) armColumns() (columns []rowColumn) {
	for _, f := range s.differing() {
		columns = append(columns,
			rowColumn{document.Column{Key: f.Key, Heading: f.Key, Left: !f.IsNumber(), Once: true},
				func(l line) document.Cell {
					return document.Cell{Value: f.Value(&l.row.Arm), Text: f.Text(&l.row.Arm)}
				}})
	}
	heading := kindOf(&s.groups[0])
	return append(columns, rowColumn{document.Column{Key: keyBackend, Heading: heading, Left: true},
		func(l line) document.Cell {
			return document.Cell{Value: l.row.Name, Text: l.row.Name, Tone: l.tone()}
		}})
}

// arms are what the groups of the section share, each.
func (s *section) arms() (arms []results.Arm) {
	for _, g := range s.groups {
		arms = append(arms, g.Factors)
	}
	return arms
}

// differing are the factors in which the section's groups differ.
func (s *section) differing() []*results.Factor { return words.DifferWithin(s.arms()) }

// shared are phrases of the factors that all groups have in common, but for factors
// that are named elsewhere.
func (s *section) shared(but ...*results.Factor) []string {
	return words.Shared(s.groups[0].Factors, but...)
}

// tone is good news for the fastest of a group, and bad news for a row that is shown
// to be slower than the first.
func (l line) tone() document.Tone {
	switch {
	case l.won:
		return document.Good
	case l.row.Standing == analysis.Slower:
		return document.Bad
	}
	return document.Plain
}

// unknown stands where there is no figure.
var unknown = document.Cell{Text: words.None}

// figureCell is the cell of a figure that may not be known.
func figureCell(v *float64, text func(float64) string) document.Cell {
	if v == nil {
		return unknown
	}
	return document.Cell{Value: *v, Text: text(*v)}
}

// median is the cell of an estimate's median, in units of that size.
func median(e *analysis.Estimate, unit float64, text func(float64) string) document.Cell {
	if e == nil {
		return unknown
	}
	v := e.Median / unit
	return figureCell(&v, text)
}

// narrowed is the text with what stands in brackets on a line of its own.
func narrowed(text string) string { return strings.Replace(text, " (", "\n(", 1) }

// Steps that many tables take.
func drop(column string) document.Step {
	return document.Step{Do: document.Drop, Column: column}
}
func narrow(column string) document.Step {
	return document.Step{Do: document.Narrow, Column: column}
}
func breakNames(at int) document.Step {
	return document.Step{Do: document.Break, Column: keyBackend, At: at}
}
