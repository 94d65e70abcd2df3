package chart

import (
	"image/color"
	"math"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"mmapbench/report/document"
)

// Charts are drawn 16 cm wide and printed at 12 cm in a column: 9.5 points here
// are 7 there, the smallest that is read without effort.
const (
	chartWidth = 16 * vg.Centimeter
	textSize   = 9.5
	titleSize  = 12
	lineHeight = 12 // points, for text of textSize
	margins    = 8  // points, around a chart
)

// The inks. Whiskers are the only thing in pure black, so that they stand out
// from text and axes, and a test can find them.
var (
	paper   = color.Gray{255}
	ink     = color.Gray{50}
	faint   = color.Gray{218}
	whisker = color.Gray{0}
)

// hue returns the i-th color of the palette by M. Okabe and K. Ito, "Color
// universal design" (2008), which is told apart with every common kind of
// color blindness. Its yellow is left out, being too pale for lines; two
// grays follow its seven others.
func hue(i int) color.Color {
	if i == document.Faint {
		return faint
	}
	palette := [...]color.RGBA{
		{0, 114, 178, 255}, {230, 159, 0, 255}, {0, 158, 115, 255}, {204, 121, 167, 255},
		{86, 180, 233, 255}, {213, 94, 0, 255}, {90, 90, 90, 255}, {160, 160, 160, 255},
	}
	return palette[i%len(palette)]
}

// tint returns the color let through to a quarter, for areas that overlap.
func tint(c color.Color) color.Color {
	r, g, b, _ := c.RGBA()
	return color.NRGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 64}
}

// marker returns the i-th shape, so that lines differ without color too. All have an
// area, on which neither whiskers nor lines show.
func marker(i int) draw.GlyphDrawer {
	shapes := [...]shape{{corners: 24}, {corners: 4, turn: 1}, {corners: 3}, {corners: 4},
		{corners: 24, hollow: true}, {corners: 4, turn: 1, hollow: true}, {corners: 3, turn: 1},
		{corners: 4, hollow: true}}
	return shapes[i%len(shapes)]
}

// A shape is a mark with corners, the first at the top, turned by so many halves of the
// angle between two.
type shape struct {
	corners int
	turn    float64
	hollow  bool
}

// DrawGlyph implements draw.GlyphDrawer.
func (s shape) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	radius := style.Radius
	if s.corners < 5 {
		radius *= 1.25 // as large to the eye as a circle
	}
	points := make([]vg.Point, s.corners)
	for i := range points {
		angle := math.Pi/2 + 2*math.Pi*(float64(i)+s.turn/2)/float64(s.corners)
		points[i] = vg.Point{X: at.X + radius*vg.Length(math.Cos(angle)), Y: at.Y + radius*vg.Length(math.Sin(angle))}
	}
	if !s.hollow {
		c.FillPolygon(style.Color, points)
		return
	}
	c.FillPolygon(paper, points)
	c.StrokeLines(draw.LineStyle{Color: style.Color, Width: 1.2}, append(points, points[0]))
}

// dashes returns the i-th pattern of a line.
func dashes(i int) []vg.Length {
	patterns := [...][]vg.Length{nil, {6, 2}, {2, 2}, {8, 2, 2, 2}, {4, 4}, {1, 2}}
	return patterns[i%len(patterns)]
}

// textStyle returns a style for text of that size, aligned to the left and top.
func textStyle(size vg.Length, bold bool) text.Style {
	f := font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
	if bold {
		f.Weight = xfont.WeightBold
	}
	return text.Style{Color: ink, Font: f, XAlign: draw.XLeft, YAlign: draw.YTop, Handler: plot.DefaultTextHandler}
}

// newPlot returns a plot in the style of the charts, without a background of
// its own.
func newPlot() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		label := textStyle(textSize, false)
		label.XAlign, label.YAlign = a.Label.TextStyle.XAlign, a.Label.TextStyle.YAlign
		a.Label.TextStyle = label
		tick := textStyle(textSize, false)
		tick.XAlign, tick.YAlign = a.Tick.Label.XAlign, a.Tick.Label.YAlign
		a.Tick.Label = tick
		a.LineStyle = draw.LineStyle{Color: ink, Width: 0.6}
		a.Tick.LineStyle = a.LineStyle
		a.Tick.Length = 4
		a.Padding = 0
	}
	return p
}

// fillHatched fills the rectangle and draws the hatch over it: in one stroke, as an
// SVG has some hundred bytes for each.
func fillHatched(c *draw.Canvas, r vg.Rectangle, look document.Look) {
	c.FillPolygon(hue(look.Color), corners(r))
	var lines vg.Path
	size := r.Size()
	const step = 5
	for at := -size.Y; at < size.X; at += step {
		if look.Hatch == document.Rising || look.Hatch == document.Crossed {
			lines = appendInside(lines, r, r.Min.X+at, r.Min.Y, 1)
		}
		if look.Hatch == document.Falling || look.Hatch == document.Crossed {
			lines = appendInside(lines, r, r.Min.X+at, r.Max.Y, -1)
		}
	}
	if len(lines) > 0 {
		c.SetLineStyle(draw.LineStyle{Color: paper, Width: 0.9})
		c.Stroke(lines)
	}
	c.StrokeLines(draw.LineStyle{Color: ink, Width: 0.5}, append(corners(r), r.Min))
}

// appendInside adds the part inside r of the line that leaves (x, y), at the edge of
// r or to the left of it, at 45 degrees, upwards or downwards.
func appendInside(lines vg.Path, r vg.Rectangle, x, y, up vg.Length) vg.Path {
	from := max(0, r.Min.X-x)
	to := min(r.Max.X-x, r.Max.Y-r.Min.Y)
	if to > from {
		lines.Move(vg.Point{X: x + from, Y: y + up*from})
		lines.Line(vg.Point{X: x + to, Y: y + up*to})
	}
	return lines
}

func corners(r vg.Rectangle) []vg.Point {
	return []vg.Point{r.Min, {X: r.Min.X, Y: r.Max.Y}, r.Max, {X: r.Max.X, Y: r.Min.Y}}
}
