package chart

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"slices"

	sfont "github.com/tdewolff/font"
	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// writeSVG encodes a picture as SVG, with those glyphs of its fonts inside that the
// picture uses: a browser or an editor without the Liberation fonts would set the
// text in others, whose letters are wider, and whole fonts are 30 times as large as
// the picture.
func writeSVG(w io.Writer, p *picture) error {
	c := vgsvg.NewWith(vgsvg.UseWH(chartWidth, p.height), vgsvg.EmbedFonts(false))
	seen := &lettering{Canvas: c, used: map[xfont.Weight]*letters{}}
	area := draw.NewCanvas(seen, chartWidth, p.height)
	area.FillPolygon(paper, corners(area.Rectangle))
	p.draw(area)
	var buf bytes.Buffer
	if _, err := c.WriteTo(&buf); err != nil {
		return err
	}
	style, err := seen.style()
	if err != nil {
		return err
	}
	text := buf.Bytes()
	end := bytes.Index(text, []byte("<svg"))
	end += bytes.IndexByte(text[end:], '>') + 1
	_, err = w.Write(slices.Concat(text[:end], style, text[end:]))
	return err
}

// lettering is a canvas that notes which letters are written in which font.
type lettering struct {
	vg.Canvas
	used map[xfont.Weight]*letters
}

type letters struct {
	face  font.Face
	runes map[rune]bool
}

// FillString implements vg.Canvas.
func (l *lettering) FillString(f font.Face, pt vg.Point, text string) {
	u := l.used[f.Font.Weight]
	if u == nil {
		u = &letters{f, map[rune]bool{}}
		l.used[f.Font.Weight] = u
	}
	for _, r := range text {
		u.runes[r] = true
	}
	l.Canvas.FillString(f, pt, text)
}

// style returns a style element with the fonts.
func (l *lettering) style() ([]byte, error) {
	var out bytes.Buffer
	out.WriteString("\n<style>\n")
	for _, weight := range slices.Sorted(maps.Keys(l.used)) {
		u := l.used[weight]
		data, err := u.subset()
		if err != nil {
			return nil, fmt.Errorf("take the letters of a chart out of the font %s: %w", u.face.Name(), err)
		}
		name := "normal"
		if weight == xfont.WeightBold {
			name = "bold"
		}
		fmt.Fprintf(&out, "@font-face{font-family:\"Liberation Sans\";font-weight:%s;"+
			"src:url(data:font/woff2;base64,%s) format(\"woff2\")}\n", name, base64.StdEncoding.EncodeToString(data))
	}
	out.WriteString("</style>\n")
	return out.Bytes(), nil
}

// subset returns the font with the letters that were used.
func (u *letters) subset() ([]byte, error) {
	var raw bytes.Buffer
	if _, err := u.face.Face.WriteSourceTo(nil, &raw); err != nil {
		return nil, err
	}
	whole, err := sfont.ParseSFNT(raw.Bytes(), 0)
	if err != nil {
		return nil, err
	}
	glyphs := []uint16{0} // .notdef, which stands for a letter that the font does not have
	for _, r := range slices.Sorted(maps.Keys(u.runes)) {
		if g := whole.GlyphIndex(r); !slices.Contains(glyphs, g) {
			glyphs = append(glyphs, g)
		}
	}
	// Without the programs that fit letters to the pixels of old screens.
	part, err := whole.Subset(glyphs, sfont.SubsetOptions{
		Tables: []string{"cmap", "glyf", "head", "hhea", "hmtx", "loca", "maxp", "name", "OS/2", "post"}})
	if err != nil {
		return nil, err
	}
	return part.WriteWOFF2()
}
