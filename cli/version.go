package cli

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"mmapbench/results"
)

// version is set at link time (-X mmapbench/cli.version=…) for releases.
var version = "devel"

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  mmapbench version\n  mmapbench --version",
		Args:    arguments(0, 0, "no arguments"),
		RunE:    func(*cobra.Command, []string) error { return a.printVersion() },
	}
}

func (a *app) printVersion() error {
	t := tool()
	rev := t.Revision
	if rev == "" {
		rev = "unknown revision"
	}
	if t.Modified {
		rev += ", modified"
	}
	_, err := fmt.Fprintf(a.out, "mmapbench %s (%s) %s %s/%s\n", t.Version, rev, t.Go, runtime.GOOS, runtime.GOARCH)
	return err
}

// tool identifies this binary.
func tool() results.Tool { return results.ThisTool(version) }
