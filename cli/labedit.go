//go:build linux && !386 && !arm

package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"mmapbench/lab"
)

func (a *app) labEdit(common *lab.Common) *cobra.Command {
	var o lab.EditOptions
	c := &cobra.Command{
		Use: "edit [FILE TEXT]",
		Long: `edit puts TEXT over the beginning of FILE through a shared mapping. The length of
FILE stays: a text that is longer is cut. Without arguments a file of its own is
edited and removed.`,
		Example: `  mmapbench lab edit
  mmapbench lab edit note.txt 'Greetings' --backup`,
		Args: filesOrNone("FILE", "TEXT"),
		RunE: func(_ *cobra.Command, args []string) error {
			o.Common = a.labCommon(common)
			if len(args) == 2 {
				o.File, o.Text = args[0], args[1]
			}
			return a.labRun(func(_ context.Context, w io.Writer) error { return lab.Edit(w, o) })
		},
	}
	c.Flags().BoolVar(&o.Backup, "backup", false, "keep a copy of FILE as FILE.bak first")
	return a.labProgram(c)
}
