package report

import (
	"cmp"
	"fmt"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"mmapbench/analysis"
	"mmapbench/internal/prose"
	"mmapbench/internal/units"
	"mmapbench/report/words"
)

// seriesCharts shows what happened second by second, a chart for each group
// whose trials have a duration.
func seriesCharts(f figure) []*Chart {
	s := f.section
	var charts []*Chart
	for i := range s.groups {
		g := &s.groups[i]
		name := "series"
		if len(s.caches()) > 1 {
			name += "-" + g.Factors.Cache
		}
		if len(s.records()) > 1 {
			name += "-" + units.CompactSize(g.Factors.Record)
		}
		if ch := seriesChart(f, g, name); ch != nil {
			charts = append(charts, ch)
		}
	}
	return charts
}

// seriesPanels are the quantities by the second, those that may be unknown
// included: panels of the chart and, those with a key, columns of the table.
var seriesPanels = []struct {
	name, per string
	unit      float64
	of        func(*analysis.Series) analysis.Curve
	key, head string
}{
	{"throughput", "MiB/s", words.MiB, func(s *analysis.Series) analysis.Curve { return s.Rate }, "", ""},
	{"page faults", "per second", 1, func(s *analysis.Series) analysis.Curve { return s.Faults }, "faults", "faults\nper s"},
	{"device, read and written", "MiB/s", words.MiB, func(s *analysis.Series) analysis.Curve { return s.Device },
		keySeriesDevice, "device\nMiB/s"},
	{"TLB shootdowns of the whole host", "per second", 1, func(s *analysis.Series) analysis.Curve { return s.Shootdowns },
		keySeriesShootdowns, "shootdowns\nper s"},
}

// The keys of the quantities that not every machine can tell.
const (
	keySeriesDevice     = "device"
	keySeriesShootdowns = "shootdowns"
)

// seriesChart stacks the panels over one axis of time. It returns nil where no
// trial of the group has a series.
func seriesChart(f figure, g *analysis.Group, name string) *Chart {
	end, trials := 0.0, 0
	for _, r := range g.Rows {
		if r.Series != nil {
			end = max(end, r.Series.Elapsed[len(r.Series.Elapsed)-1])
			trials = max(trials, r.Series.Trials)
		}
	}
	if trials == 0 {
		return nil
	}
	grid := &plotGrid{columns: 1, cell: 3 * vg.Centimeter}
	var zero, unknown []string
	for _, panel := range seriesPanels {
		p := newPlot()
		p.X.Min, p.X.Max, p.X.Tick.Marker = 0, end, unnamed{linearTicks{10}}
		p.Add(gridLines{upright: true})
		switch high, known := f.addCurves(p, g, panel.of, panel.unit); {
		case !known:
			unknown = append(unknown, panel.name+f.whyUnknown(g, panel.key))
		case high == 0:
			zero = append(zero, panel.name)
		default:
			p.Y.Min, p.Y.Max, p.Y.Tick.Marker = 0, 1.08*high, countTicks{5}
			grid.add(words.Capitalize(panel.name)+", "+panel.per, p)
		}
	}
	if len(grid.plots) == 0 {
		return nil
	}
	last := grid.plots[len(grid.plots)-1]
	last.X.Label.Text, last.X.Tick.Marker = "seconds since the body began", linearTicks{10}
	fr := frame{title: f.title("second by second"), subtitle: f.subtitle(), legend: f.lineEntries(thinLine)}
	if what := groupName(g, len(f.section.records()) > 1); what != "" {
		fr.title += ", " + what
	}
	if trials > 1 {
		fr.notes = []string{fmt.Sprintf("Lines: for each second the median of %d trials; bands: from the least to the most of them.", trials)}
	}
	if len(zero) > 0 {
		fr.notes = append(fr.notes, "Not drawn, as there were none: "+prose.List(zero)+".")
	}
	if len(unknown) > 0 {
		fr.notes = append(fr.notes, "Not known: "+prose.List(unknown)+".")
	}
	return f.plotChart(name, fr, grid)
}

// whyUnknown returns the reason for which a quantity is not known, in
// parentheses; "" if the run does not say.
func (f figure) whyUnknown(g *analysis.Group, key string) string {
	reason := ""
	switch key {
	case keySeriesDevice:
		for _, r := range g.Rows {
			reason = cmp.Or(reason, r.DeviceRead.Reason, r.DeviceWrite.Reason)
		}
	case keySeriesShootdowns:
		for _, m := range f.run.Header.Metrics {
			if m.Name == "tlb_shootdowns" {
				reason = m.Reason
			}
		}
	}
	if reason == "" {
		return ""
	}
	return " (" + reason + ")"
}

// addCurves adds a quantity's line of every backend that knows it, over the
// bands of all. It returns the largest figure, and whether any is known.
func (f figure) addCurves(p *plot.Plot, g *analysis.Group, of func(*analysis.Series) analysis.Curve, unit float64) (high float64, known bool) {
	var lines []func()
	for i, backend := range f.section.backends() {
		k := slices.IndexFunc(g.Rows, func(r analysis.Row) bool { return r.Arm.Backend == backend })
		if k < 0 || g.Rows[k].Series == nil {
			continue
		}
		s := g.Rows[k].Series
		c := of(s)
		if c.Median == nil {
			continue
		}
		known, high = true, max(high, slices.Max(c.High)/unit)
		if s.Trials > 1 {
			p.Add(newBand(i, s.Elapsed, c, unit))
		}
		lines = append(lines, func() { addSeries(p, i, s.Elapsed, c.Median, unit) })
	}
	for _, add := range lines {
		add()
	}
	return high, known
}

// newBand is the area between a curve's least and most.
func newBand(i int, xs []float64, c analysis.Curve, unit float64) *plotter.Polygon {
	var edge plotter.XYs
	for k := range xs {
		edge = append(edge, plotter.XY{X: xs[k], Y: c.High[k] / unit})
	}
	for k := len(xs) - 1; k >= 0; k-- {
		edge = append(edge, plotter.XY{X: xs[k], Y: c.Low[k] / unit})
	}
	return &plotter.Polygon{XYs: []plotter.XYs{edge}, Color: tint(hue(i))}
}

// thinLine is for lines that go up and down all the time, in which dashes could
// not be told from gaps.
func thinLine(i int) draw.LineStyle { return draw.LineStyle{Color: hue(i), Width: 1.1} }

// addSeries adds a backend's line with a mark every eighth of its way, later
// for later backends so that marks of equal lines do not hide each other.
func addSeries(p *plot.Plot, i int, xs, ys []float64, unit float64) {
	var line, marks plotter.XYs
	every := max(1, len(xs)/8)
	for k := range xs {
		xy := plotter.XY{X: xs[k], Y: ys[k] / unit}
		line = append(line, xy)
		if k%every == (every/2+i*every/6)%every {
			marks = append(marks, xy)
		}
	}
	p.Add(&plotter.Line{XYs: line, LineStyle: thinLine(i)}, marksOn{marks, markStyle(i)})
}
