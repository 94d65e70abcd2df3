package cli

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"mmapbench/experiment"
	"mmapbench/internal/spelling"
	"mmapbench/io/backend"
	"mmapbench/report/words"
	"mmapbench/results"
)

// bashCompletion takes the place of cobra's script, which needs bash-completion and
// repeats what stands before a "=".
//
//go:embed completion.bash
var bashCompletion string

// mends are what cobra's scripts for zsh and fish need for "--backend=mmap:advise=ra":
// the name of a flag ends at the first "=", and a candidate that begins with one is
// no option of fish's string.
var mends = strings.NewReplacer(`'-.*='`, `'-[^=]*='`, `string split --max 1 \t`, `string split --max 1 -- \t`)

// mendCompletion replaces what cobra's scripts get wrong.
func mendCompletion(completion *cobra.Command) {
	for _, c := range completion.Commands() {
		switch c.Name() {
		case "bash":
			c.Long = "Write a script for bash 4 or newer; it needs nothing else. For this shell:\n\n" +
				"  source <(mmapbench completion bash)\n\nFor every new one, with bash-completion:\n\n" +
				"  mmapbench completion bash > ~/.local/share/bash-completion/completions/mmapbench"
			c.RunE = func(c *cobra.Command, _ []string) error {
				_, err := io.WriteString(c.OutOrStdout(), bashCompletion)
				return err
			}
		case "zsh", "fish":
			c.RunE = writeMended
		}
	}
}

func writeMended(c *cobra.Command, _ []string) error {
	bare, err := c.Flags().GetBool("no-descriptions")
	if err != nil {
		return err
	}
	var b bytes.Buffer
	switch root := c.Root(); {
	case c.Name() == "fish":
		err = root.GenFishCompletion(&b, !bare)
	case bare:
		err = root.GenZshCompletionNoDesc(&b)
	default:
		err = root.GenZshCompletion(&b)
	}
	if err != nil {
		return fmt.Errorf("completion of %s: %w", c.Name(), err)
	}
	_, err = io.WriteString(c.OutOrStdout(), mends.Replace(b.String()))
	return err
}

// completeValue completes a flag by what may follow on what is typed of its value. A
// space would end a value that can go on.
func completeValue(c *cobra.Command, flag string, candidates func(typed string) []string) {
	// The only error is an unknown flag, which the tests would show.
	_ = c.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, _ []string, typed string) (
		[]string, cobra.ShellCompDirective,
	) {
		return candidates(typed), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	})
}

// optionCandidates continue a list of backends or of workloads: with another one, or with
// a further option of the last one.
func (a *app) optionCandidates(key, typed string) []string {
	before := typed[:strings.LastIndexByte(typed, ',')+1]
	out := prefixed(before, a.withOptions(key))
	list, err := experiment.Split(a.catalogue, words.Factor(key), strings.TrimSuffix(before, ","))
	if err != nil {
		return out
	}
	return append(out, prefixed(before, a.furtherOptions(key, list[len(list)-1]))...)
}

// furtherOptions lists the options of a backend or workload of which some are given.
func (a *app) furtherOptions(key, given string) []string {
	name, _, ok := strings.Cut(given, ":")
	if !ok {
		return nil
	}
	var out []string
	for _, c := range a.withOptions(key) {
		if option, ok := strings.CutPrefix(c, name+":"); ok {
			out = append(out, option)
		}
	}
	return out
}

// sideKinds are what a side of a gate may be.
var sideKinds = []string{results.GateBinary, results.GateTarget, results.GateBackend, results.GateExec}

// sideCandidates continue a side of a gate.
func (a *app) sideCandidates(typed string) []string {
	kind, value, named := strings.Cut(typed, ":")
	switch {
	case named && kind == results.GateBackend:
		return prefixed(kind+":", a.oneBackend(value))
	case named && kind == results.GateTarget:
		return prefixed(kind+":", paths(value, os.FileInfo.IsDir))
	case named && kind == results.GateBinary:
		return prefixed(kind+":", paths(value, executable))
	case named && kind == results.GateExec:
		return nil // the command of a shell
	}
	var kinds []string
	for _, k := range sideKinds {
		kinds = append(kinds, k+":")
	}
	return slices.Concat(kinds, a.oneBackend(typed), paths(typed, executable))
}

// oneBackend continues a backend with options.
func (a *app) oneBackend(typed string) []string {
	i := strings.LastIndexByte(typed, ',')
	if i < 0 {
		return a.withOptions("backend")
	}
	return prefixed(typed[:i+1], a.furtherOptions("backend", typed[:i]))
}

// targetCandidates continue name=dir, or a directory.
func targetCandidates(typed string) []string {
	name, dir, ok := strings.Cut(typed, "=")
	if !ok || strings.Contains(name, "/") {
		return paths(typed, os.FileInfo.IsDir)
	}
	return prefixed(name+"=", paths(dir, os.FileInfo.IsDir))
}

func executable(info os.FileInfo) bool { return info.Mode().IsRegular() && info.Mode()&0o111 != 0 }

// paths lists what a path may go on with: folders, with a slash, and what else is
// wanted.
func paths(typed string, wanted func(os.FileInfo) bool) []string {
	dir, base := filepath.Split(typed)
	entries, err := os.ReadDir(cmp.Or(dir, "."))
	if err != nil {
		return nil // nothing to offer is no error here
	}
	var out []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), base) || base == "" && strings.HasPrefix(e.Name(), ".") {
			continue
		}
		info, err := os.Stat(filepath.Join(dir, e.Name()))
		switch {
		case err != nil:
		case info.IsDir():
			out = append(out, dir+e.Name()+"/")
		case wanted(info):
			out = append(out, dir+e.Name())
		}
	}
	return out
}

func prefixed(prefix string, names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = prefix + n
	}
	return out
}

// completeFactors completes every factor and measuring option whose levels have names.
func (a *app) completeFactors(c *cobra.Command) {
	lists := map[string]func() []string{
		"ops":  func() []string { return []string{experiment.All, experiment.Auto} },
		"size": func() []string { return []string{experiment.Auto} },
		"sync": func() []string { return []string{results.SyncEnd, results.SyncEvery, results.SyncEvery + "=16"} },
	}
	for _, f := range results.Listed() {
		if f.Levels != nil {
			lists[f.Key] = func() []string { return f.Levels }
		}
	}
	completeLists(c, lists)
	for _, key := range []string{"backend", "workload"} {
		completeValue(c, key, func(typed string) []string { return a.optionCandidates(key, typed) })
	}
	completeValue(c, "target", targetCandidates)
	for _, o := range results.Options {
		if o.Levels != nil {
			completeValue(c, o.Key, func(string) []string { return o.Levels })
		}
	}
}

// completeNames completes from a list of names.
func completeNames(names func() []string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return names(), cobra.ShellCompDirectiveDefault
	}
}

// completeLists completes the last element of each flag's list.
func completeLists(c *cobra.Command, flags map[string]func() []string) {
	for flag, names := range flags {
		// The only error is an unknown flag, which the tests would show.
		_ = c.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, _ []string, typed string) (
			[]string, cobra.ShellCompDirective,
		) {
			before := typed[:strings.LastIndexAny(typed, ",")+1]
			out := slices.Clone(names())
			for i := range out {
				out[i] = before + out[i]
			}
			return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
		})
	}
}

// withOptions lists every backend or every workload, alone and with each of its options.
func (a *app) withOptions(key string) (out []string) {
	add := func(name string, options []backend.Option) {
		out = append(out, name)
		for _, o := range options {
			option := name + ":" + o.Name
			out = append(out, prefixed(option+"=", o.Values)...)
			switch o.Kind {
			case backend.Flag:
				out = append(out, option)
			case backend.Choice:
			default:
				out = append(out, option+"=")
			}
		}
	}
	if key == "workload" {
		for _, w := range a.catalogue.Workloads {
			add(w.Info().Name, w.Info().Options)
		}
		return out
	}
	for _, b := range a.catalogue.Backends {
		add(b.Info().Name, b.Info().Options)
	}
	return out
}

// checkName refuses a name that is not in the list.
func checkName(what, name string, known []string) error {
	if !slices.Contains(known, name) {
		return spelling.Unknown(what, name, known)
	}
	return nil
}

// completeBaselines completes the names of the baselines of the folder in --out.
func completeBaselines(c *cobra.Command, flag string) {
	// The only error is an unknown flag, which the tests would show.
	_ = c.RegisterFlagCompletionFunc(flag, func(c *cobra.Command, _ []string, _ string) (
		[]string, cobra.ShellCompDirective,
	) {
		names, _ := results.Baselines(c.Flag("out").Value.String()) // nothing to offer is no error here
		return names, cobra.ShellCompDirectiveNoFileComp
	})
}
