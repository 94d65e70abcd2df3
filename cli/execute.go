//go:build linux && !386 && !arm

package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"time"

	"mmapbench/analysis"
	"mmapbench/experiment"
	"mmapbench/harness"
	"mmapbench/internal/host"
	"mmapbench/internal/plain"
	"mmapbench/internal/units"
	"mmapbench/results"
	"mmapbench/session"
	"mmapbench/target"
)

// start plans and carries out an experiment.
func (a *app) start(e *experiment.Experiment, o *runOptions) error {
	began := time.Now()
	list, err := chooseTargets(e, o)
	if err != nil {
		return err
	}
	v, err := a.outlook(e, list, o, func(p *results.Plan) error { return checkInherited(p, o.output.format) })
	if err != nil {
		return err
	}
	defer target.CloseAll(v.targets)
	if !o.quiet || o.dryRun {
		a.announce(v.plan, e.About, v.foreseen)
	}
	if o.dryRun {
		a.announceDry(v.foreseen)
		return nil
	}
	return a.carryOut(session.Request{Plan: v.plan, Labels: e.Label, Targets: v.targets, Began: began}, o)
}

// carryOut carries out the plan of a run and renders what the run file then holds.
func (a *app) carryOut(q session.Request, o *runOptions) error {
	out, runErr := a.session(q, o)
	if out.Path == "" {
		return runErr
	}
	run, err := results.Read(out.Path)
	if err == nil && len(run.Trials) > 0 {
		limit := out.Host.Memory.CgroupLimit
		if limit != nil && *limit != host.Unlimited && *limit < chartMemory && o.output.charts != "none" {
			fmt.Fprintf(a.err, "No charts: to draw them takes up to %s, and the memory cgroup allows %s. "+
				"mmapbench report draws them elsewhere.\n",
				units.FormatSize(chartMemory), units.FormatSize(*limit))
			o.output.charts = "none"
		}
		err = a.render(&o.output, rendered{out.Path, analysis.Summarize(run), chartDir(out.Path)})
	}
	a.sayPath(out.Path, o)
	a.showOnce(run, runErr)
	switch {
	case runErr != nil:
		return errors.Join(runErr, err)
	case err != nil:
		return err
	}
	if o.baseline != "" {
		err = a.keepBaseline(o.baseline, out.Path, o.quiet)
	}
	switch {
	case out.End.Status == results.EndInterrupted:
		return &exitError{ExitInterrupted, err}
	case err != nil:
		return err
	}
	return anyUsable(run)
}

// session carries out a plan, with what is shown meanwhile.
func (a *app) session(q session.Request, o *runOptions) (session.Outcome, error) {
	bar := newProgress(a.err, o.quiet, &q)
	defer bar.clear()
	ctx, stop, release := catchSignals(bar.ending)
	defer release()
	q.Catalogue, q.Tool, q.Dir, q.Tell, q.Stop = a.catalogue, tool(), o.output.dir, bar.tell, stop
	return session.Run(ctx, q)
}

func (a *app) sayPath(path string, o *runOptions) {
	if !o.quiet {
		fmt.Fprintf(a.err, "Run file: %s\n", plain.Line(path))
	}
}

// chartMemory is what drawing takes, fonts and pictures together.
const chartMemory = 128 << 20

// anyUsable refuses to end well when there is no number at all.
func anyUsable(run *results.Run) error {
	why := errors.New("no trial was run: the budget was used up before the first; give more with --budget")
	for _, t := range run.Trials {
		if t.Usable() {
			return nil
		}
		if why = t.Error; t.Error == nil {
			why = errors.New(t.Exclusion())
		}
	}
	return fmt.Errorf("no trial gave a measurement; the last one: %w", why)
}

// chooseTargets are the targets of an experiment; commands have none.
func chooseTargets(e *experiment.Experiment, o *runOptions) ([]results.Target, error) {
	switch {
	case len(e.Commands) > 0:
		return nil, nil
	case len(o.targets) == 0 && len(e.Target) > 0:
		return fileTargets(e.Target)
	}
	return parseTargets(o.targets)
}

// checkWorker refuses, before anything is written, where no worker can be started.
func checkWorker() error {
	if err := harness.CheckWorker(harness.SelfWorker()); err != nil {
		return &exitError{ExitInvalid, err}
	}
	return nil
}

// catchSignals calls ending at the first interrupt, and turns it into a request to end with the running
// trial, and the second into one to end at once.
func catchSignals(ending func()) (ctx context.Context, interrupted <-chan struct{}, release func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, endSignals...)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			case <-signals:
			}
			if n == 0 {
				ending()
				close(stop)
			} else {
				cancel()
			}
		}
	}()
	return ctx, stop, func() { signal.Stop(signals); close(done); cancel() }
}
