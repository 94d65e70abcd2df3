package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mmapbench/internal/plain"
	"mmapbench/internal/prose"
	"mmapbench/internal/units"
	"mmapbench/report"
	"mmapbench/results"
)

var (
	formats      = report.Formats
	chartFormats = []string{"png", "svg", "none"}
)

// resultsDir is the store of run files where none is named.
const resultsDir = "results"

// outputOptions are the flags of every command that renders a run.
type outputOptions struct {
	format string
	charts string
	dir    string
	more   bool // another run was rendered before this one
}

func (o *outputOptions) addFlags(f *pflag.FlagSet) {
	f.StringVar(&o.format, "format", "table", "write standard output in this format: table, markdown, csv or json")
	f.StringVar(&o.charts, "charts", "png", "draw the charts in these formats, as a `list`: png,svg, or none")
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

// render writes the tables and the closing paragraph to standard output and
// the charts into a directory.
func (a *app) render(run *results.Run, o *outputOptions, chartDir string) error {
	width := textWidth(a.out)
	opts := report.Options{Format: o.format, Width: width, Color: useColor(a.out), NoHead: o.more, Labels: labels(run)}
	out := a.pipe()
	if err := report.Tables(out, run, opts); err != nil {
		return err
	}
	if o.format == report.Table || o.format == report.Markdown {
		fmt.Fprintln(out)
		if err := report.Closing(out, run, opts); err != nil {
			return err
		}
	}
	kinds, err := o.chartList()
	if err != nil || len(kinds) == 0 {
		return err
	}
	paths, err := report.Charts(chartDir, run, opts.Labels, kinds)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.err, "%s in %s\n", prose.Count(len(paths), "chart"), plain.Line(chartDir))
	return err
}

// labels names the machine and its devices for the titles of charts.
func labels(run *results.Run) report.Labels {
	facts := run.Header.Host
	devices := map[string]string{}
	for _, t := range facts.Targets {
		devices[t.Name] = t.DeviceName()
	}
	return report.Labels{
		Machine: facts.MachineName(),
		Device:  func(target string) string { return devices[target] },
	}
}

// traffic writes how much will be read or written: "nothing", or how exactly the
// size is known and the size.
func traffic(n int64, known, nothing string) string {
	if n == 0 {
		return nothing
	}
	return known + " " + units.FormatSize(n)
}
