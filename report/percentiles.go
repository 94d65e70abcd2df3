package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"mmapbench/analysis"
	"mmapbench/report/document"
	"mmapbench/report/words"
)

// percentileChart shows how slow the slow accesses are: the latency against the
// percentile from the median up, every further tenth of what is left as wide as
// the one before, a line per backend. It returns nil where no access was timed.
func percentileChart(f figure) *document.Chart {
	return f.latencyChart("percentiles", f.title("latency of single accesses"),
		"Each line ends at the longest latency, drawn where one access in all that were timed lies beyond.",
		func(g *analysis.Group, names int) *document.Plot {
			p := &document.Plot{}
			low, high, count := math.Inf(1), 0.0, 10.0
			f.each(g, func(backend string, l *analysis.Latency) {
				line, marks := tailLine(l)
				low, high = min(low, line[0].Y), max(high, line[len(line)-1].Y)
				count = max(count, float64(l.Count))
				p.Curves = append(p.Curves, document.Curve{Name: backend, Look: f.look(backend), Line: line,
					Marks: marks})
			})
			p.X = document.Axis{Label: "percentile", Log: true, Min: 2, Max: count * 1.1,
				Ticks: document.Ticks{Kind: document.Quantiles, Most: names}}
			p.Y = document.Axis{Label: "latency", Log: true, Min: low / 1.3, Max: high * 1.3,
				Ticks: document.Ticks{Kind: document.Seconds, Most: 9}}
			return p
		})
}

// tailLine returns the line from the median up, and marks on it at the median and
// where a tenth, a hundredth and so on are left.
func tailLine(l *analysis.Latency) (line, marks []document.Point) {
	for _, at := range l.Tail(10) {
		line = append(line, document.Point{X: 1 / (1 - at.Share), Y: seconds(at.Time)})
	}
	mark := func(left float64) {
		if t, ok := l.Quantile(1 - 1/left); ok {
			marks = append(marks, document.Point{X: left, Y: seconds(t)})
		}
	}
	mark(2)
	for left := 10.0; left <= float64(l.Count); left *= 10 {
		mark(left)
	}
	return line, marks
}

// latencyChart has a panel for each group in which accesses were timed.
func (f figure) latencyChart(name, title, note string,
	panel func(g *analysis.Group, names int) *document.Plot) *document.Chart {
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
	plots := &document.Plots{Columns: 1, Height: 6}
	names := 7 // how many ticks have names
	if len(groups) > 2 {
		plots.Columns, names = 2, 4
	}
	if len(s.backends()) > bundle {
		plots.Columns, names = 2, 4
	}
	for _, row := range pairs(shown) {
		var panels []*document.Plot
		for _, g := range row {
			p := panel(g, names)
			p.Title = panelName(g, len(s.records()) > 1)
			panels = append(panels, unbundled(p)...)
		}
		if len(panels)%plots.Columns > 0 {
			panels = append(panels, nil)
		}
		plots.Panels = append(plots.Panels, panels...)
	}
	shareAxes(plots.Panels)
	notes := []string{"The accesses of all usable trials. " + f.sampled(groups), note}
	if left != "" {
		notes = append(notes, left)
	}
	return &document.Chart{Name: f.prefix + "-" + name, Kind: name, Title: title, Subtitle: f.subtitle(),
		Legend: f.lines(false), Notes: notes, Plots: plots}
}

// bundle is how many lines a panel of latencies has at most: more could not be told apart.
const bundle = 5

// unbundled shares the lines of a panel out to several that all have the first one, if
// there are too many.
func unbundled(p *document.Plot) (panels []*document.Plot) {
	if len(p.Curves) <= bundle {
		return []*document.Plot{p}
	}
	rest := p.Curves[1:]
	n := (len(rest) + bundle - 2) / (bundle - 1)
	for i := range n {
		part := *p
		part.Title = strings.TrimPrefix(fmt.Sprintf("%s (%d/%d)", p.Title, i+1, n), " ")
		part.Curves = append([]document.Curve{p.Curves[0]}, rest[i*len(rest)/n:(i+1)*len(rest)/n]...)
		panels = append(panels, &part)
	}
	return panels
}

// shareAxes gives all panels the same axes.
func shareAxes(panels []*document.Plot) {
	share := func(of func(*document.Plot) *document.Axis) {
		low, high := math.Inf(1), 0.0
		for _, p := range panels {
			if p != nil {
				low, high = min(low, of(p).Min), max(high, of(p).Max)
			}
		}
		for _, p := range panels {
			if p != nil {
				of(p).Min, of(p).Max = low, high
			}
		}
	}
	share(func(p *document.Plot) *document.Axis { return &p.X })
	share(func(p *document.Plot) *document.Axis { return &p.Y })
}

// sampled says which accesses were timed, and what the clock adds.
func (f figure) sampled(groups []*analysis.Group) string {
	most, fewest, clock := int64(0), int64(math.MaxInt64), 0.0
	for _, g := range groups {
		f.each(g, func(_ string, l *analysis.Latency) {
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
func (f *figure) each(g *analysis.Group, call func(backend string, l *analysis.Latency)) {
	for _, name := range f.section.backends() {
		k := slices.IndexFunc(g.Rows, func(r analysis.Row) bool { return r.Name == name })
		if k >= 0 && g.Rows[k].Latency != nil {
			call(name, g.Rows[k].Latency)
		}
	}
}
