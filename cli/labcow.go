//go:build linux && !386 && !arm

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"mmapbench/lab"
)

func (a *app) labCow(common *lab.Common) *cobra.Command {
	var wait time.Duration
	c := &cobra.Command{
		Use: "cow [FILE]",
		Long: `cow maps FILE privately, stores a byte to one page, and shows what the kernel has of
the mapping before and after: maps, smaps and pagemap. FILE is only read. With
--wait the process stays, so that it can be looked at from another terminal.`,
		Example: "  mmapbench lab cow\n  mmapbench lab cow /etc/services --wait 30s",
		Args:    arguments(0, 1, "at most one file"),
		RunE: func(_ *cobra.Command, args []string) error {
			o := lab.CowOptions{Common: a.labCommon(common), Wait: wait}
			if len(args) == 1 {
				if o.File = args[0]; o.File == "" {
					return errors.New("FILE is empty: is a variable not set?")
				}
			}
			if wait < 0 {
				return fmt.Errorf("--wait %v: must not be negative", wait)
			}
			if o.JSON { // which is written at the end
				o.Waiting = func(pid int, hint string) {
					fmt.Fprintf(a.err, "Process %d waits for %v. In another terminal: %s\n", pid, wait, hint)
				}
			}
			return a.labRun(func(ctx context.Context, w io.Writer) error { return lab.Cow(ctx, w, o) })
		},
	}
	c.Flags().DurationVar(&wait, "wait", 0, "stay so long with the changed mapping, such as 30s")
	return a.labProgram(c)
}
