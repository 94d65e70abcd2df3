// Package cli is the command line: flags in, calls out.
//
// A command reads its flags, checks them all before anything is touched, and calls
// one package below. This package measures nothing and computes nothing. What a
// program may parse goes to standard output, messages to the person at the terminal
// go to standard error, and an error names the fix. The package is public, so that
// a program with workloads and backends of its own is
//
//	func main() { os.Exit(cli.Main(cli.With(myWorkload), cli.WithBackends(myBackend))) }
package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"mmapbench/internal/plain"
	"mmapbench/io/backend"
	"mmapbench/results"
	"mmapbench/workloads"
)

// Exit codes.
const (
	ExitOK          = 0
	ExitProblem     = 1 // what was looked at is not as it should be: a regression, a target, a lesson
	ExitUsage       = 2 // bad usage, or any error that has no code of its own
	ExitInvalid     = 4 // the environment does not allow the comparison
	ExitInterrupted = 130
)

// An Option changes the program before it starts.
type Option func(*app)

// With adds workloads to those that come with the program. They are used by
// name like the others.
func With(w ...workloads.Workload) Option {
	return func(a *app) { a.catalogue.Workloads = append(a.catalogue.Workloads, w...) }
}

// WithBackends adds backends to those that come with the program. They are used by
// name like the others; package backendtest says whether one keeps to the contract.
func WithBackends(b ...backend.Backend) Option {
	return func(a *app) { a.catalogue.Backends = append(a.catalogue.Backends, b...) }
}

// Main runs the program with the arguments and streams of the process and
// returns its exit code.
func Main(opts ...Option) int {
	a := &app{in: os.Stdin, out: os.Stdout, err: os.Stderr, catalogue: catalogue()}
	for _, o := range opts {
		o(a)
	}
	return a.main(os.Args[1:])
}

// app is the program: its streams and what there is to choose from.
type app struct {
	in        io.Reader
	out, err  io.Writer
	catalogue workloads.Catalogue
	args      []string // the command line
	left      bool     // whoever read standard output has left
}

// exitError is an error with an exit code of its own. A nil err says nothing
// more: the command has reported already.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

func (a *app) main(args []string) int {
	a.args = args
	worked, err := a.work(args)
	if err == nil && !worked {
		err = a.catalogue.Check()
	}
	if err == nil && !worked {
		root := a.root()
		root.SetArgs(args)
		err = root.Execute()
	}
	switch {
	case err == nil && a.left:
		return exitPipe
	case err == nil:
		return ExitOK
	}
	exit, ok := errors.AsType[*exitError](err)
	if !ok {
		exit = &exitError{ExitUsage, err}
	}
	if exit.err != nil {
		text := exit.err.Error()
		if e, ok := errors.AsType[*results.TrialError](exit.err); ok {
			text += e.LastWords()
		}
		fmt.Fprintf(a.err, "mmapbench: %s\n", plain.Text(text))
	}
	return exit.code
}

// writeJSON writes a value for programs that will read it, and people who may.
func (a *app) writeJSON(v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

func (a *app) root() *cobra.Command {
	cobra.EnableCommandSorting = false // the order below is that of their use
	var version bool
	root := &cobra.Command{
		Use:   "mmapbench",
		Short: "Should my program use mmap or read/write on this device?",
		Long: `mmapbench measures, with verified bytes and proven cache states, whether a
program should use mmap or read/write on a device. Without a command it says
what "mmapbench run" would do in the current directory, and does nothing.`,
		Example: `  mmapbench run                          # the quick experiment, here, in 90 s
  mmapbench run full --target sd=/mnt/sd --target nvme=/mnt/nvme
  mmapbench report results/*.jsonl       # tables and charts again
  mmapbench history                      # has it changed from run to run?
  mmapbench list backends                # every option, and what this kernel has
  mmapbench check /mnt/sd                # can figures of this directory be trusted?
  mmapbench lab                          # programs that show what a mapping is`,
		Args:          commandsOnly,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(*cobra.Command, []string) error {
			if version {
				return a.printVersion()
			}
			return a.welcome()
		},
	}
	root.Flags().BoolVarP(&version, "version", "v", false, "print the version")
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetFlagErrorFunc(a.flagError)
	root.SetHelpCommand(helpCommand())
	root.SetUsageFunc(a.usage)
	first, last := a.measuring()
	root.AddCommand(first...)
	root.AddCommand(a.compareCommand(), a.exportCommand(), a.reportCommand(), a.historyCommand())
	root.AddCommand(last...)
	root.AddCommand(a.versionCommand())
	addCompletion(root)
	return root
}
