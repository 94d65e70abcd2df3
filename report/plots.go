package report

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A plotGrid is plots with lines, in rows, each with a title above it. Their
// data areas are of one size, however wide their labels are.
type plotGrid struct {
	columns int
	cell    vg.Length // height of a plot with its axis
	texts   []string  // titles
	plots   []*plot.Plot
}

func (g *plotGrid) add(title string, p *plot.Plot) {
	g.texts, g.plots = append(g.texts, title), append(g.plots, p)
}

// labelsWidth is more than the label and the ticks of a vertical axis take.
const labelsWidth = 65

func (g *plotGrid) titles() titles {
	cell := (chartWidth - 2*margins - panelGap*vg.Length(g.columns-1)) / vg.Length(g.columns)
	return titles{g.texts, cell - labelsWidth}
}

func (g *plotGrid) rows() int { return (len(g.plots) + g.columns - 1) / g.columns }

func (g *plotGrid) height() vg.Length {
	titles := g.titles()
	return (g.cell+titles.height())*vg.Length(g.rows()) + rowGap*vg.Length(g.rows()-1)
}

func (g *plotGrid) draw(c draw.Canvas) {
	titles := g.titles()
	grid := make([][]*plot.Plot, g.rows())
	for i := range grid {
		grid[i] = make([]*plot.Plot, g.columns)
		copy(grid[i], g.plots[i*g.columns:])
	}
	tiles := draw.Tiles{Rows: len(grid), Cols: g.columns,
		PadTop: titles.height(), PadX: panelGap, PadY: rowGap + titles.height()}
	for i, row := range plot.Align(grid, tiles, c) {
		for j, area := range row {
			p := grid[i][j]
			if p == nil {
				continue
			}
			p.Draw(area)
			data := p.DataCanvas(area) // of one height in all of a row, as area is not
			titles.draw(&c, g.texts[i*g.columns+j], data.Min.X, data.Max.Y+titles.height())
		}
	}
}

// plotChart puts a grid of plots into a frame.
func (f figure) plotChart(name string, fr frame, g *plotGrid) *Chart {
	return &Chart{Name: f.prefix + "-" + name, Width: chartWidth, Height: fr.above() + g.height() + fr.below(),
		draw: func(c draw.Canvas) { g.draw(fr.draw(c)) }}
}

// lineEntries is the legend of charts with a line per backend.
func (f figure) lineEntries(style func(i int) draw.LineStyle) []entry {
	var legend []entry
	for i, b := range f.section.backends() {
		legend = append(legend, entry{b, func(c *draw.Canvas, r vg.Rectangle) {
			y := (r.Min.Y + r.Max.Y) / 2
			c.StrokeLine2(style(i), r.Min.X, y, r.Max.X, y)
			c.DrawGlyphNoClip(markStyle(i), vg.Point{X: (r.Min.X + r.Max.X) / 2, Y: y})
		}})
	}
	return legend
}

// addCurve adds a line, and marks on it that tell it from others without colour.
func addCurve(p *plot.Plot, i int, points, marks plotter.XYs) {
	p.Add(&plotter.Line{XYs: points, LineStyle: lineStyle(i)}, marksOn{marks, markStyle(i)})
}

// marksOn is a plotter.Scatter that asks for no room beyond the axes, which
// would move them away from their lowest ticks.
type marksOn struct {
	at    plotter.XYs
	style draw.GlyphStyle
}

func (m marksOn) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	for _, xy := range m.at {
		c.DrawGlyphNoClip(m.style, vg.Point{X: trX(xy.X), Y: trY(xy.Y)})
	}
}

func lineStyle(i int) draw.LineStyle {
	return draw.LineStyle{Color: hue(i), Width: 1.5, Dashes: dashes(i)}
}

func markStyle(i int) draw.GlyphStyle {
	return draw.GlyphStyle{Color: hue(i), Radius: 3, Shape: marker(i)}
}

// gridLines are plotter.Grid for the ticks that have a name only, or upright for
// all.
type gridLines struct{ upright bool }

func (g gridLines) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	style := draw.LineStyle{Color: faint, Width: 0.6}
	for _, t := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
		if g.upright || !t.IsMinor() {
			c.StrokeLine2(style, trX(t.Value), c.Min.Y, trX(t.Value), c.Max.Y)
		}
	}
	for _, t := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
		if !t.IsMinor() {
			c.StrokeLine2(style, c.Min.X, trY(t.Value), c.Max.X, trY(t.Value))
		}
	}
}
