package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mmapbench/internal/prose"
	"mmapbench/internal/spelling"
)

// helpWidth is how wide help is at most: longer lines are hard to read.
const helpWidth = 100

// many stands for as many arguments as anybody likes.
const many = -1

// arguments accepts a number of arguments; wanted names them in words.
func arguments(least, most int, wanted string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) >= least && (len(args) <= most || most == many) {
			return nil
		}
		given := prose.Count(len(args), "argument")
		if len(args) == 0 {
			given = "nothing"
		}
		name := strings.TrimPrefix(c.CommandPath(), c.Root().Name()+" ")
		return fmt.Errorf("%s takes %s, and was given %s\nusage: %s", name, wanted, given, c.UseLine())
	}
}

// commandsOnly accepts no arguments: what is no command below c is a slip.
func commandsOnly(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return fmt.Errorf("%w\nsee '%s --help'", spelling.Unknown("command", args[0], commandNames(c)), c.CommandPath())
}

func commandNames(c *cobra.Command) []string {
	var names []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() || sub.Name() == "help" {
			names = append(names, sub.Name())
		}
	}
	return names
}

// flagError explains an error about a flag.
func (a *app) flagError(c *cobra.Command, err error) error {
	if bad, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		err = badValue(bad)
	}
	if c.HasParent() {
		return fmt.Errorf("%w\nsee '%s --help'", err, c.CommandPath())
	}
	// Flags are read before arguments: a wrong command with flags of its own
	// would be blamed for them.
	if len(a.args) > 0 && !strings.HasPrefix(a.args[0], "-") {
		return commandsOnly(c, a.args)
	}
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		run, _, _ := c.Find([]string{"run"})
		name := unknown.GetSpecifiedName()
		switch f := run.Flags(); {
		case unknown.GetSpecifiedShortnames() == "" && f.Lookup(name) != nil:
			return fmt.Errorf("--%s is a flag of run: say 'mmapbench run --%s …'", name, name)
		case unknown.GetSpecifiedShortnames() != "" && f.ShorthandLookup(name) != nil:
			return fmt.Errorf("-%s is a flag of run: say 'mmapbench run -%s …'", name, name)
		}
	}
	return fmt.Errorf("%w\nsee '%s --help'", err, c.CommandPath())
}

// badValue names the flag and the values that the flag takes; the parsers' errors speak of Go.
func badValue(bad *pflag.InvalidValueError) error {
	want := map[string]string{
		"int": "a whole number", "uint64": "a whole number that is not negative", "float64": "a number",
		"duration": "a number with a unit, such as 90s or 2m", "bool": "true or false",
	}[bad.GetFlag().Value.Type()]
	if want == "" {
		return bad
	}
	return fmt.Errorf("--%s: %q must be %s", bad.GetFlag().Name, bad.GetValue(), want)
}

// helpCommand is cobra's, but for topics that do not exist: those are errors.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Say what a command is for, and which flags it takes",
		Example: "  mmapbench help run\n  mmapbench help lab copy",
		ValidArgsFunction: func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			about, rest, err := c.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return commandNames(about), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			about, rest, err := c.Root().Find(args)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				return commandsOnly(about, rest)
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

// usage writes how a command is called, for people. It stands in for cobra's, whose
// lines are as long as the texts of the flags, and whose template makes the program
// a fifth larger.
func (a *app) usage(c *cobra.Command) error {
	width := min(textWidth(a.out), helpWidth)
	var b strings.Builder
	section := func(title, text string) {
		if text != "" {
			fmt.Fprintf(&b, "\n%s:\n%s\n", title, strings.TrimRight(text, "\n"))
		}
	}
	line := ""
	if c.Runnable() {
		line = "  " + c.UseLine() + "\n"
	}
	var commands columns
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() || sub.Name() == "help" {
			commands.add("  "+sub.Name(), sub.Short)
		}
	}
	var list strings.Builder
	if len(commands.groups) > 0 {
		line += "  " + c.CommandPath() + " [command]"
	}
	if err := commands.write(&list, width); err != nil {
		return err
	}
	section("Usage", line)
	section("Examples", c.Example)
	section("Commands", list.String())
	section("Flags", c.LocalFlags().FlagUsagesWrapped(width))
	section("Flags of all these programs", c.InheritedFlags().FlagUsagesWrapped(width))
	if len(commands.groups) > 0 {
		fmt.Fprintf(&b, "\n\"%s COMMAND --help\" says more of each.\n", c.CommandPath())
	}
	_, err := fmt.Fprint(c.OutOrStderr(), strings.TrimPrefix(b.String(), "\n"))
	return err
}

// addCompletion adds cobra's command, with an error for shells that it does not know.
func addCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() == "completion" {
			c.Args = commandsOnly
			c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
			c.Example = "  source <(mmapbench completion bash)\n  mmapbench completion fish | source"
			mendCompletion(c)
		}
	}
}
