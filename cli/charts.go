package cli

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"mmapbench/internal/plain"
	"mmapbench/internal/prose"
	"mmapbench/report/chart"
	"mmapbench/report/document"
)

// What --charts takes beside the kinds of charts.
const (
	noCharts   = "none"
	mainCharts = "main" // those that tell most
	allCharts  = "all"
)

// mainMost is how many charts main has at most.
const mainMost = 6

// chartNames are what --charts takes. That formats are among them is how older versions
// had it.
func (o *outputOptions) chartNames() []string {
	return slices.Concat([]string{mainCharts, allCharts, noCharts}, o.kinds, chart.Formats)
}

// chosen returns the kinds of charts to draw, of which one may be main or all, and the
// formats; no format where none is to be drawn.
func (o *outputOptions) chosen() (kinds, formats []string, err error) {
	none := false
	for name := range strings.SplitSeq(o.charts, ",") {
		if err := checkName("chart", name, o.chartNames()); err != nil {
			return nil, nil, fmt.Errorf("--charts: %w", err)
		}
		switch {
		case name == noCharts:
			none = true
		case slices.Contains(chart.Formats, name):
			formats = append(formats, name)
		default:
			kinds = append(kinds, name)
		}
	}
	typed := strings.Split(o.chartFormat, ",")
	for _, name := range typed {
		if err := checkName("chart format", name, chart.Formats); err != nil {
			return nil, nil, fmt.Errorf("--chart-format: %w", err)
		}
	}
	switch {
	case none && len(kinds)+len(formats) == 0:
		return nil, nil, nil
	case len(formats) == 0:
		formats = typed
	}
	if len(kinds) == 0 {
		kinds = []string{o.usual}
	}
	return kinds, formats, nil
}

// choose returns the charts of those kinds, the most telling first.
func choose(all []*document.Chart, kinds []string) []*document.Chart {
	list := slices.Clone(all)
	slices.SortStableFunc(list, func(a, b *document.Chart) int { return a.Rank - b.Rank })
	lead := list[:min(mainMost, len(list))]
	return slices.DeleteFunc(slices.Clone(list), func(ch *document.Chart) bool {
		return !slices.Contains(kinds, allCharts) && !slices.Contains(kinds, ch.Kind) &&
			!(slices.Contains(kinds, mainCharts) && slices.Contains(lead, ch))
	})
}

// draw draws the charts of a document that were chosen, with a page that shows them, and
// says where to begin.
func (a *app) draw(d *document.Document, dir string, o *outputOptions) error {
	kinds, formats, err := o.chosen()
	if err != nil || len(formats) == 0 || len(d.Charts()) == 0 {
		return err
	}
	charts := choose(d.Charts(), kinds)
	if len(charts) == 0 {
		_, err := fmt.Fprintf(a.err, "No chart of the kind %s can be drawn of this.\n", prose.List(kinds))
		return err
	}
	if _, err := chart.Save(dir, charts, formats); err != nil {
		return err
	}
	if err := chart.SaveIndex(dir, charts, formats); err != nil {
		return err
	}
	more := ""
	if len(charts) < len(d.Charts()) {
		more = fmt.Sprintf(" of %d; --charts all draws the others", len(d.Charts()))
	}
	_, err = fmt.Fprintf(a.err, "%s in %s%s\nBegin with %s: %s; %s has all in this order\n",
		prose.Count(len(charts), "chart"), plain.Line(dir), more,
		charts[0].Name+"."+formats[0], plain.Line(charts[0].Title), plain.Line(filepath.Join(dir, chart.Index)))
	return err
}
