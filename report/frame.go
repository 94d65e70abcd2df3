package report

import (
	"image/color"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A frame is what surrounds the panels of a chart: above them a title, a
// subtitle and the legend, below them notes. Nothing of it lies on the data.
type frame struct {
	title    string
	subtitle []string // broken to the width, as are the notes
	legend   []entry
	notes    []string
}

// An entry of the legend: a box of colour, or a line with a marker.
type entry struct {
	name  string
	thumb func(c *draw.Canvas, r vg.Rectangle)
}

const (
	thumbWidth = 24
	thumbGap   = 5
)

func boxEntry(name string, fill color.Color, h hatch) entry {
	return entry{name, func(c *draw.Canvas, r vg.Rectangle) { fillHatched(c, r, fill, h) }}
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
		w = max(w, style.Width(e.name))
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
		e.thumb(&c, vg.Rectangle{Min: vg.Point{X: x, Y: top - 9}, Max: vg.Point{X: x + thumbWidth, Y: top}})
		c.FillText(body, vg.Point{X: x + thumbWidth + thumbGap, Y: top + 2}, e.name)
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
	style := textStyle(textSize, false)
	var lines []string
	for _, t := range texts {
		line := ""
		for _, word := range strings.Fields(t) {
			longer := strings.TrimSpace(line + " " + word)
			if line != "" && style.Width(longer) > chartWidth-2*margins {
				lines = append(lines, line)
				longer = word
			}
			line = longer
		}
		lines = append(lines, line)
	}
	return lines
}
