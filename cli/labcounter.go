//go:build linux && !386 && !arm

package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"mmapbench/lab"
)

func (a *app) labCounter(common *lab.Common) *cobra.Command {
	var o lab.CounterOptions
	c := &cobra.Command{
		Use: "counter",
		Long: `counter keeps a number in a shared mapping of a file of 8 bytes. Several processes
may count at once: plainly, where increments are lost, and atomically, where none
is. Without a command a counter of its own is counted on and removed.`,
		Example: `  mmapbench lab counter
  mmapbench lab counter --processes 8
  mmapbench lab counter init n
  mmapbench lab counter increment n
  mmapbench lab counter increment n --processes 8 --times 100000
  mmapbench lab counter show n`,
		Args: commandsOnly,
		RunE: func(*cobra.Command, []string) error {
			if err := checkCounting(&o); err != nil {
				return err
			}
			o.Common = a.labCommon(common)
			return a.labRun(func(ctx context.Context, w io.Writer) error { return lab.CounterDemo(ctx, w, o) })
		},
	}
	countFlags(c, &o, lab.DemoProcesses, lab.DemoTimes)
	c.AddCommand(a.labCounterInit(common), a.labCounterIncrement(common), a.labCounterShow(common))
	return a.labProgram(c)
}

// countFlags adds those that say how it is counted.
func countFlags(c *cobra.Command, o *lab.CounterOptions, processes, times int) {
	c.Flags().IntVar(&o.Processes, "processes", processes, "let `n` processes count at once")
	c.Flags().IntVar(&o.Times, "times", times, "let each count `n` times")
	c.Flags().StringVar(&o.How, "how", "", "count in this `way` alone: plain or atomic (several processes try both)")
	completeLists(c, map[string]func() []string{"how": func() []string { return []string{lab.Plain, lab.Atomic} }})
}

// maxProcesses is more than any machine needs to lose an increment.
const maxProcesses = 64

func checkCounting(o *lab.CounterOptions) error {
	if o.Processes < 1 || o.Processes > maxProcesses || o.Times < 1 {
		return fmt.Errorf("--processes must be from 1 to %d, and --times at least 1", maxProcesses)
	}
	return nil
}

func (a *app) labCounterInit(common *lab.Common) *cobra.Command {
	return &cobra.Command{
		Use: "init FILE", Short: "Make the file, with " +
			"the number 0", Args: arguments(1, 1, "one file"), Example: "  mmapbench lab counter init n",
		RunE: func(_ *cobra.Command, args []string) error {
			o := lab.CounterOptions{Common: a.labCommon(common), File: args[0]}
			return a.labRun(func(_ context.Context, w io.Writer) error { return lab.CounterInit(w, o) })
		},
	}
}

func (a *app) labCounterIncrement(common *lab.Common) *cobra.Command {
	var o lab.CounterOptions
	c := &cobra.Command{
		Use: "increment FILE", Short: "Add to the number", Args: arguments(1, 1, "one file"),
		Example: "  mmapbench lab counter increment n\n  mmapbench lab counter increment n --processes 8 --times " +
			"100000 --how atomic",
		RunE: func(_ *cobra.Command, args []string) error {
			if err := checkCounting(&o); err != nil {
				return err
			}
			o.Common, o.File = a.labCommon(common), args[0]
			return a.labRun(func(ctx context.Context, w io.Writer) error { return lab.CounterIncrement(ctx, w, o) })
		},
	}
	countFlags(c, &o, 1, 1)
	return c
}

func (a *app) labCounterShow(common *lab.Common) *cobra.Command {
	return &cobra.Command{
		Use: "show FILE", Short: "Print the number", Args: arguments(1, 1, "one file"), Example: "  mmapbench lab " +
			"counter show n",
		RunE: func(_ *cobra.Command, args []string) error {
			o := lab.CounterOptions{Common: a.labCommon(common), File: args[0]}
			return a.labRun(func(_ context.Context, w io.Writer) error { return lab.CounterShow(w, o) })
		},
	}
}
