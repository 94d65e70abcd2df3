//go:build linux && !386 && !arm

package cli

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mmapbench/experiment"
	"mmapbench/internal/plain"
	"mmapbench/results"
	"mmapbench/session"
	"mmapbench/target"
)

// resumable are the flags beside --resume: none of them changes what is measured.
var resumable = []string{"resume", "budget", "quiet", "dry-run", "baseline", "format", "charts", "out"}

// resume goes on with a run file where it stopped.
func (a *app) resume(c *cobra.Command, args []string, o *runOptions) error {
	began := time.Now()
	if err := o.output.check(); err != nil {
		return err
	}
	changes := len(args) > 0
	c.Flags().Visit(func(f *pflag.Flag) { changes = changes || !slices.Contains(resumable, f.Name) })
	if changes {
		return errors.New("--resume goes on with the plan in the file: give it no experiment, and no flag that " +
			"changes the plan")
	}
	var err error
	if o.resume, err = runFile(o.resume); err != nil {
		return err
	}
	paused, err := results.OpenPaused(o.resume)
	if err != nil {
		return err
	}
	defer paused.Close() // it was only read
	plan := paused.Plan
	if c.Flags().Changed("budget") {
		if plan.Budget = o.budget; o.budget <= 0 || o.budget > results.MaxBudget {
			return fmt.Errorf("--budget %v: must be more than nothing and at most %v", o.budget, results.MaxBudget)
		}
	}
	if plan.Gate != nil {
		return fmt.Errorf("%s is of a gate, which looks at its rounds as they come and is not gone on with later: "+
			"judge what it has with mmapbench compare %[1]s, or start the gate again", o.resume)
	}
	if paused.Finished() {
		return a.nothingLeft(paused, o)
	}
	if plan.Trace != nil {
		if err := a.replay(plan.Trace.Path, plan.Trace); err != nil {
			return fmt.Errorf("go on with %s: %w", o.resume, err)
		}
	}
	if err := experiment.CheckPlan(&plan, a.catalogue); err != nil {
		return fmt.Errorf("go on with %s: %w", o.resume, err)
	}
	if err := checkInherited(&plan, o.output.format); err != nil {
		return err
	}
	if !o.quiet || o.dryRun {
		a.announceResumed(&plan, paused, o.resume)
	}
	if o.dryRun {
		return nil
	}
	return a.goOn(&plan, paused, o, began)
}

// nothingLeft leaves a finished file as it is.
func (a *app) nothingLeft(p *results.Paused, o *runOptions) error {
	if !o.quiet || o.dryRun {
		fmt.Fprintf(a.err, "%s: nothing is left to do, as all %d trials are done. The file stays as it is; "+
			"mmapbench report shows it.\n",
			plain.Line(o.resume), len(p.Run.Trials))
	}
	if o.baseline != "" && !o.dryRun {
		return a.keepBaseline(o.baseline, o.resume, o.quiet)
	}
	return nil
}

// announceResumed shows the plan of the file, which somebody else may have written:
// the directories that will be written to, and the commands.
func (a *app) announceResumed(plan *results.Plan, p *results.Paused, path string) {
	fmt.Fprintf(a.err, "Going on with %s: %d of %d trials are done. Its plan:\n",
		plain.Line(path), len(p.Run.Trials), len(p.Run.Trials)+p.Left())
	a.announce(plan, "begun on "+p.Run.Header.Started.UTC().Format("2006-01-02 15:04 UTC"), nil)
}

// goOn carries out what is left of a plan.
func (a *app) goOn(plan *results.Plan, p *results.Paused, o *runOptions, began time.Time) error {
	if err := checkWorker(); err != nil {
		return err
	}
	if len(plan.Commands) > 0 {
		if err := mayRun(p, o.resume); err != nil {
			return err
		}
	}
	if err := session.ResumesHere(p); err != nil {
		return &exitError{ExitInvalid, err}
	}
	var targets []*target.Target
	if len(plan.Commands) == 0 {
		var err error
		if targets, err = a.openTargets(plan.Targets, o.quiet); err != nil {
			return err
		}
		defer target.CloseAll(targets)
	}
	return a.carryOut(session.Request{Plan: plan, Targets: targets, Resume: p, Began: began}, o)
}
