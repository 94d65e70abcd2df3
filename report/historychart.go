package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"mmapbench/analysis"
	"mmapbench/internal/units"
	"mmapbench/report/words"
)

// HistoryCharts writes a chart for each group of arms that differ in their
// backend alone into dir, as Charts does.
func HistoryCharts(dir string, h *analysis.History, formats []string) ([]string, error) {
	sections, _ := trendSections(h)
	var all []section
	for _, s := range sections {
		all = append(all, s.section)
	}
	var charts []*Chart
	names := make(map[string]int)
	for _, s := range sections {
		for i := range s.groups {
			ch := s.chart(h, &s.groups[i], fileName(&s.section, all))
			// Sections may differ in what is not in the name: the device behind a
			// name, or how it was measured.
			if names[ch.Name]++; names[ch.Name] > 1 {
				ch.Name = fmt.Sprintf("%s-%d", ch.Name, names[ch.Name])
			}
			charts = append(charts, ch)
		}
	}
	return writeCharts(dir, charts, formats)
}

// chart stacks a panel for each backend over one axis of runs.
func (s *trendSection) chart(h *analysis.History, g *analysis.Group, prefix string) *Chart {
	name := "history-" + prefix
	if len(s.caches()) > 1 {
		name += "-" + g.Factors.Cache
	}
	if len(s.records()) > 1 {
		name += "-" + units.CompactSize(g.Factors.Record)
	}
	runs := s.runs()
	grid := &plotGrid{columns: 1, cell: 3.4 * vg.Centimeter}
	noInterval := false
	for i := range g.Rows {
		t := &s.all[g.Rows[i].Arm.ID]
		p := newTrendPlot(t, runs, i)
		if i < len(g.Rows)-1 {
			p.X.Tick.Marker = unnamed{p.X.Tick.Marker}
		}
		grid.add(t.Arm.Backend, p)
		noInterval = noInterval || slices.ContainsFunc(t.Points, func(p analysis.TrendPoint) bool { return p.Estimate.Interval == nil })
	}
	fr := frame{title: words.Capitalize(s.factors.Workload) + ": " + s.what() + " from run to run", notes: s.chartNotes(g, noInterval)}
	if what := groupName(g, len(s.records()) > 1); what != "" && len(s.groups) > 1 {
		fr.title += ", " + what
	}
	fr.subtitle = []string{words.Place(s.factors.Target, s.labels(h).device(s.factors.Target)) + ", " + h.Host.MachineName(), words.Capitalize(strings.Join(append(s.facts(), s.span()), ", "))}
	return &Chart{Name: name, Width: chartWidth, Height: fr.above() + grid.height() + fr.below(),
		draw: func(c draw.Canvas) { grid.draw(fr.draw(c)) }}
}

func (s *trendSection) chartNotes(g *analysis.Group, noInterval bool) []string {
	note := fmt.Sprintf("Medians; whiskers: intervals with a confidence of at least %.0f%%.", 100*analysis.Confidence)
	if noInterval {
		note += fmt.Sprintf(" No whisker: fewer than %d usable trials.", analysis.MinN(analysis.Confidence))
	}
	changed := slices.ContainsFunc(g.Rows, func(r analysis.Row) bool { return len(s.all[r.Arm.ID].Changes) > 0 })
	if changed {
		note += " Upright lines: changes of level, + is slower; dashed: the median of each level."
	}
	return []string{note + " Runs are evenly spaced; the vertical axes do not begin at zero."}
}

// newTrendPlot draws a trend over the places of its runs among all runs.
func newTrendPlot(t *analysis.Trend, runs []*analysis.PastRun, i int) *plot.Plot {
	p := newPlot()
	low, high := math.Inf(1), 0.0
	for _, pt := range t.Points {
		e := pt.Estimate
		low, high = min(low, e.Median), max(high, e.Median)
		if e.Interval != nil {
			low, high = min(low, e.Interval.Low), max(high, e.Interval.High)
		}
	}
	name, unit := unitOf(high)
	low, high = low/unit, high/unit
	// A tenth of the figure at least, or noise would fill the panel; and room
	// above for the labels of changes.
	if least := 0.1 * (high + low) / 2; high-low < least {
		low, high = (low+high-least)/2, (low+high+least)/2
	}
	span := high - low
	p.Y.Min, p.Y.Max = max(0, low-0.06*span), high+0.06*span
	if len(t.Changes) > 0 {
		p.Y.Max = high + 0.3*span
	}
	p.Y.Label.Text, p.Y.Tick.Marker = name, spanTicks{4}
	p.X.Min, p.X.Max = -0.5, float64(len(runs))-0.5
	p.X.Tick.Marker = runTicks{runs, 7}
	p.Add(&trendLine{t, runs, unit, i})
	return p
}

// A trendLine is a plot.Plotter: the medians with their intervals, the levels
// between changes, and the changes.
type trendLine struct {
	trend *analysis.Trend
	runs  []*analysis.PastRun
	unit  float64
	i     int // of the backend
}

// crowd is how many runs have room for marks of full size.
const crowd = 50

func (l *trendLine) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	x := func(point int) vg.Length { return trX(float64(slices.Index(l.runs, l.trend.Points[point].Run))) }
	y := func(seconds float64) vg.Length { return trY(seconds / l.unit) }
	for _, t := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
		c.StrokeLine2(draw.LineStyle{Color: faint, Width: 0.6}, c.Min.X, trY(t.Value), c.Max.X, trY(t.Value))
	}
	l.drawChanges(&c, x)
	mark, half := markStyle(l.i), vg.Length(2.5)
	if len(l.runs) > crowd { // then levels would be hidden by the marks
		mark.Radius, half = 1.6, 1.2
		defer l.drawLevels(&c, x, y)
	} else {
		l.drawLevels(&c, x, y)
	}
	var line []vg.Point
	for i, pt := range l.trend.Points {
		line = append(line, vg.Point{X: x(i), Y: y(pt.Estimate.Median)})
	}
	c.StrokeLines(draw.LineStyle{Color: hue(l.i), Width: 1.2}, line)
	for i, pt := range l.trend.Points {
		if iv := pt.Estimate.Interval; iv != nil {
			drawUpright(&c, x(i), y(iv.Low), y(iv.High), half)
		}
		c.DrawGlyphNoClip(mark, line[i])
	}
}

// drawChanges draws the changes midway between two runs, each with its label at
// the top, on the side that has room.
func (l *trendLine) drawChanges(c *draw.Canvas, x func(int) vg.Length) {
	label := textStyle(textSize, true)
	changes := l.trend.Changes
	var free vg.Length // where the last label ends
	for k, change := range changes {
		at := (x(change.At-1) + x(change.At)) / 2
		c.StrokeLine2(draw.LineStyle{Color: ink, Width: 1.2}, at, c.Min.Y, at, c.Max.Y)
		text := changeText(change.Ratio)
		width, end := label.Width(text)+labelGap, c.Max.X
		if k+1 < len(changes) {
			end = x(changes[k+1].At - 1)
		}
		left, top := at+labelGap, c.Max.Y-1
		if left+width > end && at-width > max(free, c.Min.X) {
			left = at - width
		}
		if left < free {
			top -= lineHeight
		}
		c.FillText(label, vg.Point{X: left, Y: top}, text)
		free = left + width
	}
}

// drawLevels draws the median of each level, where there are several.
func (l *trendLine) drawLevels(c *draw.Canvas, x func(int) vg.Length, y func(float64) vg.Length) {
	if len(l.trend.Changes) == 0 {
		return
	}
	begin := 0
	beyond := min(6, 0.4*(x(1)-x(0)))
	for _, end := range append(slices.Clone(l.trend.Changes), analysis.TrendChange{At: len(l.trend.Points)}) {
		at := y(levelOf(l.trend.Points[begin:end.At]))
		c.StrokeLine2(draw.LineStyle{Color: ink, Width: 0.9, Dashes: []vg.Length{4, 2.5}}, x(begin)-beyond, at, x(end.At-1)+beyond, at)
		begin = end.At
	}
}

func levelOf(points []analysis.TrendPoint) float64 {
	medians := make([]float64, len(points))
	for i, p := range points {
		medians[i] = p.Estimate.Median
	}
	return analysis.MedianInterval(medians, analysis.Confidence).Median
}

// drawUpright draws a whisker that stands.
func drawUpright(c *draw.Canvas, x, low, high, half vg.Length) {
	style := draw.LineStyle{Color: whisker, Width: 1}
	c.StrokeLine2(style, x, low, x, high)
	c.StrokeLine2(style, x-half, low, x+half, low)
	c.StrokeLine2(style, x-half, high, x+half, high)
}

// runTicks mark every run and name as many as n, by date.
type runTicks struct {
	runs []*analysis.PastRun
	n    int
}

func (t runTicks) Ticks(_, _ float64) []plot.Tick {
	format := "01-02"
	if dayFormat(t.runs) != time.DateOnly {
		format = "01-02 15:04"
	}
	every := (len(t.runs) + t.n - 1) / t.n
	ticks := make([]plot.Tick, len(t.runs))
	for i, r := range t.runs {
		ticks[i] = plot.Tick{Value: float64(i)}
		if i%every == 0 {
			ticks[i].Label = when(r, format)
		}
	}
	return ticks
}

// spanTicks are linearTicks for an axis that does not begin at zero: the steps
// follow the span, and the names have the digits that tell them apart.
type spanTicks struct{ n int }

func (t spanTicks) Ticks(low, high float64) []plot.Tick {
	step := math.Pow(10, math.Floor(math.Log10((high-low)/float64(t.n))))
	for _, m := range []float64{1, 2, 5, 10} {
		if (high-low)/(step*m) <= float64(t.n) {
			step *= m
			break
		}
	}
	digits := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	var ticks []plot.Tick
	for i := math.Ceil(low / step); i*step <= high; i++ {
		ticks = append(ticks, plot.Tick{Value: i * step, Label: strconv.FormatFloat(i*step, 'f', digits, 64)})
	}
	return ticks
}
