package report

import (
	"math"

	"mmapbench/analysis"
	"mmapbench/internal/units"
)

// faultsChart compares the page faults per MiB, minor beside major, one row of
// panels per cache state, at the smallest record size. It returns nil where no
// arm has a usable trial.
func faultsChart(f figure) *Chart {
	s := f.section
	smallest := s.records()[0]
	for _, r := range s.records() {
		smallest = min(smallest, r)
	}
	g := &grid{names: s.backends()}
	known := false
	for i := range s.groups {
		group := &s.groups[i]
		if group.Factors.Record != smallest {
			continue
		}
		row := []panel{
			faultsPanel("minor", s, group, func(r *analysis.Row) *float64 { return r.MinorFaults }, &known),
			faultsPanel("major", s, group, func(r *analysis.Row) *float64 { return r.MajorFaults }, &known),
		}
		row[0].title = panelName(group, false)
		g.rows = append(g.rows, row)
	}
	if !known {
		return nil
	}
	whose := "the measuring thread alone"
	if s.commands() {
		whose = "the command and the children that it waited for"
	}
	notes := []string{"Medians, of " + whose + ". One fault may map many pages, so faults are not pages."}
	if len(s.records()) > 1 {
		notes = append(notes, "With records of "+units.FormatSize(smallest)+", the smallest.")
	}
	return f.gridChart("faults", frame{title: f.title("page faults"), subtitle: f.subtitle(), notes: notes}, g)
}

// wide is the ratio of the largest to the smallest figure from which a panel's
// axis is logarithmic.
const wide = 30

func faultsPanel(kind string, s *section, g *analysis.Group, of func(*analysis.Row) *float64, known *bool) panel {
	low, high := math.Inf(1), 0.0
	p := panel{axis: kind + " faults per MiB", dots: true}
	if s.commands() {
		p.axis = kind + " faults of a run"
	}
	p.bars = bars(s.backends(), g, func(r *analysis.Row, i int) bar {
		n := of(r)
		if n == nil {
			return bar{label: "not measured"}
		}
		*known = true
		if *n > 0 {
			low, high = min(low, *n), max(high, *n)
		}
		return bar{parts: []part{{*n, hue(i), plain}}, label: units.FormatNumber(*n)}
	})
	p.log = high > wide*low
	return p
}
