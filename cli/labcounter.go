package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"mmapbench/lab"
)

func (a *app) labCounter(common *lab.Common) *cobra.Command {
	var o lab.CounterOptions
	c := &cobra.Command{
		Use: "counter",
		Long: `counter keeps a number in a shared mapping of a file of 8 bytes. With --processes
several count at once: plainly, where increments are lost, and atomically, where
none is. Without a command a counter of its own is counted on and removed.`,
		Example: `  mmapbench lab counter
  mmapbench lab counter init n
  mmapbench lab counter increment n
  mmapbench lab counter increment n --processes 8 --times 100000
  mmapbench lab counter show n`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			ctx, stop := interruptible()
			defer stop()
			return labResult(ctx, lab.CounterDemo(ctx, a.out, lab.CounterOptions{Common: a.labCommon(common)}))
		},
	}
	one := func(use, short string, run func(context.Context) error) *cobra.Command {
		sub := &cobra.Command{Use: use + " FILE", Short: short, Args: cobra.ExactArgs(1), Example: "  mmapbench lab counter " + use + " n"}
		sub.RunE = func(_ *cobra.Command, args []string) error {
			o.Common, o.File = a.labCommon(common), args[0]
			ctx, stop := interruptible()
			defer stop()
			return labResult(ctx, run(ctx))
		}
		return sub
	}
	set := one("init", "Make the file, with the number 0", func(context.Context) error { return lab.CounterInit(a.out, o) })
	set.Flags().BoolVar(&o.Force, "force", false, "set a counter that exists back to 0")
	show := one("show", "Print the number", func(context.Context) error { return lab.CounterShow(a.out, o) })
	count := one("increment", "Add to the number", func(ctx context.Context) error {
		if o.Processes < 1 || o.Processes > maxProcesses || o.Times < 1 {
			return fmt.Errorf("--processes must be from 1 to %d, and --times at least 1", maxProcesses)
		}
		return lab.CounterIncrement(ctx, a.out, o)
	})
	count.Flags().IntVar(&o.Processes, "processes", 1, "how many `processes` count at once")
	count.Flags().IntVar(&o.Times, "times", 1, "how `often` each counts")
	count.Flags().StringVar(&o.How, "how", "", "`plain` or atomic (default: with several processes one after the other)")
	completeLists(count, map[string]func() []string{"how": func() []string { return []string{lab.Plain, lab.Atomic} }})
	c.AddCommand(set, count, show)
	return a.labProgram(c)
}

// maxProcesses is more than any machine needs to lose an increment.
const maxProcesses = 64
