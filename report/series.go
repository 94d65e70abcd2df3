package report

import (
	"cmp"
	"fmt"
	"slices"

	"mmapbench/analysis"
	"mmapbench/internal/prose"
	"mmapbench/report/document"
	"mmapbench/report/words"
)

// seriesCharts shows what happened second by second, a chart for each group
// whose trials have a duration.
func seriesCharts(f figure) []*document.Chart {
	s := f.section
	var charts []*document.Chart
	for i := range s.groups {
		g := &s.groups[i]
		name := "series"
		for _, f := range s.differing() {
			name += "-" + f.Label(&g.Factors)
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
	{"page faults", "per second", 1, func(s *analysis.Series) analysis.Curve { return s.Faults }, "faults",
		"faults\nper s"},
	{"device, read and written", "MiB/s", words.MiB, func(s *analysis.Series) analysis.Curve { return s.Device },
		keySeriesDevice, "device\nMiB/s"},
	{"TLB shootdowns of the whole host", "per second", 1,
		func(s *analysis.Series) analysis.Curve { return s.Shootdowns },
		keySeriesShootdowns, "shootdowns\nper s"},
}

// The keys of the quantities that not every machine can tell.
const (
	keySeriesDevice     = "device"
	keySeriesShootdowns = "shootdowns"
)

// seriesChart stacks the panels over one axis of time. It returns nil where no
// trial of the group has a series.
func seriesChart(f figure, g *analysis.Group, name string) *document.Chart {
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
	plots := &document.Plots{Columns: 1, Height: 3}
	var zero, unknown []string
	for _, panel := range seriesPanels {
		p, high := f.seriesPlot(g, panel.of, panel.unit)
		switch {
		case p == nil:
			unknown = append(unknown, panel.name+f.whyUnknown(g, panel.key))
		case high == 0:
			zero = append(zero, panel.name)
		default:
			p.Title = words.Capitalize(panel.name) + ", " + panel.per
			p.X = document.Axis{Max: end, Ticks: document.Ticks{Most: 10}, Unnamed: true}
			p.Y = document.Axis{Max: 1.08 * high, Ticks: document.Ticks{Kind: document.Count, Most: 5}}
			plots.Panels = append(plots.Panels, p)
		}
	}
	if len(plots.Panels) == 0 {
		return nil
	}
	last := plots.Panels[len(plots.Panels)-1]
	last.X.Label, last.X.Unnamed = "seconds since the body began", false
	ch := &document.Chart{Name: f.prefix + "-" + name, Kind: "series",
		Title: f.title("second by second"), Subtitle: f.subtitle(),
		Legend: f.lines(true), Plots: plots}
	if what := groupName(g, len(f.section.records()) > 1); what != "" {
		ch.Title += ", " + what
	}
	if trials > 1 {
		ch.Notes = []string{fmt.Sprintf("Lines: for each second the median of %d trials; bands: "+
			"from the least to the most of them.", trials)}
	}
	if len(zero) > 0 {
		ch.Notes = append(ch.Notes, "Not drawn, as there were none: "+prose.List(zero)+".")
	}
	if len(unknown) > 0 {
		ch.Notes = append(ch.Notes, "Not known: "+prose.List(unknown)+".")
	}
	return ch
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
		for _, m := range f.summary.Header.Metrics {
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

// seriesPlot has a quantity's line of every backend that knows it, over the bands
// of all; nil where none does. It returns the largest figure too.
func (f *figure) seriesPlot(g *analysis.Group, of func(*analysis.Series) analysis.Curve,
	unit float64) (p *document.Plot, high float64) {
	for i, backend := range f.section.backends() {
		k := slices.IndexFunc(g.Rows, func(r analysis.Row) bool { return r.Name == backend })
		if k < 0 || g.Rows[k].Series == nil {
			continue
		}
		s := g.Rows[k].Series
		c := of(s)
		if c.Median == nil {
			continue
		}
		if p == nil {
			p = &document.Plot{Grid: document.AllTicks}
		}
		high = max(high, slices.Max(c.High)/unit)
		p.Curves = append(p.Curves, seriesCurve(s, c, unit, i))
		p.Curves[len(p.Curves)-1].Name, p.Curves[len(p.Curves)-1].Look = backend, f.look(backend)
	}
	return p, high
}

// seriesCurve is a line with a mark every eighth of its way, later for later
// backends so that marks of equal lines do not hide each other.
func seriesCurve(s *analysis.Series, c analysis.Curve, unit float64, i int) document.Curve {
	out := document.Curve{Thin: true}
	every := max(1, len(s.Elapsed)/8)
	for k, x := range s.Elapsed {
		at := document.Point{X: x, Y: c.Median[k] / unit}
		out.Line = append(out.Line, at)
		if k%every == (every/2+i*every/6)%every {
			out.Marks = append(out.Marks, at)
		}
		if s.Trials > 1 {
			out.Band = append(out.Band, document.Band{X: x, Low: c.Low[k] / unit, High: c.High[k] / unit})
		}
	}
	return out
}
