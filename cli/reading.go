//go:build !linux || 386 || arm

// This file takes the place of the files for Linux with 64 bits, where the commands
// that measure are: here are those that read run files.

package cli

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"mmapbench/workloads"
)

// readsOnly says why a command does nothing.
func readsOnly() string {
	where := "Linux"
	if runtime.GOOS == "linux" {
		where = "64-bit Linux"
	}
	return "mmapbench measures on " + where + "; this build reads run files"
}

// measuring returns what stands for the commands that measure: they are known, and
// each says why it does nothing.
func (a *app) measuring() (first, last []*cobra.Command) {
	refuse := func(*cobra.Command, []string) error {
		fmt.Fprintln(a.err, readsOnly())
		return &exitError{ExitUsage, nil}
	}
	stub := func(name string) *cobra.Command {
		return &cobra.Command{Use: name, Short: "Measure, on Linux", Hidden: true, DisableFlagParsing: true,
			RunE: refuse}
	}
	for _, name := range []string{"list", "env", "check", "clean", "lab"} {
		last = append(last, stub(name))
	}
	return []*cobra.Command{stub("run"), stub("gate")}, last
}

// work is nothing here: this build starts no process for a trial.
func (a *app) work([]string) (bool, error) { return false, nil }

// catalogue has no backend: all of them make calls of Linux.
func catalogue() workloads.Catalogue { return workloads.Catalogue{Workloads: workloads.All()} }

// welcome says what there is to do, as the program without a command does.
func (a *app) welcome() error {
	fmt.Fprintf(a.out, "%s.\n\n", readsOnly())
	return a.root().Help()
}
