package chart

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"mmapbench/report/document"
)

// A plotGrid lays out panels with curves in rows, each with its title above. The
// data areas are of one size, however wide their labels are.
type plotGrid struct {
	*document.Plots
	plots []*plot.Plot
	texts []string // titles
}

func newPlotGrid(d *document.Plots) *plotGrid {
	g := &plotGrid{Plots: d}
	width := g.titles().width // not less than what the data have
	for _, p := range d.Panels {
		if p == nil {
			g.plots, g.texts = append(g.plots, nil), append(g.texts, "")
			continue
		}
		g.plots, g.texts = append(g.plots, plotOf(p, width)), append(g.texts, p.Title)
	}
	return g
}

// labelsWidth is more than the label and the ticks of a vertical axis take.
const labelsWidth = 65

func (g *plotGrid) titles() titles {
	cell := (chartWidth - 2*margins - panelGap*vg.Length(g.Columns-1)) / vg.Length(g.Columns)
	return titles{g.texts, cell - labelsWidth}
}

func (g *plotGrid) rows() int { return (len(g.plots) + g.Columns - 1) / g.Columns }

func (g *plotGrid) height() vg.Length {
	titles := g.titles()
	panel := vg.Length(g.Height)*vg.Centimeter + titles.height()
	return panel*vg.Length(g.rows()) + rowGap*vg.Length(g.rows()-1)
}

func (g *plotGrid) draw(c draw.Canvas) {
	titles := g.titles()
	grid := make([][]*plot.Plot, g.rows())
	for i := range grid {
		grid[i] = make([]*plot.Plot, g.Columns)
		copy(grid[i], g.plots[i*g.Columns:])
	}
	tiles := draw.Tiles{Rows: len(grid), Cols: g.Columns,
		PadTop: titles.height(), PadX: panelGap, PadY: rowGap + titles.height()}
	for i, row := range plot.Align(grid, tiles, c) {
		for j, area := range row {
			p := grid[i][j]
			if p == nil {
				continue
			}
			p.Draw(area)
			data := p.DataCanvas(area) // its height is the same in all of a row, the area's is not
			titles.draw(&c, g.texts[i*g.Columns+j], data.Min.X, data.Max.Y+titles.height())
		}
	}
}

func plotOf(d *document.Plot, width vg.Length) *plot.Plot {
	p := newPlot()
	setAxis(&p.X, d.X)
	p.X.Tick.Marker = spaced{p.X.Tick.Marker, p.X.Scale, width}
	setAxis(&p.Y, d.Y)
	p.Add(&curves{d})
	return p
}

// axisLabel says of a logarithmic axis that it is one.
func axisLabel(label string, log bool) string {
	if log && label != "" {
		return label + " (log)"
	}
	return label
}

func setAxis(a *plot.Axis, d document.Axis) {
	a.Min, a.Max, a.Tick.Marker = d.Min, d.Max, tickerOf(d.Ticks)
	a.Label.Text = axisLabel(d.Label, d.Log && (d.Ticks.Kind == document.Decades || d.Ticks.Kind == document.Seconds))
	if d.Log {
		a.Scale = plot.LogScale{}
	}
	if d.Unnamed {
		a.Tick.Marker = unnamed{a.Tick.Marker}
	}
}

// curves draws what a panel shows, from the back to the front: grid, changes,
// bands, lines with their marks and whiskers. It asks for no room beyond the axes,
// which would move them away from their lowest ticks.
type curves struct{ of *document.Plot }

// Plot implements plot.Plotter.
func (v *curves) Plot(c draw.Canvas, p *plot.Plot) {
	d := v.of
	trX, trY := p.Transforms(&c)
	at := func(x, y float64) vg.Point { return vg.Point{X: trX(x), Y: trY(y)} }
	drawGrid(&c, p, d.Grid)
	drawChanges(&c, d.Changes, trX)
	crowded := false // then levels would be hidden by the marks
	for i := range d.Curves {
		drawBand(&c, &d.Curves[i], at)
		crowded = crowded || d.Curves[i].Small
	}
	if !crowded {
		drawLevels(&c, d.Levels, trX, trY)
	}
	for i := range d.Curves {
		drawCurve(&c, &d.Curves[i], at)
	}
	if crowded {
		drawLevels(&c, d.Levels, trX, trY)
	}
}

// drawGrid draws a line for every named tick of the vertical axis, and for those of the
// horizontal axis that the grid has.
func drawGrid(c *draw.Canvas, p *plot.Plot, grid document.Grid) {
	trX, trY := p.Transforms(c)
	style := draw.LineStyle{Color: faint, Width: 0.6}
	for _, t := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
		if grid == document.AllTicks || grid == document.NamedTicks && !t.IsMinor() {
			c.StrokeLine2(style, trX(t.Value), c.Min.Y, trX(t.Value), c.Max.Y)
		}
	}
	for _, t := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
		if !t.IsMinor() {
			c.StrokeLine2(style, c.Min.X, trY(t.Value), c.Max.X, trY(t.Value))
		}
	}
}

func drawBand(c *draw.Canvas, d *document.Curve, at func(x, y float64) vg.Point) {
	if len(d.Band) == 0 {
		return
	}
	var edge []vg.Point
	for _, b := range d.Band {
		edge = append(edge, at(b.X, b.High))
	}
	for i := len(d.Band) - 1; i >= 0; i-- {
		edge = append(edge, at(d.Band[i].X, d.Band[i].Low))
	}
	c.FillPolygon(tint(hue(d.Look.Color)), c.ClipPolygonXY(edge))
}

func drawCurve(c *draw.Canvas, d *document.Curve, at func(x, y float64) vg.Point) {
	line := make([]vg.Point, len(d.Line))
	for i, p := range d.Line {
		line[i] = at(p.X, p.Y)
	}
	c.StrokeLines(lineStyle(d.Look, d.Thin), c.ClipLinesXY(line)...)
	cap := vg.Length(3)
	if d.Small {
		cap = 1.2
	}
	for _, p := range d.Marks {
		if iv := p.Interval; iv != nil {
			drawUpright(c, at(p.X, iv.Low), at(p.X, iv.High), cap)
		}
		c.DrawGlyphNoClip(markStyle(d.Look, d.Small), at(p.X, p.Y))
	}
}

// drawUpright draws a whisker that stands, with caps twice as wide as half.
func drawUpright(c *draw.Canvas, low, high vg.Point, half vg.Length) {
	style := draw.LineStyle{Color: whisker, Width: 1.1}
	c.StrokeLine2(style, low.X, low.Y, high.X, high.Y)
	c.StrokeLine2(style, low.X-half, low.Y, low.X+half, low.Y)
	c.StrokeLine2(style, high.X-half, high.Y, high.X+half, high.Y)
}

// drawChanges draws each change midway between two points, with its label at the
// top, on the side that has room.
func drawChanges(c *draw.Canvas, changes []document.Change, trX func(float64) vg.Length) {
	label := textStyle(textSize, true)
	var free vg.Length // where the last label ends
	for k, change := range changes {
		at := (trX(change.Before) + trX(change.After)) / 2
		c.StrokeLine2(draw.LineStyle{Color: ink, Width: 1.2}, at, c.Min.Y, at, c.Max.Y)
		width, end := label.Width(change.Label)+labelGap, c.Max.X
		if k+1 < len(changes) {
			end = trX(changes[k+1].Before)
		}
		left, top := at+labelGap, c.Max.Y-1
		if left+width > end && at-width > max(free, c.Min.X) {
			left = at - width
		}
		if left < free {
			top -= lineHeight
		}
		c.FillText(label, vg.Point{X: left, Y: top}, change.Label)
		free = left + width
	}
}

// drawLevels draws level lines, a little beyond the points where they begin and end.
func drawLevels(c *draw.Canvas, levels []document.Level, trX, trY func(float64) vg.Length) {
	if len(levels) == 0 {
		return // also on a logarithmic axis, which has no place 0
	}
	beyond := min(6, 0.4*(trX(1)-trX(0)))
	style := draw.LineStyle{Color: ink, Width: 0.9, Dashes: []vg.Length{4, 2.5}}
	for _, l := range levels {
		c.StrokeLine2(style, trX(l.From)-beyond, trY(l.Y), trX(l.To)+beyond, trY(l.Y))
	}
}

// lineStyle is that of a curve. Thin lines are for curves that go up and down all
// the time, in which dashes could not be told from gaps.
func lineStyle(l document.Look, thin bool) draw.LineStyle {
	if thin {
		return draw.LineStyle{Color: hue(l.Color), Width: 1.1}
	}
	return draw.LineStyle{Color: hue(l.Color), Width: 1.5, Dashes: dashes(l.Mark)}
}

func markStyle(l document.Look, small bool) draw.GlyphStyle {
	radius := vg.Length(3)
	if small {
		radius = 1.6
	}
	return draw.GlyphStyle{Color: hue(l.Color), Radius: radius, Shape: marker(l.Mark)}
}
