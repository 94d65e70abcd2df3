//go:build linux && !386 && !arm

package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"mmapbench/internal/units"
	"mmapbench/lab"
)

func (a *app) labCopy(common *lab.Common) *cobra.Command {
	var o lab.CopyOptions
	var window string
	c := &cobra.Command{
		Use: "copy [SRC DST]",
		Long: `copy copies SRC to DST by one memcpy from a mapping to a mapping, in windows if SRC
is larger than one, and compares the two. DST must not exist, and is open to its
owner alone. A copy that is cut short is removed. Without arguments files of its
own, of the lengths at which such programs go wrong, are copied and removed.`,
		Example: `  mmapbench lab copy
  mmapbench lab copy big.img copy.img --window 64M`,
		Args: filesOrNone("SRC", "DST"),
		RunE: func(_ *cobra.Command, args []string) (err error) {
			o.Common = a.labCommon(common)
			if len(args) == 2 {
				o.Src, o.Dst = args[0], args[1]
			}
			if o.Window, err = units.ParseSize(window); err != nil {
				return fmt.Errorf("--window: %w", err)
			}
			return a.labRun(func(ctx context.Context, w io.Writer) error { return lab.Copy(ctx, w, o) })
		},
	}
	c.Flags().StringVar(&window, "window", units.CompactSize(lab.DefaultWindow), "`bytes` to map at once, whole pages")
	return a.labProgram(c)
}
