package chart

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"mmapbench/report/document"
)

// A grid lays out panels of bars: the names of the bars stand to the left, where
// long ones have room, and each row of panels repeats them.
type grid struct{ *document.Bars }

// A panel draws one panel of a grid. Its axis has room for all bars of the panels that
// have the same axis.
type panel struct {
	*document.BarPanel
	all []document.Bar
}

// panel returns a panel with the bars of those that have its axis.
func (g grid) panel(p *document.BarPanel) panel {
	if p.Scale == "" {
		return panel{p, p.Bars}
	}
	var all []document.Bar
	for _, row := range g.Rows {
		for _, other := range row {
			if other.Scale == p.Scale {
				all = append(all, other.Bars...)
			}
		}
	}
	return panel{p, all}
}

// end is where the label of a bar may begin.
func end(b *document.Bar) float64 {
	if b.Interval != nil {
		return max(b.Length(), b.Interval.High)
	}
	return b.Length()
}

const (
	panelAxis = 2*lineHeight + 8 // height of a panel's axis
	rowGap    = 12               // between two rows
	namesGap  = 9                // between names and bars
	panelGap  = 16               // between two columns
	labelGap  = 5                // between a bar's end and its label
	dotRadius = 4
	nameWidth = 26 // characters, beyond which a name is broken
)

// pitch is the distance of one bar from the next.
func (g grid) pitch() vg.Length {
	lines := 1
	for _, n := range g.Names {
		lines = max(lines, 1+countLines(document.BreakAtCommas(n, nameWidth)))
	}
	p := vg.Length(lines)*lineHeight + 5
	if len(g.Names) <= 3 {
		return max(p, 34)
	}
	return max(p, 22)
}

func countLines(s string) (n int) {
	for _, r := range s {
		if r == '\n' {
			n++
		}
	}
	return n
}

func (g grid) height() vg.Length {
	titles := g.titles()
	one := titles.height() + g.pitch()*vg.Length(len(g.Names)) + panelAxis
	return one*vg.Length(len(g.Rows)) + rowGap*vg.Length(len(g.Rows)-1)
}

// namesWidth is what the names take to the left of the first panel.
func (g grid) namesWidth() (w vg.Length) {
	style := textStyle(textSize, false)
	for _, n := range g.Names {
		w = max(w, style.Width(document.BreakAtCommas(n, nameWidth)))
	}
	return w + namesGap
}

// panelWidth is the same in all rows: one that has fewer panels does not make
// them wider.
func (g grid) panelWidth() vg.Length {
	columns := 0
	for _, row := range g.Rows {
		columns = max(columns, len(row))
	}
	return (chartWidth - 2*margins - g.namesWidth() - panelGap*vg.Length(columns-1)) / vg.Length(columns)
}

func (g grid) titles() titles {
	t := titles{width: g.panelWidth()}
	for _, row := range g.Rows {
		for _, p := range row {
			t.texts = append(t.texts, p.Title)
		}
	}
	return t
}

func (g grid) draw(c draw.Canvas) {
	style := textStyle(textSize, false)
	style.XAlign, style.YAlign = draw.XRight, draw.YCenter
	names, width, titles := g.namesWidth(), g.panelWidth(), g.titles()
	height := (c.Size().Y - rowGap*vg.Length(len(g.Rows)-1)) / vg.Length(len(g.Rows))
	for i, row := range g.Rows {
		top := c.Max.Y - vg.Length(i)*(height+rowGap)
		for j := range row {
			left := c.Min.X + names + vg.Length(j)*(width+panelGap)
			area := draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{
				Min: vg.Point{X: left, Y: top - height}, Max: vg.Point{X: left + width, Y: top}}}
			titles.draw(&c, row[j].Title, left, top)
			data := g.panel(&row[j]).draw(draw.Crop(area, 0, 0, 0, -titles.height()))
			for k, n := range g.Names {
				if j > 0 {
					break
				}
				y := data.Y((float64(len(g.Names)-1-k) + 0.5) / float64(len(g.Names)))
				c.FillText(style, vg.Point{X: c.Min.X + names - namesGap, Y: y + 1},
					document.BreakAtCommas(n, nameWidth))
			}
		}
	}
}

// draw draws the panel and returns the canvas of its data.
func (pn panel) draw(c draw.Canvas) draw.Canvas {
	p := newPlot()
	p.HideY()
	p.Y.Min, p.Y.Max = -0.5, float64(len(pn.Bars))-0.5 // half a bar at each end, or they are clipped
	p.X.Label.Text = axisLabel(pn.Axis, pn.Log)
	names := min(6, max(2, int(math.Ceil(float64(c.Size().X/36))))) // as many ticks have names as fit
	p.X.Min, p.X.Max = 0, pn.scale(&p.X, c.Size().X, names)
	p.X.Tick.Marker = spaced{p.X.Tick.Marker, p.X.Scale, c.Size().X}
	p.Add(pn)
	p.Draw(c)
	return p.DataCanvas(c)
}

// scale sets the axis up and returns its upper end, which leaves room for every
// label behind its bar.
func (pn panel) scale(x *plot.Axis, width vg.Length, ticks int) (most float64) {
	low := math.Inf(1)
	for _, b := range pn.all {
		if v := b.Length(); v > 0 {
			low = min(low, v)
		}
	}
	if math.IsInf(low, 1) { // nothing but zeros
		x.Tick.Marker = plot.ConstantTicks{{Value: 0, Label: "0"}}
		return 1
	}
	low = math.Pow(10, math.Floor(math.Log10(low)))
	style := textStyle(textSize, false)
	for _, b := range pn.all {
		// The tick label at the right end may take a few points of the width.
		left := max(0.25, 1-float64((labelGap+style.Width(b.Label)+12)/width))
		switch v := end(&b); {
		case !pn.Log:
			most = max(most, v/left)
		case v > low:
			most = max(most, low*math.Exp(math.Log(v/low)*(1-room)/max(0.1, left-room)))
		}
	}
	if pn.Log {
		most = max(most, 10*low)
		x.Scale, x.Tick.Marker = zeroLog{low}, zeroLogTicks{low, ticks}
		return most
	}
	x.Tick.Marker = linearTicks{ticks}
	return most
}

// Plot draws the bars, the first at the top. There are no grid lines: every bar
// has its figure beside it, which they would run through.
func (pn panel) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	c.StrokeLine2(draw.LineStyle{Color: ink, Width: 0.6}, c.Min.X, c.Min.Y, c.Min.X, c.Max.Y)
	half := min(8, c.Size().Y/vg.Length(len(pn.Bars))*0.32)
	for i := range pn.Bars {
		b := &pn.Bars[i]
		y := trY(float64(len(pn.Bars) - 1 - i))
		x := trX(end(b)) + labelGap
		if pn.Dots {
			x += dotRadius
		} else {
			drawParts(b, &c, trX, y, half)
		}
		if b.Interval != nil {
			drawWhisker(&c, trX(b.Interval.Low), trX(b.Interval.High), y, half*0.6)
		}
		if pn.Dots { // on the whisker, which may be shorter than the dot is wide
			drawDot(b, &c, trX, y)
		}
		style := textStyle(textSize, false)
		style.YAlign = draw.YCenter
		c.FillText(style, vg.Point{X: x, Y: y + 1}, b.Label)
	}
}

func drawParts(b *document.Bar, c *draw.Canvas, trX func(float64) vg.Length, y, half vg.Length) {
	at := 0.0
	for _, p := range b.Parts {
		r := vg.Rectangle{Min: vg.Point{X: trX(at), Y: y - half}, Max: vg.Point{X: trX(at + p.Length), Y: y + half}}
		if r.Size().X > 0 {
			fillHatched(c, r, p.Look)
		}
		at += p.Length
	}
}

// drawDot draws a dot on a stem: on a logarithmic axis the length of a bar says
// nothing, its end does.
func drawDot(b *document.Bar, c *draw.Canvas, trX func(float64) vg.Length, y vg.Length) {
	if len(b.Parts) == 0 {
		return
	}
	x := trX(b.Length())
	c.StrokeLine2(draw.LineStyle{Color: hue(b.Parts[0].Look.Color), Width: 2}, c.Min.X, y, x, y)
	c.DrawGlyphNoClip(draw.GlyphStyle{Color: hue(b.Parts[0].Look.Color), Radius: dotRadius, Shape: draw.CircleGlyph{}},
		vg.Point{X: x, Y: y})
}

// drawWhisker draws an interval, on a white ground so that it shows on any fill.
func drawWhisker(c *draw.Canvas, low, high, y, half vg.Length) {
	for _, s := range []draw.LineStyle{{Color: paper, Width: 3.2}, {Color: whisker, Width: 1.3}} {
		c.StrokeLine2(s, low, y, high, y)
		c.StrokeLine2(s, low, y-half, low, y+half)
		c.StrokeLine2(s, high, y-half, high, y+half)
	}
}
