package cli

import (
	"github.com/spf13/cobra"

	"mmapbench/harness"
)

// workerCommand is the process in which one trial runs.
func (a *app) workerCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "worker",
		Short:  "Run one trial: its specification as JSON on standard input, its result on standard output",
		Hidden: true,
		Args:   arguments(0, 0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			answer, err := harness.OwnAnswer()
			if err != nil {
				return err
			}
			return harness.Work(a.in, answer, a.catalogue)
		},
	}
}
