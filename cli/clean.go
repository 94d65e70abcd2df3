//go:build linux && !386 && !arm

package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"mmapbench/internal/dataset"
	"mmapbench/internal/plain"
	"mmapbench/internal/units"
)

func (a *app) cleanCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "clean [DIR]",
		Short: "Remove the datasets that runs left in DIR (default: the current directory)",
		Long: `clean removes exactly what mmapbench made in DIR/mmapbench.d, and the folder if
nothing else is in it. Run files and charts are results and stay.`,
		Example: "  mmapbench clean\n  mmapbench clean /mnt/sd",
		Args:    arguments(0, 1, "at most one directory"),
		RunE: func(_ *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			c, err := dataset.Clean(dir)
			if err != nil {
				return err
			}
			return a.printCleaned(dir, c)
		},
	}
}

func (a *app) printCleaned(dir string, c dataset.Cleaned) error {
	out := plain.Writer(a.out) // others may have made the names and manifests that are printed
	if len(c.Removed) == 0 && len(c.Left) == 0 {
		_, err := fmt.Fprintf(out, "%s: nothing to clean\n", dir)
		return err
	}
	var total int64
	for _, f := range c.Removed {
		total += f.Bytes
		fmt.Fprintf(out, "removed  %s  %s\n", f.Path, units.FormatSize(f.Bytes))
	}
	for _, f := range c.Left {
		fmt.Fprintf(out, "left     %s: %s\n", f.Path, f.Why)
	}
	_, err := fmt.Fprintf(out, "%s freed on %s\n", units.FormatSize(total), dir)
	return err
}
