package report

import (
	"math"
	"slices"

	"mmapbench/analysis"
	"mmapbench/report/document"
	"mmapbench/report/words"
)

// recordsChart shows the throughput against the record size, a line per backend
// and a panel per cache state. It returns nil with fewer than two record sizes.
func recordsChart(f figure) *document.Chart {
	s := f.section
	if _, most := s.trials(); most == 0 || len(s.records()) < 2 {
		return nil
	}
	plots := &document.Plots{Columns: 1, Height: 6}
	log := false // of one panel, and then of all
	for _, cache := range s.caches() {
		low, high := rateRange(s.under(cache))
		log = log || high > 5*low
	}
	for _, cache := range s.caches() {
		plots.Panels = append(plots.Panels, f.recordsPlot(cache, log))
	}
	notes := []string{whiskerNote(s, "Points without whiskers have no interval") +
		" Points are moved sideways a little so that whiskers do not hide each other."}
	if len(plots.Panels) > 1 {
		notes = append(notes, ownScales)
	}
	return &document.Chart{Name: f.prefix + "-records", Kind: "records", Title: f.title("throughput by record size"),
		Subtitle: f.subtitle(),
		Legend:   f.lines(false), Plots: plots,
		Notes: notes}
}

// under are the groups of one cache state.
func (s *section) under(cache string) (groups []*analysis.Group) {
	for i := range s.groups {
		if s.groups[i].Factors.Cache == cache {
			groups = append(groups, &s.groups[i])
		}
	}
	return groups
}

// recordsPlot is the panel of one cache state.
func (f *figure) recordsPlot(cache string, log bool) *document.Plot {
	s := f.section
	groups := s.under(cache)
	var sizes []float64
	for _, r := range slices.Sorted(slices.Values(s.records())) {
		sizes = append(sizes, float64(r))
	}
	p := &document.Plot{Title: words.Capitalize(words.Cache(cache)), Grid: document.AllTicks}
	// Half an octave at each end for the points that are moved.
	p.X = document.Axis{Label: "record size", Log: true, Min: sizes[0] / math.Sqrt2,
		Max:   sizes[len(sizes)-1] * math.Sqrt2,
		Ticks: document.Ticks{Kind: document.Sizes, At: sizes, Most: 9}}
	low, high := rateRange(groups)
	p.Y = document.Axis{Label: "MiB/s", Max: high * 1.1, Ticks: document.Ticks{Most: 7}}
	if log {
		p.Y = document.Axis{Label: "MiB/s", Log: true, Min: low / 1.3, Max: high * 1.3,
			Ticks: document.Ticks{Kind: document.Decades, Most: 12}}
	}
	closest := 2.0 // octaves between two sizes, the nearest ones
	for i := range sizes[1:] {
		closest = min(closest, math.Log2(sizes[i+1]/sizes[i]))
	}
	backends := s.backends()
	span := math.Log2(p.X.Max / p.X.Min)
	step := min(0.13, 0.6*closest/float64(len(backends)), 0.1*span/float64(len(backends)))
	for i, name := range backends {
		shift := math.Exp2(step * (float64(i) - float64(len(backends)-1)/2))
		points := ratePoints(groups, name, shift)
		p.Curves = append(p.Curves, document.Curve{Name: name, Look: f.look(name), Line: points, Marks: points})
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

// ratePoints are a backend's rates by record size, moved sideways by a factor.
func ratePoints(groups []*analysis.Group, name string, shift float64) (points []document.Point) {
	for _, g := range groups {
		k := slices.IndexFunc(g.Rows, func(r analysis.Row) bool { return r.Name == name })
		if k >= 0 && g.Rows[k].Rate != nil {
			rate := g.Rows[k].Rate
			points = append(points, document.Point{X: float64(g.Factors.Record) * shift, Y: rate.Median / words.MiB,
				Interval: scaled(rate.Interval, words.MiB)})
		}
	}
	return points
}
