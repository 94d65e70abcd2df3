package report

import (
	"math"

	"mmapbench/analysis"
	"mmapbench/internal/units"
	"mmapbench/report/document"
)

// faultsChart compares the page faults, minor beside major. It returns nil where no arm
// has a usable trial.
func faultsChart(f figure) *document.Chart {
	per := " faults/" + f.section.groups[0].Rows[0].FaultsPer
	return f.pairChart("faults", f.title("page faults"), []pairedFigure{
		{"minor" + per, func(r *analysis.Row) *float64 { return r.MinorFaults }},
		{"major" + per, func(r *analysis.Row) *float64 { return r.MajorFaults }},
	}, "Medians, of "+f.section.terms().Whose+". One fault may map many pages, so faults are not pages.")
}

// deviceChart compares the bytes that the device moved, read beside written. It returns
// nil where none were moved, or nothing is known of them.
func deviceChart(f figure) *document.Chart {
	var shown []pairedFigure
	if f.section.moves(reads).any {
		shown = append(shown, pairedFigure{"read per byte asked for",
			func(r *analysis.Row) *float64 { return r.DeviceRead.Median }})
	}
	if f.section.moves(writes).any {
		shown = append(shown, pairedFigure{"written per byte asked for",
			func(r *analysis.Row) *float64 { return r.DeviceWrite.Median }})
	}
	if len(shown) == 0 {
		return nil
	}
	return f.pairChart("device", f.title("bytes moved by the device"), shown,
		"Medians. More than 1 was moved in vain; of less than 1 a cache had the rest.")
}

// A pairedFigure is one of at most two figures without intervals, under the name of its axis.
type pairedFigure struct {
	axis string
	of   func(*analysis.Row) *float64
}

// pairChart sets two figures beside each other, one row of panels per cache state, at the
// smallest record size. It returns nil where neither is known.
func (f figure) pairChart(kind, title string, pair []pairedFigure, note string) *document.Chart {
	s := f.section
	smallest := s.records()[0]
	for _, r := range s.records() {
		smallest = min(smallest, r)
	}
	grid := &document.Bars{Names: s.backends()}
	known, log := false, false
	for i := range s.groups {
		group := &s.groups[i]
		if group.Factors.Record != smallest {
			continue
		}
		var row []document.BarPanel
		for _, of := range pair {
			p := f.dots(of, group, &known)
			log = log || p.Log
			row = append(row, p)
		}
		row[0].Title = panelName(group, false)
		grid.Rows = append(grid.Rows, row)
	}
	if !known {
		return nil
	}
	for _, row := range grid.Rows {
		for j := range row {
			row[j].Log = log // neighbors are read alike
		}
	}
	notes := []string{note}
	if len(s.records()) > 1 {
		notes = append(notes, "With records of "+units.FormatSize(smallest)+", the smallest.")
	}
	return &document.Chart{Name: f.prefix + "-" + kind, Kind: kind, Title: title, Subtitle: f.subtitle(),
		Notes: notes, Bars: grid}
}

// wide is the ratio of the largest to the smallest figure from which an axis is
// logarithmic.
const wide = 30

func (f *figure) dots(of pairedFigure, g *analysis.Group, known *bool) document.BarPanel {
	low, high := math.Inf(1), 0.0
	p := document.BarPanel{Axis: of.axis, Scale: of.axis, Dots: true}
	p.Bars = bars(f.section.backends(), g, func(r *analysis.Row) document.Bar {
		n := of.of(r)
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
