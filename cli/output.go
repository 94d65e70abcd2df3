package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mmapbench/analysis"
	"mmapbench/internal/plain"
	"mmapbench/internal/prose"
	"mmapbench/internal/units"
	"mmapbench/report"
	"mmapbench/report/chart"
	"mmapbench/report/document"
	"mmapbench/results"
)

var (
	formats      = document.Formats
	chartFormats = []string{"png", "svg", "none"}
)

// resultsDir is the store of run files where none is named.
const resultsDir = "results"

// outputOptions are the flags of every command that renders a run.
type outputOptions struct {
	format string
	charts string
	dir    string
	detail bool
}

func (o *outputOptions) addFlags(f *pflag.FlagSet) {
	f.StringVar(&o.format, "format", "table", "write standard output in this format: table, markdown, csv or json")
	f.StringVar(&o.charts, "charts", "png", "draw the charts in these formats, as a `list`: png,svg, or none")
}

// addDetail adds the flag of the commands that render a run.
func (o *outputOptions) addDetail(f *pflag.FlagSet) {
	f.BoolVar(&o.detail, "detail", false,
		"print all that is known: latencies, phases, proofs, device bytes, what each warning means")
}

func (o *outputOptions) complete(c *cobra.Command) {
	completeLists(c, map[string]func() []string{
		"format": func() []string { return formats },
		"charts": func() []string { return chartFormats },
	})
}

func (o *outputOptions) check() error {
	if err := checkName("format", o.format, formats); err != nil {
		return err
	}
	_, err := o.chartList()
	return err
}

func (o *outputOptions) chartList() ([]string, error) {
	var out []string
	for name := range strings.SplitSeq(o.charts, ",") {
		if err := checkName("chart format", name, chartFormats); err != nil {
			return nil, err
		}
		if name != "none" {
			out = append(out, name)
		}
	}
	return out, nil
}

// A rendered run is one whose report is written.
type rendered struct {
	file    string // the name that the user gave
	summary *analysis.Summary
	charts  string // the folder of the charts
}

// render writes the reports of runs to standard output, as CSV or JSON one document of
// all of them, and draws the charts into folders.
func (a *app) render(o *outputOptions, runs ...rendered) error {
	kinds, err := o.chartList()
	if err != nil {
		return err
	}
	var all document.Document // what CSV and JSON are written from
	var sources []report.Source
	var summaries []report.Summary
	out, options := a.pipe(), document.TextOptions{Width: textWidth(a.out), Color: useColor(a.out)}
	for i, r := range runs {
		var d *document.Document
		if o.format != document.CSV || len(kinds) > 0 {
			d = report.Run(r.file, r.summary, o.detail)
		}
		switch o.format {
		case document.CSV:
			sources = append(sources, report.Source{File: r.file, Summary: r.summary, Trials: results.Each(r.file)})
		case document.JSON:
			summaries = append(summaries, d.Data.(report.Summary))
		default:
			if i > 0 {
				fmt.Fprintln(out)
			}
			if err := document.Write(out, d, o.format, options); err != nil {
				return err
			}
		}
		if err := a.draw(d, r.charts, kinds); err != nil {
			return err
		}
	}
	switch o.format {
	case document.CSV:
		all.Records = report.Trials(sources...)
	case document.JSON:
		if all.Data = summaries; len(summaries) == 1 {
			all.Data = summaries[0]
		}
	default:
		return nil
	}
	return document.Write(out, &all, o.format, options)
}

// draw draws the charts of a document.
func (a *app) draw(d *document.Document, dir string, kinds []string) error {
	if len(kinds) == 0 || len(d.Charts()) == 0 {
		return nil
	}
	paths, err := chart.Save(dir, d.Charts(), kinds)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.err, "%s in %s\n", prose.Count(len(paths), "chart"), plain.Line(dir))
	return err
}

// traffic writes how much will be read or written: "nothing", or how exactly the
// size is known and the size.
func traffic(n int64, known, nothing string) string {
	if n == 0 {
		return nothing
	}
	return known + " " + units.FormatSize(n)
}
