//go:build linux && !386 && !arm

package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"

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
			return a.labRun(func(_ context.Context, w io.Writer) error {
				return lab.Compare(w, lab.CompareOptions{Common: a.labCommon(common)})
			})
		},
	})
}
