package report

import (
	"mmapbench/analysis"
	"mmapbench/internal/units"
)

// timeChart compares the times of commands, of which there is no rate, one panel
// per cache state. It returns nil without a usable trial.
func timeChart(f figure) *Chart {
	s := f.section
	// One unit for all bars, that of the longest.
	var longest float64
	for _, l := range s.lines() {
		if l.row.Total != nil {
			longest = max(longest, l.row.Total.Median)
		}
	}
	scale, unit := 1.0, "s"
	switch {
	case longest < 1e-3:
		scale, unit = 1e6, "µs"
	case longest < 1:
		scale, unit = 1e3, "ms"
	}
	return f.barChart("time", barChart{
		title: f.title("time of a run"),
		notes: []string{whiskerNote(s, "* no interval")},
		panel: func(g *analysis.Group) panel {
			return panel{axis: unit, bars: bars(s.backends(), g, func(r *analysis.Row, i int) bar {
				t := r.Total.Median * scale
				b := bar{parts: []part{{t, hue(i), plain}}, label: units.FormatNumber(t)}
				if iv := r.Total.Interval; iv != nil {
					b.interval = &analysis.Interval{Low: iv.Low * scale, High: iv.High * scale}
				} else {
					b.label += "*"
				}
				return b
			})}
		},
	})
}
