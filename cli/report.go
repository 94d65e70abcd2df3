package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"mmapbench/analysis"
	"mmapbench/report"
	"mmapbench/report/document"
	"mmapbench/results"
)

func (a *app) reportCommand() *cobra.Command {
	o := &outputOptions{}
	c := &cobra.Command{
		Use:   "report FILE…",
		Short: "Render run files again: the answer, tables, charts",
		Long: `report renders everything from the run file alone. The charts go to a folder
beside the file, named like it. Of several files it writes one CSV with the columns
of all of them, and one JSON array.`,
		Example: `  mmapbench report latest                # the newest run of the folder results
  mmapbench report --detail results/20260102T030405Z-quick.jsonl
  mmapbench report --format csv --charts none results/*.jsonl > trials.csv`,
		Args:              arguments(1, many, "one or more run files"),
		ValidArgsFunction: completeRuns,
		RunE: func(_ *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			return a.report(args, o)
		},
	}
	o.addFlags(c.Flags(), report.ChartKinds, mainCharts)
	o.addDetail(c.Flags())
	o.complete(c)
	c.Flags().StringVar(&o.dir, "out", "", "put the charts into this `directory` (default: beside the file)")
	return c
}

func (a *app) report(paths []string, o *outputOptions) error {
	depth := analysis.Everything
	if o.format == document.CSV && o.charts == "none" {
		depth = analysis.Names // the CSV is written from the trials themselves
	}
	var runs []rendered
	for _, path := range paths {
		run, path, err := a.readRun(path, depth)
		if err != nil {
			return err
		}
		r := rendered{path, run, o.dir}
		if r.charts == "" {
			r.charts = chartDir(path)
		}
		runs = append(runs, r)
	}
	return a.render(o, runs...)
}

// chartDir is the folder for the charts of a run file.
func chartDir(path string) string {
	if dir := strings.TrimSuffix(path, results.FileEnding); dir != path {
		return dir
	}
	return path + "-charts"
}
