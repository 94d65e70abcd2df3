//go:build linux && !386 && !arm

package cli

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"mmapbench/internal/plain"
	"mmapbench/results"
)

// checkBaseline refuses a bad name before anything is measured.
func (o *runOptions) checkBaseline(c *cobra.Command) error {
	if !c.Flags().Changed("baseline") {
		return nil
	}
	if err := results.CheckBaselineName(o.baseline); err != nil {
		return fmt.Errorf("--baseline: %w", err)
	}
	return nil
}

// keepBaseline keeps the run file under the name that was asked for, in the folder
// that it is in, and says which run it takes the place of.
func (a *app) keepBaseline(name, file string, quiet bool) error {
	dir := filepath.Dir(file)
	instead := ""
	if old, err := results.Baseline(dir, name); err == nil {
		instead = ", in place of one that cannot be read"
		if run, err := results.Read(old); err == nil {
			instead = fmt.Sprintf(", in place of the run %s of %s",
				run.Header.Plan.Name, run.Header.Started.UTC().Format("2006-01-02 15:04:05 UTC"))
		}
	}
	path, err := results.KeepBaseline(dir, name, file)
	if err != nil {
		return err
	}
	if !quiet || instead != "" {
		fmt.Fprintf(a.err, "Baseline %s: %s%s\n", name, plain.Line(path), instead)
	}
	return nil
}
