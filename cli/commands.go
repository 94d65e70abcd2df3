package cli

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mmapbench/command"
	"mmapbench/experiment"
	"mmapbench/internal/prose"
	"mmapbench/internal/units"
	"mmapbench/report/document"
	"mmapbench/results"
)

// commandOptions are the flags that say how commands are run.
type commandOptions struct {
	way       experiment.Way
	exitCodes string
	limit     time.Duration
}

func (o *commandOptions) addFlags(f *pflag.FlagSet) {
	f.StringVar(&o.way.Output, "output", "", "where the output of commands goes: `pipe|null|file|inherit` (default "+
		"pipe, emptied at next to no cost; with null, grep stops at the first match)")
	f.StringVar(&o.exitCodes, "exit-codes", "",
		"exit codes of commands that are no failure, as a `list`: 0,1 (default 0; grep and cmp answer with 1)")
	f.DurationVar(&o.limit, "command-limit", 0,
		"kill a command that takes longer, such as 30s (default: an hour, then 10 times its longest; "+
			"with --budget never more than what is left of that and 5 s, or 3 times what is expected)")
	f.StringVar(&o.way.Prepare, "prepare", "",
		"a `command` to run before each trial of a command, untimed, before the cache state is set")
	f.StringVar(&o.way.Conclude, "conclude", "", "a `command` to run after each trial of a command, untimed")
	f.StringVar(&o.way.Shell, "shell", "", "run commands by this shell, a `path`, or by none (default: "+
		command.DefaultShell+", and only a line that needs a shell)")
}

// given is the way that the flags name.
func (o *commandOptions) given(f *pflag.FlagSet) (experiment.Way, error) {
	way := o.way
	if f.Changed("exit-codes") {
		if err := way.ExitCodes.UnmarshalText([]byte(o.exitCodes)); err != nil {
			return way, fmt.Errorf("--exit-codes: %w", err)
		}
	}
	if f.Changed("command-limit") {
		if way.Limit = experiment.Duration(o.limit); o.limit < experiment.MinLimit {
			return way, fmt.Errorf("--command-limit %v: must be at least %v", o.limit, experiment.MinLimit)
		}
	}
	return way, nil
}

// checkInherited refuses to mix the output of commands with a document for programs.
func checkInherited(plan *results.Plan, format string) error {
	for _, c := range plan.Commands {
		if c.Way.Output == results.OutputInherit && (format == document.JSON || format == document.CSV) {
			return fmt.Errorf("--output inherit with --format %s: what %s writes would stand in the middle of the "+
				"document on standard output; leave out one of them", format, c.Name)
		}
	}
	return nil
}

// completeCommands completes the flags of commandOptions, as far as they have names.
func completeCommands(c *cobra.Command) {
	completeLists(c, map[string]func() []string{
		"output":     func() []string { return results.Outputs },
		"exit-codes": func() []string { return []string{"0", "1"} },
	})
	// The only error is an unknown flag, which the tests would show.
	_ = c.RegisterFlagCompletionFunc("shell",
		func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return []string{results.NoShell, command.DefaultShell}, cobra.ShellCompDirectiveDefault
		})
	for _, flag := range []string{"prepare", "conclude"} {
		_ = c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault))
	}
}

// announceCommands says what is run, and how.
func announceCommands(all []results.Command, say func(format string, args ...any)) {
	if len(all) == 0 {
		return
	}
	for _, c := range all {
		shell := ""
		if c.Way.Shell != results.NoShell && c.Way.Shell != "" {
			shell = " (by " + c.Way.Shell + ")"
		}
		say("  %s: %s%s", c.Name, c.Line, shell)
	}
	if files := all[0].Files; len(files) > 0 {
		say("  files: %s", strings.Join(files, ", "))
	} else {
		say("  no cache state is set: name the commands' files with --file")
	}
	way := all[0].Way
	output := map[string]string{
		results.OutputPipe:    "to a pipe that is emptied",
		results.OutputNull:    "to " + os.DevNull,
		results.OutputFile:    "to a file without a name in " + os.TempDir(),
		results.OutputInherit: "to that of mmapbench",
	}[way.Output]
	parts := []string{"output goes " + output}
	if len(way.ExitCodes) > 0 {
		codes := make([]string, len(way.ExitCodes))
		for i, n := range way.ExitCodes {
			codes[i] = fmt.Sprint(n)
		}
		parts = append(parts, "exit codes "+prose.List(codes)+" are no failure")
	}
	if way.Limit > 0 {
		parts = append(parts, "a command is killed after "+units.FormatDuration(way.Limit))
	}
	if way.Prepare != "" {
		parts = append(parts, "before each trial: "+way.Prepare)
	}
	if way.Conclude != "" {
		parts = append(parts, "after each trial: "+way.Conclude)
	}
	say("  %s", strings.Join(parts, "; "))
}
