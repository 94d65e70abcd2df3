package report

import (
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"mmapbench/analysis"
	"mmapbench/report/words"
)

// recordsChart shows the throughput against the record size, a line per backend
// and a panel per cache state. It returns nil with fewer than two record sizes.
func recordsChart(f figure) *Chart {
	s := f.section
	if _, most := s.trials(); most == 0 || len(s.records()) < 2 {
		return nil
	}
	fr := frame{title: f.title("throughput by record size"), subtitle: f.subtitle(), legend: f.lineEntries(lineStyle),
		notes: []string{whiskerNote(s, "Points without whiskers have no interval") +
			" Points are moved sideways a little so that whiskers do not hide each other."}}
	g := &plotGrid{columns: 1, cell: 6 * vg.Centimeter}
	for _, cache := range s.caches() {
		g.add(words.Capitalize(words.Cache(cache)), recordsPlot(s, cache))
	}
	return f.plotChart("records", fr, g)
}

// recordsPlot is the panel of one cache state.
func recordsPlot(s *section, cache string) *plot.Plot {
	var groups []*analysis.Group
	for i := range s.groups {
		if s.groups[i].Factors.Cache == cache {
			groups = append(groups, &s.groups[i])
		}
	}
	p := newPlot()
	p.X.Label.Text, p.Y.Label.Text = "record size", "MiB/s"
	sizes := slices.Sorted(slices.Values(s.records()))
	// Half an octave at each end for the points that are moved.
	p.X.Scale, p.X.Min, p.X.Max = plot.LogScale{}, float64(sizes[0])/math.Sqrt2, float64(sizes[len(sizes)-1])*math.Sqrt2
	p.X.Tick.Marker = sizeTicks{sizes, 9}
	if low, high := rateRange(groups); high > 5*low {
		p.Y.Scale, p.Y.Min, p.Y.Max = plot.LogScale{}, low/1.3, high*1.3
		p.Y.Tick.Marker = logTicks{12}
	} else {
		p.Y.Min, p.Y.Max = 0, high*1.1
		p.Y.Tick.Marker = linearTicks{7}
	}
	p.Add(gridLines{upright: true})
	closest := 2.0 // octaves between two sizes, the nearest ones
	for i := range sizes[1:] {
		closest = min(closest, math.Log2(float64(sizes[i+1])/float64(sizes[i])))
	}
	backends := s.backends()
	step := min(0.13, 0.6*closest/float64(len(backends)))
	for i, name := range backends {
		shift := math.Exp2(step * (float64(i) - float64(len(backends)-1)/2))
		addLine(p, groups, name, i, shift)
	}
	return p
}

// rateRange returns the smallest and the largest of all rates and ends of
// intervals.
func rateRange(groups []*analysis.Group) (low, high float64) {
	low = math.Inf(1)
	for _, g := range groups {
		for _, r := range g.Rows {
			if r.Rate == nil {
				continue
			}
			ends := []float64{r.Rate.Median}
			if i := r.Rate.Interval; i != nil {
				ends = append(ends, i.Low, i.High)
			}
			low, high = min(low, slices.Min(ends)/words.MiB), max(high, slices.Max(ends)/words.MiB)
		}
	}
	if math.IsInf(low, 1) {
		return 1, 1
	}
	return low, high
}

// addLine adds a backend's line, its points and their whiskers.
func addLine(p *plot.Plot, groups []*analysis.Group, name string, i int, shift float64) {
	var points, whiskers plotter.XYs
	var ends plotter.YErrors
	for _, g := range groups {
		k := slices.IndexFunc(g.Rows, func(r analysis.Row) bool { return r.Arm.Backend == name })
		if k < 0 || g.Rows[k].Rate == nil {
			continue
		}
		rate := g.Rows[k].Rate
		xy := plotter.XY{X: float64(g.Factors.Record) * shift, Y: rate.Median / words.MiB}
		points = append(points, xy)
		if iv := rate.Interval; iv != nil {
			whiskers = append(whiskers, xy)
			ends = append(ends, struct{ Low, High float64 }{
				(rate.Median - iv.Low) / words.MiB, (iv.High - rate.Median) / words.MiB})
		}
	}
	if len(points) == 0 {
		return
	}
	addCurve(p, i, points, points)
	if len(whiskers) > 0 {
		p.Add(&plotter.YErrorBars{XYs: whiskers, YErrors: ends, CapWidth: 6,
			LineStyle: draw.LineStyle{Color: whisker, Width: 1.1}})
	}
}
