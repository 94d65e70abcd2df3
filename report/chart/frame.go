package chart

import (
	"strings"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"mmapbench/report/document"
)

// A frame is what surrounds the panels of a chart: above them a title, a
// subtitle and the legend, below them notes. Nothing of it lies on the data.
type frame struct {
	title    string
	subtitle []string // broken to the width, as are the notes
	legend   []document.Entry
	notes    []string
}

const (
	thumbWidth = 24
	thumbGap   = 5
)

// drawThumb draws what the legend shows for a series: an area, or a line with a
// mark.
func drawThumb(c *draw.Canvas, r vg.Rectangle, e document.Entry) {
	if !e.Line {
		fillHatched(c, r, e.Look)
		return
	}
	y := (r.Min.Y + r.Max.Y) / 2
	c.StrokeLine2(lineStyle(e.Look, e.Thin), r.Min.X, y, r.Max.X, y)
	c.DrawGlyphNoClip(markStyle(e.Look, false), vg.Point{X: (r.Min.X + r.Max.X) / 2, Y: y})
}

// above returns the height of what stands above the panels.
func (f *frame) above() vg.Length {
	h := vg.Length(margins) + titleSize + 6 + lineHeight*vg.Length(len(broken(f.subtitle))) + 6
	if len(f.legend) > 0 {
		rows := (len(f.legend) + f.columns() - 1) / f.columns()
		h += lineHeight*vg.Length(rows)*1.15 + 6
	}
	return h
}

// below returns the height of what stands below them.
func (f *frame) below() vg.Length {
	h := vg.Length(margins)
	return h + lineHeight*vg.Length(len(broken(f.notes)))
}

// columns returns how many columns of entries fit beside each other.
func (f *frame) columns() int {
	return max(1, min(len(f.legend), int((chartWidth-2*margins)/f.entryWidth())))
}

func (f *frame) entryWidth() vg.Length {
	style := textStyle(textSize, false)
	var w vg.Length
	for _, e := range f.legend {
		w = max(w, style.Width(e.Name))
	}
	return w + thumbWidth + thumbGap + 14
}

// draw draws the frame and returns what is left for the panels.
func (f *frame) draw(c draw.Canvas) draw.Canvas {
	left, y := c.Min.X+margins, c.Max.Y-margins
	c.FillText(textStyle(titleSize, true), vg.Point{X: left, Y: y}, f.title)
	y -= titleSize + 6
	body := textStyle(textSize, false)
	for _, l := range broken(f.subtitle) {
		c.FillText(body, vg.Point{X: left, Y: y}, l)
		y -= lineHeight
	}
	y -= 6
	for i, e := range f.legend {
		row, column := i/f.columns(), i%f.columns()
		x := left + vg.Length(column)*f.entryWidth()
		top := y - vg.Length(row)*lineHeight*1.15
		drawThumb(&c, vg.Rectangle{Min: vg.Point{X: x, Y: top - 9}, Max: vg.Point{X: x + thumbWidth, Y: top}}, e)
		c.FillText(body, vg.Point{X: x + thumbWidth + thumbGap, Y: top + 2}, e.Name)
	}
	y = c.Min.Y + f.below() - 2
	for _, l := range broken(f.notes) {
		c.FillText(body, vg.Point{X: left, Y: y}, l)
		y -= lineHeight
	}
	return draw.Crop(c, margins, -margins, f.below()+4, -f.above())
}

// broken breaks each text at spaces so that no line is wider than the chart.
func broken(texts []string) []string {
	var lines []string
	for _, t := range texts {
		lines = append(lines, breakText(t, textStyle(textSize, false), chartWidth-2*margins)...)
	}
	return lines
}

// breakText breaks the text at spaces into lines of at most that width, as far
// as its words allow.
func breakText(t string, style text.Style, width vg.Length) (lines []string) {
	line := ""
	for _, word := range strings.Fields(t) {
		longer := strings.TrimSpace(line + " " + word)
		if line != "" && style.Width(longer) > width {
			lines = append(lines, line)
			longer = word
		}
		line = longer
	}
	return append(lines, line)
}

// Titles stand above panels, broken to their width. All titles of a grid get
// the height of the highest.
type titles struct {
	texts []string
	width vg.Length
}

// height is nothing where no panel has a title.
func (t *titles) height() vg.Length {
	lines := 0
	for _, title := range t.texts {
		if title != "" {
			lines = max(lines, len(t.lines(title)))
		}
	}
	if lines == 0 {
		return 0
	}
	return lineHeight*vg.Length(lines) + 4
}

func (t *titles) lines(title string) []string {
	return breakText(title, textStyle(textSize, true), t.width)
}

// draw draws the title so that its last line ends where the panel begins, at
// height below top.
func (t *titles) draw(c *draw.Canvas, title string, left, top vg.Length) {
	if title == "" {
		return
	}
	lines := t.lines(title)
	top -= t.height() - 4 - lineHeight*vg.Length(len(lines))
	for _, line := range lines {
		c.FillText(textStyle(textSize, true), vg.Point{X: left, Y: top}, line)
		top -= lineHeight
	}
}
