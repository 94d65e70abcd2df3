package report

import (
	"math"

	"mmapbench/analysis"
	"mmapbench/internal/units"
	"mmapbench/report/document"
)

// faultsChart compares the page faults per MiB, minor beside major, one row of
// panels per cache state, at the smallest record size. It returns nil where no
// arm has a usable trial.
func faultsChart(f figure) *document.Chart {
	s := f.section
	smallest := s.records()[0]
	for _, r := range s.records() {
		smallest = min(smallest, r)
	}
	grid := &document.Bars{Names: s.backends()}
	known := false
	for i := range s.groups {
		group := &s.groups[i]
		if group.Factors.Record != smallest {
			continue
		}
		row := []document.BarPanel{
			f.faultsPanel("minor", group, func(r *analysis.Row) *float64 { return r.MinorFaults }, &known),
			f.faultsPanel("major", group, func(r *analysis.Row) *float64 { return r.MajorFaults }, &known),
		}
		row[0].Title = panelName(group, false)
		grid.Rows = append(grid.Rows, row)
	}
	if !known {
		return nil
	}
	notes := []string{"Medians, of " + s.terms().Whose + ". One fault may map many pages, so faults are not pages."}
	if len(s.records()) > 1 {
		notes = append(notes, "With records of "+units.FormatSize(smallest)+", the smallest.")
	}
	return &document.Chart{Name: f.prefix + "-faults", Title: f.title("page faults"), Subtitle: f.subtitle(),
		Notes: notes, Bars: grid}
}

// wide is the ratio of the largest to the smallest figure from which a panel's
// axis is logarithmic.
const wide = 30

func (f *figure) faultsPanel(kind string, g *analysis.Group, of func(*analysis.Row) *float64,
	known *bool) document.BarPanel {
	low, high := math.Inf(1), 0.0
	p := document.BarPanel{Axis: kind + " faults per " + g.Rows[0].FaultsPer, Dots: true}
	p.Bars = bars(f.section.backends(), g, func(r *analysis.Row) document.Bar {
		n := of(r)
		if n == nil {
			return document.Bar{Label: "not measured"}
		}
		*known = true
		if *n > 0 {
			low, high = min(low, *n), max(high, *n)
		}
		return document.Bar{Parts: []document.Part{{Length: *n, Look: f.look(r.Name)}},
			Label: units.FormatNumber(*n)}
	})
	p.Log = high > wide*low
	return p
}
