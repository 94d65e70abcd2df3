package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mmapbench/analysis"
	"mmapbench/internal/units"
	"mmapbench/report"
	"mmapbench/report/chart"
	"mmapbench/report/document"
	"mmapbench/results"
)

var formats = document.Formats

// resultsDir is the store of run files where none is named.
const resultsDir = "results"

// outputOptions are the flags of every command that renders a run.
type outputOptions struct {
	format      string
	charts      string // kinds, main, all, none; formats too
	chartFormat string
	kinds       []string // of charts that there are
	usual       string   // main or all
	dir         string
	detail      bool
}

// addFlags adds the flags for charts of these kinds, of which those are usually drawn.
func (o *outputOptions) addFlags(f *pflag.FlagSet, kinds []string, usual string) {
	o.kinds, o.usual = kinds, usual
	f.StringVar(&o.format, "format", "table", "write standard output in this format: table, markdown, csv or json")
	f.StringVar(&o.charts, "charts", usual, fmt.Sprintf("draw the charts of this `list`: main (the %d that tell "+
		"most), all, none, or by name %s", mainMost, strings.Join(kinds, ", ")))
	f.StringVar(&o.chartFormat, "chart-format", chart.PNG, "draw the charts in these formats, as a `list`: png,svg")
}

// addDetail adds the flag of the commands that render a run.
func (o *outputOptions) addDetail(f *pflag.FlagSet) {
	f.BoolVar(&o.detail, "detail", false,
		"print all that is known: latencies, phases, proofs, device bytes, what each warning means")
}

func (o *outputOptions) complete(c *cobra.Command) {
	completeLists(c, map[string]func() []string{
		"format": func() []string { return formats },
		"charts": o.chartNames, "chart-format": func() []string { return chart.Formats },
	})
}

func (o *outputOptions) check() error {
	if err := checkName("format", o.format, formats); err != nil {
		return err
	}
	_, _, err := o.chosen()
	return err
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
	_, drawn, err := o.chosen()
	if err != nil {
		return err
	}
	var all document.Document // what CSV and JSON are written from
	var sources []report.Source
	var summaries []report.Summary
	out, options := a.pipe(), document.TextOptions{Width: textWidth(a.out), Color: useColor(a.out)}
	for i, r := range runs {
		var d *document.Document
		if o.format != document.CSV || len(drawn) > 0 {
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
		if err := a.draw(d, r.charts, o); err != nil {
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

// traffic writes how much will be read or written: "nothing", or how exactly the
// size is known and the size.
func traffic(n int64, known, nothing string) string {
	if n == 0 {
		return nothing
	}
	return known + " " + units.FormatSize(n)
}
