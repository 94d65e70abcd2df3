package report

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"mmapbench/analysis"
	"mmapbench/report/words"
)

// percentileChart shows how slow the slow accesses are: the latency against the
// percentile from the median up, every further tenth of what is left as wide as
// the one before, a line per backend. It returns nil where no access was timed.
func percentileChart(f figure) *Chart {
	return f.latencyChart("percentiles", f.title("latency of single accesses"),
		"Each line ends at the longest latency, drawn where one access in all that were timed lies beyond.",
		func(g *analysis.Group, backends []string, names int) *plot.Plot {
			p := newPlot()
			p.X.Label.Text, p.Y.Label.Text = "percentile", "latency"
			low, high, count := math.Inf(1), 0.0, 10.0
			p.Add(gridLines{})
			each(g, backends, func(i int, l *analysis.Latency) {
				points := l.Tail(10)
				var line, marks plotter.XYs
				for _, at := range points {
					line = append(line, plotter.XY{X: 1 / (1 - at.Share), Y: seconds(at.Time)})
				}
				for _, named := range (quantileTicks{9}).Ticks(2, float64(l.Count)) {
					if t, ok := l.Quantile(1 - 1/named.Value); ok {
						marks = append(marks, plotter.XY{X: named.Value, Y: seconds(t)})
					}
				}
				low, high = min(low, line[0].Y), max(high, line[len(line)-1].Y)
				count = max(count, float64(l.Count))
				addCurve(p, i, line, marks)
			})
			p.X.Scale, p.X.Min, p.X.Max = plot.LogScale{}, 2, count*1.1
			p.X.Tick.Marker = quantileTicks{names}
			p.Y.Scale, p.Y.Min, p.Y.Max = plot.LogScale{}, low/1.3, high*1.3
			p.Y.Tick.Marker = timeTicks{9}
			return p
		})
}

// latencyChart has a panel for each group in which accesses were timed.
func (f figure) latencyChart(name, title, note string, panel func(g *analysis.Group, backends []string, names int) *plot.Plot) *Chart {
	s := f.section
	shown, left := s.shown()
	var groups []*analysis.Group
	for i := range shown {
		shown[i] = slices.DeleteFunc(shown[i], func(g *analysis.Group) bool {
			return !slices.ContainsFunc(g.Rows, func(r analysis.Row) bool { return r.Latency != nil })
		})
		groups = append(groups, shown[i]...)
	}
	if len(groups) == 0 {
		return nil
	}
	grid := &plotGrid{columns: 1, cell: 6 * vg.Centimeter}
	names := 7 // of ticks
	if len(groups) > 2 {
		grid.columns, names = 2, 4
	}
	for _, row := range pairs(shown) {
		for _, g := range row {
			grid.add(panelName(g, len(s.records()) > 1), panel(g, s.backends(), names))
		}
		if len(row) < grid.columns {
			grid.add("", nil)
		}
	}
	notes := []string{"The accesses of all usable trials. " + f.sampled(groups), note}
	if left != "" {
		notes = append(notes, left)
	}
	return f.plotChart(name, frame{title: title, subtitle: f.subtitle(), legend: f.lineEntries(lineStyle), notes: notes}, grid)
}

// sampled says which accesses were timed, and what the clock adds.
func (f figure) sampled(groups []*analysis.Group) string {
	most, fewest, clock := int64(0), int64(math.MaxInt64), 0.0
	for _, g := range groups {
		each(g, f.section.backends(), func(_ int, l *analysis.Latency) {
			most, fewest, clock = max(most, l.Every), min(fewest, l.Every), max(clock, l.Clock)
		})
	}
	text := "Every one was timed"
	switch {
	case most > fewest:
		text = fmt.Sprintf("At least one in %d was timed", most)
	case most > 1:
		text = fmt.Sprintf("One in %d was timed", most)
	}
	return text + fmt.Sprintf(", the clock's own %s included.", words.Duration(clock/1e9))
}

// each calls the function for the backends of the group that have latencies.
func each(g *analysis.Group, backends []string, f func(i int, l *analysis.Latency)) {
	for i, name := range backends {
		k := slices.IndexFunc(g.Rows, func(r analysis.Row) bool { return r.Arm.Backend == name })
		if k >= 0 && g.Rows[k].Latency != nil {
			f(i, g.Rows[k].Latency)
		}
	}
}
