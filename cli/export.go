package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"mmapbench/analysis"
	"mmapbench/report/export"
)

func (a *app) exportCommand() *cobra.Command {
	var long strings.Builder
	long.WriteString("export writes run files in the formats of other programs:\n\n")
	var list columns
	var names, completions []string
	for _, f := range export.RunFormats() {
		names = append(names, f.Name)
		completions = append(completions, f.Name+"\t"+f.Summary)
		list.add("  "+f.Name, f.Summary)
	}
	_ = list.write(&long, helpWidth) // memory takes every write
	long.WriteString("\nSeveral files go into one only where the format has lines and no beginning and\n" +
		"end: gobench. For CSV see report --format; for the formats of comparisons, as\n" +
		"junit and annotations, compare and gate --format.")
	return &cobra.Command{
		Use:   "export FORMAT FILE…",
		Short: "Write run files for benchstat, CI dashboards, Prometheus",
		Long:  long.String(),
		Example: `  mmapbench export gobench results/old.jsonl > old.txt
  mmapbench export github-action-benchmark results/latest > output.json
  mmapbench export summary results/latest >> "$GITHUB_STEP_SUMMARY"`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				if err := checkName("format", args[0], names); err != nil {
					return err
				}
			}
			return arguments(2, many, "a format and one or more run files (formats: "+
				strings.Join(names, ", ")+")")(c, args)
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 0 {
				return completions, cobra.ShellCompDirectiveNoFileComp
			}
			return runCandidates(typed)
		},
		RunE: func(_ *cobra.Command, args []string) error {
			runs := make([]*analysis.Summary, len(args)-1)
			for i, path := range args[1:] {
				var err error
				if runs[i], _, err = a.readRun(path, analysis.Everything); err != nil {
					return err
				}
			}
			return export.Run(a.out, args[0], runs...)
		},
	}
}
