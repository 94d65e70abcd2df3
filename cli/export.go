package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"mmapbench/report/export"
	"mmapbench/results"
)

func (a *app) exportCommand() *cobra.Command {
	long := "export writes run files in the formats of other programs:\n"
	var names []string
	for _, f := range export.RunFormats() {
		names = append(names, f.Name)
		long += fmt.Sprintf("\n  %-24s %s", f.Name, f.Summary)
	}
	long += "\n\nCSV and Markdown come from report, the formats of comparisons (junit, annotations,\nsummary, comment) from compare and gate --format."
	return &cobra.Command{
		Use:   "export FORMAT FILE…",
		Short: "Write run files for benchstat, CI dashboards, Prometheus",
		Long:  long,
		Example: `  mmapbench export gobench results/old.jsonl > old.txt
  mmapbench export github-action-benchmark results/today.jsonl > output.json`,
		Args: cobra.MinimumNArgs(2),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 0 {
				return names, cobra.ShellCompDirectiveNoFileComp
			}
			return nil, cobra.ShellCompDirectiveDefault
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if err := checkName("format", args[0], names); err != nil {
				return err
			}
			for _, path := range args[1:] {
				run, err := results.Read(path)
				if err != nil {
					return err
				}
				if err := export.Run(a.out, args[0], run); err != nil {
					return err
				}
			}
			return nil
		},
	}
}
