//go:build linux && !386 && !arm

package cli

import (
	"github.com/spf13/cobra"

	"mmapbench/harness"
)

// workerCommand is the process in which one trial runs.
func (a *app) workerCommand() *cobra.Command {
	var protocol bool
	c := &cobra.Command{
		Use:    "worker",
		Short:  "Run one trial: its specification as JSON on standard input, its result on standard output",
		Hidden: true,
		Args:   arguments(0, 0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			var args []string
			if protocol {
				args = []string{harness.ProtocolFlag}
			}
			return harness.Serve(args, a.in, a.out, a.catalogue)
		},
	}
	c.Flags().BoolVar(&protocol, "protocol", false,
		"print the version of what parent and worker tell each other and the fields, and stop")
	return c
}
