//go:build linux && !386 && !arm

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"mmapbench/harness"
	"mmapbench/internal/plain"
	"mmapbench/lab"
	"mmapbench/report/document"
)

// labCommand lists the programs of the lab; each is a command below it.
func (a *app) labCommand() *cobra.Command {
	var common lab.Common
	c := &cobra.Command{
		Use:   "lab [PROGRAM]",
		Short: "Small programs that show, on this device, what a mapping is",
		Long: `lab runs small programs that make the system calls that they explain, print
them with their results, and look at what came of them. Without FILE a program
works on files of its own in mmapbench.d/ of --dir and removes them. A FILE is
touched only when it is named: it must be a regular file with contents that no other
program has locked, and no symbolic link. The programs measure nothing: "mmapbench
run" does.`,
		Example: `  mmapbench lab                          # list the programs
  mmapbench lab compare                  # MAP_PRIVATE against MAP_SHARED
  mmapbench lab mistakes --json
  mmapbench lab cow --wait 30s           # and look at the process from elsewhere`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return checkName("program", args[0], labNames())
		},
		RunE: func(*cobra.Command, []string) error { return a.listLab(common.JSON) },
	}
	c.PersistentFlags().BoolVar(&common.JSON, "json", false, "print JSON")
	c.PersistentFlags().StringVar(&common.Dir, "dir", ".", "the `directory` for files of the program's own")
	programs := []*cobra.Command{a.labAlign(&common), a.labEdit(&common), a.labCompare(&common),
		a.labAppend(&common), a.labCopy(&common),
		a.labCounter(&common), a.labCow(&common), a.labMistakes(&common)}
	slices.SortFunc(programs, func(x, y *cobra.Command) int {
		return slices.Index(labNames(), x.Name()) - slices.Index(labNames(), y.Name())
	})
	c.AddCommand(programs...)
	return c
}

func labNames() []string {
	var all []string
	for _, p := range lab.Programs() {
		all = append(all, p.Name)
	}
	return all
}

func (a *app) listLab(asJSON bool) error {
	if asJSON {
		return a.writeJSON(lab.Programs())
	}
	c := &columns{}
	for _, p := range lab.Programs() {
		c.add("  "+strings.TrimSpace(p.Name+" "+p.Args), p.Summary)
	}
	return a.show(c.table(), document.Say("mmapbench lab PROGRAM --help says more of each."))
}

// labProgram fills in what a program of the lab shares with the others.
func (a *app) labProgram(p *cobra.Command) *cobra.Command {
	for _, program := range lab.Programs() {
		if program.Name == p.Name() {
			p.Short = strings.ToUpper(program.Summary[:1]) + program.Summary[1:]
		}
	}
	return p
}

// labCommon completes the options of a program when its flags are read.
func (a *app) labCommon(c *lab.Common) lab.Common {
	out := *c
	_, tty := terminalWidth(a.out)
	width := textWidth(a.out)
	if !tty {
		width = min(width, 80) // prose in long lines cannot be read
	}
	out.Width = min(width, 100)
	out.Self = harness.Self("lab-child")
	return out
}

// labRun runs a program of the lab to an end in which its files are as it says. A
// signal is heard between two steps; a second one ends the program at once. A reader
// that leaves a pipe ends the text, not the program.
func (a *app) labRun(run func(context.Context, io.Writer) error) error {
	ctx, stop := signal.NotifyContext(context.Background(), endSignals...)
	defer stop()
	context.AfterFunc(ctx, stop)
	err := run(ctx, plain.Writer(a.pipe()))
	switch {
	case err != nil && ctx.Err() != nil:
		return &exitError{ExitInterrupted, err}
	case errors.Is(err, lab.ErrUnexpected):
		return &exitError{ExitProblem, err}
	}
	return err
}

// filesOrNone accepts no argument, or exactly those that are named.
func filesOrNone(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if i := slices.Index(args, ""); i >= 0 && len(args) == len(names) {
			return fmt.Errorf("%s is empty: is a variable not set?", names[i])
		}
		if len(args) == 0 || len(args) == len(names) {
			return nil
		}
		return fmt.Errorf("want %s, or nothing at all for files of the program's "+
			"own\nsee '%s --help'", strings.Join(names, " and "), c.CommandPath())
	}
}

// labChildCommand is a process that a program of the lab starts.
func (a *app) labChildCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "lab-child",
		Short:  "A part of a lab program that runs in a process of its own",
		Hidden: true,
		RunE:   func(_ *cobra.Command, args []string) error { return lab.Child(a.in, a.out, args) },
	}
}
