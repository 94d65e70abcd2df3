package report

import (
	"math"
	"slices"
	"time"

	"mmapbench/analysis"
	"mmapbench/report/document"
)

// cumulativeChart shows which part of the accesses took no longer than a time,
// a line per backend. It returns nil where no access was timed.
func cumulativeChart(f figure) *document.Chart {
	return f.latencyChart("cumulative", f.title("latency of single accesses, cumulative"),
		"The height of a line is the part of the accesses that took no longer.",
		func(g *analysis.Group, names int) *document.Plot {
			p := &document.Plot{}
			low, high := math.Inf(1), 0.0
			f.each(g, func(backend string, l *analysis.Latency) {
				line, marks := cumulativeLine(l)
				low, high = min(low, line[0].X), max(high, line[len(line)-1].X)
				p.Curves = append(p.Curves, document.Curve{Name: backend, Look: f.look(backend), Line: line,
					Marks: marks})
			})
			p.X = document.Axis{Label: "latency", Log: true, Min: low / 1.2, Max: high * 1.2,
				Ticks: document.Ticks{Kind: document.Seconds, Most: names}}
			p.Y = document.Axis{Label: "accesses", Max: 1, Ticks: document.Ticks{Kind: document.Named,
				At: []float64{0, 0.25, 0.5, 0.75, 1}, Name: []string{"0%", "25%", "50%", "75%", "100%"}}}
			return p
		})
}

// cumulativeLine returns the line, thinned to what can be seen, and marks on
// it.
func cumulativeLine(l *analysis.Latency) (line, marks []document.Point) {
	points := l.Cumulative()
	line = []document.Point{{X: seconds(points[0].Time), Y: 0}}
	for i, at := range points {
		last := line[len(line)-1]
		x := seconds(at.Time)
		if i == len(points)-1 || at.Share-last.Y >= 0.01 || x > 1.15*last.X {
			line = append(line, document.Point{X: x, Y: at.Share})
		}
	}
	for _, share := range []float64{0.1, 0.3, 0.5, 0.7, 0.9} {
		i := slices.IndexFunc(line, func(xy document.Point) bool { return xy.Y >= share })
		marks = append(marks, line[i])
	}
	return line, marks
}

// seconds is not below a nanosecond, so that every latency has a place on a
// logarithmic axis.
func seconds(d time.Duration) float64 { return max(d, 1).Seconds() }
