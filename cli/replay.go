//go:build linux && !386 && !arm

package cli

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/pflag"

	"mmapbench/experiment"
	"mmapbench/internal/plain"
	"mmapbench/internal/trace"
	"mmapbench/results"
)

// replay reads a trace and makes its replay a workload. want is what the trace was when
// a run began; nil: a run begins.
func (a *app) replay(path string, want *trace.Summary) error {
	t, err := trace.Open(path)
	switch {
	case err != nil && want != nil:
		return fmt.Errorf("%w: the accesses of the run are in no other place", err)
	case err != nil:
		return err
	case want != nil && t.SHA256 != want.SHA256:
		return fmt.Errorf("the trace %s has changed since the run began (SHA-256 %.12s, then %.12s): its accesses "+
			"are others", path, t.SHA256, want.SHA256)
	case t.Summary().Reads == 0:
		return fmt.Errorf("the trace %s has no read of a regular file, and replay makes what reads alone", path)
	}
	a.catalogue = a.catalogue.WithTrace(t)
	return nil
}

// replays makes replay the workload of a run that is given a trace and names no other,
// and refuses factors that the trace decides.
func (o *runOptions) replays(f *pflag.FlagSet, given experiment.Factors) error {
	if o.trace != "" && len(given["workload"]) == 0 {
		given["workload"] = experiment.List{results.Replay}
	}
	others := slices.ContainsFunc(given["workload"], func(w string) bool {
		return !results.Arm{Workload: w}.Replays()
	})
	if len(given["workload"]) == 0 || others {
		return nil
	}
	for _, factor := range []string{"size", "record", "ops"} {
		if len(given[factor]) > 0 {
			return fmt.Errorf("--%s: a replay has the sizes, lengths and number of the recorded accesses", factor)
		}
	}
	if f.Changed("duration") {
		return errors.New("--duration: a replay ends with the recorded accesses")
	}
	return nil
}

// sayTrace describes the trace that a plan replays.
func sayTrace(p *results.Plan, say func(format string, args ...any)) {
	if p.Trace == nil {
		return
	}
	for i, line := range p.Trace.Text() {
		if i == 0 {
			line = "trace " + line
		} else {
			line = "  " + line
		}
		say("  %s", plain.Line(line))
	}
	if p.Trace.Writes+p.Trace.Syncs > 0 {
		say("    the writes and syncs are left out: reads are replayed")
	}
}
