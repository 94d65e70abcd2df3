package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"mmapbench/results"
)

func (a *app) reportCommand() *cobra.Command {
	o := &outputOptions{}
	c := &cobra.Command{
		Use:   "report FILE…",
		Short: "Render run files again: tables, the closing paragraph, charts",
		Long: `report renders everything from the run file alone. The charts go to a folder
beside the file, named like it.`,
		Example: `  mmapbench report latest                # the newest run of the folder results
  mmapbench report results/20260102T030405Z-quick.jsonl
  mmapbench report --format csv --charts none results/*.jsonl > trials.csv`,
		Args:              arguments(1, many, "one or more run files"),
		ValidArgsFunction: completeRuns,
		RunE: func(_ *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			for _, path := range args {
				if err := a.report(path, o); err != nil {
					return err
				}
				o.more = true
			}
			return nil
		},
	}
	o.addFlags(c.Flags())
	o.complete(c)
	c.Flags().StringVar(&o.dir, "out", "", "put the charts into this `directory` (default: beside the file)")
	return c
}

func (a *app) report(path string, o *outputOptions) error {
	run, path, err := a.readRun(path)
	if err != nil {
		return err
	}
	dir := o.dir
	if dir == "" {
		dir = chartDir(path)
	}
	return a.render(run, o, dir)
}

// chartDir is the folder for the charts of a run file.
func chartDir(path string) string {
	if dir := strings.TrimSuffix(path, results.FileEnding); dir != path {
		return dir
	}
	return path + "-charts"
}
