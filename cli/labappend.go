//go:build linux && !386 && !arm

package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"mmapbench/lab"
)

func (a *app) labAppend(common *lab.Common) *cobra.Command {
	var o lab.AppendOptions
	return a.labProgram(&cobra.Command{
		Use: "append [FILE TEXT]",
		Long: `append makes FILE longer by the bytes of TEXT and fills the new part through a
mapping. Nothing is added to TEXT, no end of line either. FILE is locked (flock),
which holds off programs that lock it too: do not use append on a log that another
program writes to. Without arguments a file of its own gets two texts: one that
stays within its last page, and one that goes beyond.`,
		Example: `  mmapbench lab append
  mmapbench lab append notes.txt $'one line more\n'`,
		Args: filesOrNone("FILE", "TEXT"),
		RunE: func(_ *cobra.Command, args []string) error {
			o.Common = a.labCommon(common)
			if len(args) == 2 {
				o.File, o.Text = args[0], args[1]
			}
			return a.labRun(func(_ context.Context, w io.Writer) error { return lab.Append(w, o) })
		},
	})
}
