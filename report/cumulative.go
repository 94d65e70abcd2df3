package report

import (
	"math"
	"slices"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"mmapbench/analysis"
)

// cumulativeChart shows which part of the accesses took no longer than a time,
// a line per backend. It returns nil where no access was timed.
func cumulativeChart(f figure) *Chart {
	return f.latencyChart("cumulative", f.title("latency of single accesses, cumulative"),
		"The height of a line is the part of the accesses that took no longer.",
		func(g *analysis.Group, backends []string, names int) *plot.Plot {
			p := newPlot()
			p.X.Label.Text, p.Y.Label.Text = "latency", "accesses"
			low, high := math.Inf(1), 0.0
			p.Add(gridLines{})
			each(g, backends, func(i int, l *analysis.Latency) {
				line, marks := cumulativeLine(l)
				low, high = min(low, line[0].X), max(high, line[len(line)-1].X)
				addCurve(p, i, line, marks)
			})
			p.X.Scale, p.X.Min, p.X.Max = plot.LogScale{}, low/1.2, high*1.2
			p.X.Tick.Marker = timeTicks{names}
			p.Y.Min, p.Y.Max = 0, 1
			p.Y.Tick.Marker = plot.ConstantTicks{{Value: 0, Label: "0%"}, {Value: 0.25, Label: "25%"},
				{Value: 0.5, Label: "50%"}, {Value: 0.75, Label: "75%"}, {Value: 1, Label: "100%"}}
			return p
		})
}

// cumulativeLine returns the line, thinned to what can be seen, and marks on
// it.
func cumulativeLine(l *analysis.Latency) (line, marks plotter.XYs) {
	points := l.Cumulative()
	line = plotter.XYs{{X: seconds(points[0].Time), Y: 0}}
	for i, at := range points {
		last := line[len(line)-1]
		x := seconds(at.Time)
		if i == len(points)-1 || at.Share-last.Y >= 0.002 || x > 1.05*last.X {
			line = append(line, plotter.XY{X: x, Y: at.Share})
		}
	}
	for _, share := range []float64{0.1, 0.3, 0.5, 0.7, 0.9} {
		i := slices.IndexFunc(line, func(xy plotter.XY) bool { return xy.Y >= share })
		marks = append(marks, line[i])
	}
	return line, marks
}

// seconds is not below a nanosecond, so that every latency has a place on a
// logarithmic axis.
func seconds(d time.Duration) float64 { return max(d, 1).Seconds() }
