// Package chart draws the charts of reports, as PNG and SVG: series of figures in
// the document's terms, of which it knows neither runs nor backends.
//
// It is opinionated: bars begin at zero, an interval is always drawn and is the only
// thing in pure black, nothing lies on the data, no name is cut, and color is never
// alone in telling two series apart.
package chart

import (
	"bytes"
	"errors"
	"fmt"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"mmapbench/internal/spelling"
	"mmapbench/report/document"
)

// The formats of charts.
const (
	PNG = "png" // 300 dots per inch
	SVG = "svg" // has the letters of its fonts inside
)

// Formats lists them.
var Formats = []string{PNG, SVG}

// Save writes the charts into dir, which it makes if need be, in each of the
// formats, several at a time. It returns the paths of the files in the order of the
// charts.
func Save(dir string, charts []*document.Chart, formats []string) ([]string, error) {
	for _, f := range formats {
		if !slices.Contains(Formats, f) {
			return nil, spelling.Unknown("chart format", f, Formats)
		}
	}
	if len(charts) == 0 {
		return nil, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the folder for charts: %w", err)
	}
	paths, errs := make([][]string, len(charts)), make([]error, len(charts))
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(charts)) {
		workers.Go(func() {
			for i := range next {
				paths[i], errs[i] = save(dir, charts[i], formats)
			}
		})
	}
	for i := range charts {
		next <- i
	}
	close(next)
	workers.Wait()
	return slices.Concat(paths...), errors.Join(errs...)
}

// save writes a chart in each of the formats and returns the paths of the files that
// were written.
func save(dir string, d *document.Chart, formats []string) ([]string, error) {
	var paths []string
	for _, format := range formats {
		var buf bytes.Buffer
		if err := Write(&buf, d, format); err != nil {
			return paths, fmt.Errorf("chart %s as %s: %w", d.Name, format, err)
		}
		path := filepath.Join(dir, d.Name+"."+format)
		if err := os.WriteFile(path, buf.Bytes(), 0o644); err != nil {
			return paths, fmt.Errorf("write chart: %w", err)
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// Write encodes a chart. Charts may be written at the same time.
func Write(w io.Writer, d *document.Chart, format string) error {
	p := layOut(d)
	switch format {
	case PNG:
		c := vgimg.NewWith(vgimg.UseWH(chartWidth, p.height), vgimg.UseDPI(300)) // white to begin with
		p.draw(draw.New(c))
		// The best speed takes two thirds of the default's time for 3% more
		// bytes, and encoding is most of what a chart costs.
		return (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(w, c.Image())
	case SVG:
		return writeSVG(w, p)
	}
	return spelling.Unknown("chart format", format, Formats)
}

// A picture is a chart with its place for everything.
type picture struct {
	height vg.Length
	draw   func(c draw.Canvas)
}

func layOut(d *document.Chart) *picture {
	fr := &frame{title: d.Title, subtitle: d.Subtitle, legend: d.Legend, notes: d.Notes}
	var panels interface {
		height() vg.Length
		draw(c draw.Canvas)
	}
	if d.Bars != nil {
		panels = grid{d.Bars}
	} else {
		panels = newPlotGrid(d.Plots)
	}
	return &picture{fr.above() + panels.height() + fr.below(), func(c draw.Canvas) { panels.draw(fr.draw(c)) }}
}
