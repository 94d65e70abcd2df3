package report

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
	"strings"
	"sync"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"mmapbench/internal/prose"
	"mmapbench/internal/units"
	"mmapbench/report/words"
	"mmapbench/results"
)

// The formats of charts.
const (
	PNG = "png" // 300 dots per inch
	SVG = "svg" // with its fonts inside
)

// ChartFormats lists them.
var ChartFormats = []string{PNG, SVG}

// A Chart is a picture. Charts of one run may be written at the same time.
type Chart struct {
	Name          string // of its file, without the extension
	Width, Height vg.Length
	draw          func(c draw.Canvas)
}

// Charts writes every chart that the run has figures for into dir, which it
// makes if need be, in each of the formats, and returns the paths of the files.
func Charts(dir string, run *results.Run, labels Labels, formats []string) ([]string, error) {
	return writeCharts(dir, AllCharts(run, labels), formats)
}

// writeCharts writes the charts, several at a time, and returns the paths of the
// files in the order of the charts.
func writeCharts(dir string, charts []*Chart, formats []string) ([]string, error) {
	for _, f := range formats {
		if !slices.Contains(ChartFormats, f) {
			return nil, units.Unknown("chart format", f, ChartFormats)
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
				paths[i], errs[i] = charts[i].save(dir, formats)
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

// save writes the chart in each of the formats and returns the paths of the
// files that were written.
func (ch *Chart) save(dir string, formats []string) ([]string, error) {
	var paths []string
	for _, format := range formats {
		var buf bytes.Buffer
		if err := ch.Write(&buf, format); err != nil {
			return paths, fmt.Errorf("chart %s as %s: %w", ch.Name, format, err)
		}
		path := filepath.Join(dir, ch.Name+"."+format)
		if err := os.WriteFile(path, buf.Bytes(), 0o644); err != nil {
			return paths, fmt.Errorf("write chart: %w", err)
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// AllCharts returns the charts that the run has figures for.
func AllCharts(run *results.Run, labels Labels) []*Chart {
	var charts []*Chart
	all := sections(run)
	for i := range all {
		f := figure{section: &all[i], labels: labels, run: run, prefix: fileName(&all[i], all)}
		list := []*Chart{throughputChart(f), recordsChart(f), faultsChart(f), phasesChart(f), cpuChart(f),
			percentileChart(f), cumulativeChart(f)}
		for _, ch := range append(list, seriesCharts(f)...) {
			if ch != nil {
				charts = append(charts, ch)
			}
		}
	}
	return charts
}

// Write encodes the chart.
func (ch *Chart) Write(w io.Writer, format string) error {
	switch format {
	case PNG:
		c := vgimg.NewWith(vgimg.UseWH(ch.Width, ch.Height), vgimg.UseDPI(300)) // white to begin with
		ch.draw(draw.New(c))
		// The best speed takes two thirds of the default's time for 3% more
		// bytes, and encoding is most of what a chart costs.
		return (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(w, c.Image())
	case SVG:
		c := vgsvg.NewWith(vgsvg.UseWH(ch.Width, ch.Height), vgsvg.EmbedFonts(true))
		area := draw.New(c)
		area.FillPolygon(paper, corners(area.Rectangle))
		ch.draw(area)
		_, err := c.WriteTo(w)
		return err
	}
	return units.Unknown("chart format", format, ChartFormats)
}

// A figure is what the charts of one section are made from.
type figure struct {
	section *section
	labels  Labels
	run     *results.Run
	prefix  string // of the file names
}

// title says in one line what the charts of a section show.
func (f *figure) title(what string) string {
	return words.Capitalize(f.section.work()) + ": " + what
}

// subtitle says on what it was measured, and then of what and how often.
func (f *figure) subtitle() []string {
	s := f.section
	where := words.Place(s.factors.Target, f.labels.device(s.factors.Target))
	if f.labels.Machine != "" {
		where += ", " + f.labels.Machine
	}
	facts := s.data()
	if s.factors.Consumer != "" {
		facts = append(facts, "consumer "+s.factors.Consumer)
	}
	if s.factors.Durability != "" {
		facts = append(facts, "durability "+s.factors.Durability)
	}
	fewest, most := s.trials()
	trials := prose.Count(most, "trial") + " per arm"
	if fewest != most {
		trials = fmt.Sprintf("%d to %s", fewest, trials)
	}
	return []string{where, words.Capitalize(strings.Join(append(facts, trials), ", ")) + words.Ending(f.run.End)}
}

// fileName begins the names of a section's files: the workload, and those of
// the other factors by which sections of that workload differ.
func fileName(s *section, all []section) string {
	f := s.factors
	name := f.Workload
	for _, part := range []struct {
		text string
		of   func(results.Arm) any
		lead bool
	}{
		{f.Target, func(a results.Arm) any { return a.Target }, true},
		{units.CompactSize(f.Size), func(a results.Arm) any { return a.Size }, false},
		{f.Consumer, func(a results.Arm) any { return a.Consumer }, false},
		{f.Durability, func(a results.Arm) any { return a.Durability }, false},
	} {
		differs := slices.ContainsFunc(all, func(o section) bool {
			same := part.lead || o.factors.Workload == f.Workload
			return same && part.of(o.factors) != part.of(f)
		})
		switch {
		case differs && part.lead:
			name = part.text + "-" + name
		case differs:
			name += "-" + part.text
		}
	}
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r == '.' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, strings.TrimLeft(name, "."))
}
