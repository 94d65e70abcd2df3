package report

import (
	"fmt"
	"slices"

	"mmapbench/analysis"
	"mmapbench/report/words"
)

// timeChart compares the times of commands, of which there is no rate, one panel
// per cache state. It returns nil without a usable trial.
func timeChart(f figure) *Chart {
	s := f.section
	return f.barChart("time", barChart{
		title: f.title(s.timeName()),
		notes: []string{intervalNote("* no interval", slices.ContainsFunc(s.lines(), func(l line) bool {
			return l.row.Total != nil && l.row.Total.Interval == nil
		}))},
		panel: func(g *analysis.Group) panel {
			unit, size := timeUnit(g)
			return panel{axis: fmt.Sprintf("%s (%s)", s.timeName(), unit), bars: bars(s.backends(), g, func(r *analysis.Row, i int) bar {
				b := bar{parts: []part{{r.Total.Median / size, hue(i), plain}}, label: words.Duration(r.Total.Median)}
				if iv := r.Total.Interval; iv != nil {
					b.interval = &analysis.Interval{Low: iv.Low / size, High: iv.High / size}
				} else {
					b.label += "*"
				}
				return b
			})}
		},
	})
}
