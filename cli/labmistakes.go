//go:build linux && !386 && !arm

package cli

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"mmapbench/lab"
)

func (a *app) labMistakes(common *lab.Common) *cobra.Command {
	c := &cobra.Command{
		Use: "mistakes [NAME…]",
		Long: `mistakes makes the usual mistakes, each in a process of its own, says how that
process ended, why, and what to do instead. The mistakes are:
` + strings.Join(lab.MistakeNames(), ", ") + ".",
		Example:           "  mmapbench lab mistakes\n  mmapbench lab mistakes truncated unmapped",
		ValidArgsFunction: completeNames(lab.MistakeNames),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.labRun(func(ctx context.Context, w io.Writer) error {
				return lab.Mistakes(ctx, w, lab.MistakesOptions{Common: a.labCommon(common), Names: args})
			})
		},
	}
	return a.labProgram(c)
}
