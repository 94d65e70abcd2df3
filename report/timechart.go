package report

import (
	"fmt"
	"slices"

	"mmapbench/analysis"
	"mmapbench/report/document"
	"mmapbench/report/words"
)

// timeChart compares the times of arms without a rate, one panel per cache state. It
// returns nil without a usable trial.
func timeChart(f figure) *document.Chart {
	s := f.section
	return f.barChart("time", barChart{
		title: f.title(s.terms().Time),
		notes: []string{intervalNote("* no interval", slices.ContainsFunc(s.lines(), func(l line) bool {
			return l.row.Total != nil && l.row.Total.Interval == nil
		}))},
		panel: func(g *analysis.Group) document.BarPanel {
			unit, size := s.timeUnit(g.Factors.Cache)
			return document.BarPanel{Axis: fmt.Sprintf("%s (%s)", s.terms().Time, unit),
				Bars: bars(s.backends(), g, func(r *analysis.Row) document.Bar {
					return f.bar(r, r.Total, size, words.Duration(r.Total.Median))
				})}
		},
	})
}
