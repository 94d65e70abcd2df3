//go:build linux && !386 && !arm

package cli

import (
	"context"

	"github.com/spf13/cobra"

	"mmapbench/internal/plain"
	"mmapbench/lab"
)

func (a *app) labCompare(common *lab.Common) *cobra.Command {
	return a.labProgram(&cobra.Command{
		Use: "compare",
		Long: `compare stores through a private and through a shared mapping of one file, and
compares after each, byte for byte, what the mapping shows with what the file
holds. Then it writes to the file while a private mapping has a copy of a page.`,
		Example: "  mmapbench lab compare\n  mmapbench lab compare --dir /mnt/sd",
		Args:    arguments(0, 0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			return labRun(func(context.Context) error {
				return lab.Compare(plain.Writer(a.out), lab.CompareOptions{Common: a.labCommon(common)})
			})
		},
	})
}
