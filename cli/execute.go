//go:build linux && !386 && !arm

package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"mmapbench/experiment"
	"mmapbench/harness"
	"mmapbench/internal/host"
	"mmapbench/internal/plain"
	"mmapbench/internal/settle"
	"mmapbench/internal/units"
	"mmapbench/results"
	"mmapbench/target"
)

// start plans and carries out an experiment.
func (a *app) start(e *experiment.Experiment, o *runOptions) error {
	began := time.Now()
	if e.IsExec() {
		return a.startExec(e, o, began)
	}
	if err := e.Validate(a.catalogue); err != nil {
		return err // before anything is written
	}
	list, err := chooseTargets(e, o)
	if err != nil {
		return err
	}
	if e.Cooldown > 0 {
		if _, err := settle.Temperature("/"); err != nil {
			return fmt.Errorf("--cooldown: %w", err)
		}
	}
	if !o.dryRun {
		if err := checkWorker(); err != nil {
			return err
		}
	}
	v, err := a.outlook(list, o, func(sites []target.Site) (*results.Plan, error) { return experiment.Build(e, a.catalogue, sites) })
	if err != nil {
		return err
	}
	defer closeTargets(v.targets)
	plan := v.plan
	plan.NoCounters, plan.PhaseCounters, plan.Smaps = o.noCounters, o.phaseCounters, o.smaps
	if o.dryRun {
		a.announce(plan, e.About, v.foreseen)
		a.announceDry(v.foreseen)
		return nil
	}
	if !o.quiet {
		a.announce(plan, e.About, nil)
	}
	return a.begin(plan, v.targets, o, began)
}

// startExec plans and carries out an experiment that runs commands. It writes
// nothing on their device.
func (a *app) startExec(e *experiment.Experiment, o *runOptions, began time.Time) error {
	if err := checkOut(o.output.dir); err != nil {
		return err
	}
	plan, err := e.BuildExec()
	if err != nil {
		return o.asGiven(err)
	}
	if err := checkInherited(plan, o.output.format); err != nil {
		return err
	}
	plan.NoCounters, plan.Smaps = o.noCounters, o.smaps
	if !o.quiet || o.dryRun {
		a.announceExec(plan)
	}
	if o.dryRun {
		return nil
	}
	if err := checkWorker(); err != nil {
		return err
	}
	return a.begin(plan, nil, o, began)
}

// begin writes the head of the run file and carries the plan out.
func (a *app) begin(plan *results.Plan, targets []*target.Target, o *runOptions, began time.Time) error {
	w, facts, err := a.openRun(plan, targets, o.output.dir, began)
	if err != nil {
		return err
	}
	return a.carryOut(&harness.Runner{Plan: plan, Targets: targets, Writer: w, Began: began, Host: facts}, o)
}

// openRun creates the run file, with the facts of the machine in its head and
// what was asked of the targets.
func (a *app) openRun(plan *results.Plan, targets []*target.Target, dir string, began time.Time) (*results.Writer, host.Facts, error) {
	facts := hostFacts(plan.Targets)
	var checks []results.TargetCheck
	warnings := harness.HostWarnings(facts, plan, dir)
	for _, t := range targets {
		checks = append(checks, t.Checks...)
		warnings = append(warnings, t.Warnings...)
	}
	w, err := a.createRunFile(dir, results.Header{
		Tool: tool(), Command: plain.Lines(os.Args), Started: began, Plan: *plan, Host: facts,
		Metrics: harness.Metrics(plan, facts), Checks: checks, Warnings: warnings,
	})
	return w, facts, err
}

// carryOut runs the plan and renders what the run file then holds.
func (a *app) carryOut(r *harness.Runner, o *runOptions) error {
	r.Catalogue, r.Worker = a.catalogue, self("worker")
	bar := newProgressBar(a.err, o.quiet)
	r.Making, r.Progress, r.Late, r.Notice = bar.making, bar.trial, bar.late, bar.notice
	ctx, interrupted, release := a.catchSignals()
	end, runErr := r.Run(ctx, interrupted)
	release()
	bar.clear()

	run, err := results.Read(r.Writer.Path())
	if err == nil && len(run.Trials) > 0 {
		if limit := r.Host.Memory.CgroupLimit; limit != nil && *limit != host.Unlimited && *limit < chartMemory && o.output.charts != "none" {
			fmt.Fprintf(a.err, "No charts: to draw them takes up to %s, and the memory cgroup allows %s. mmapbench report draws them elsewhere.\n",
				units.FormatSize(chartMemory), units.FormatSize(*limit))
			o.output.charts = "none"
		}
		err = a.render(run, &o.output, chartDir(r.Writer.Path()))
	}
	if !o.quiet {
		fmt.Fprintf(a.err, "Run file: %s\n", plain.Line(r.Writer.Path()))
	}
	a.showOnce(run, runErr)
	switch {
	case runErr != nil:
		return errors.Join(runErr, err)
	case err != nil:
		return err
	}
	if o.baseline != "" {
		err = a.keepBaseline(o.baseline, r.Writer.Path(), o.quiet)
	}
	switch {
	case end.Status == results.EndInterrupted:
		return &exitError{ExitInterrupted, err}
	case err != nil:
		return err
	}
	return anyUsable(run)
}

// chartMemory is what drawing takes, fonts and pictures together.
const chartMemory = 128 << 20

// anyUsable refuses to end well when there is no number at all.
func anyUsable(run *results.Run) error {
	why := "no trial was run: the budget was used up before the first; give more with --budget"
	for _, t := range run.Trials {
		if t.Usable() {
			return nil
		}
		if why = t.Excluded; t.Error != nil {
			why = t.Error.Text
		}
	}
	return fmt.Errorf("no trial gave a measurement; the last one: %s", why)
}

func chooseTargets(e *experiment.Experiment, o *runOptions) ([]results.Target, error) {
	if len(o.targets) == 0 && len(e.Target) > 0 {
		return fileTargets(e.Target)
	}
	return parseTargets(o.targets)
}

// createRunFile names the run file by the time and the experiment.
func (a *app) createRunFile(dir string, h results.Header) (*results.Writer, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the folder for the results: %w; %s", err, adviceOut)
	}
	base := filepath.Join(dir, h.Started.UTC().Format(runTime)+"-"+h.Plan.Name)
	for i := 1; ; i++ {
		path := base + results.FileEnding
		if i > 1 {
			path = fmt.Sprintf("%s-%d%s", base, i, results.FileEnding)
		}
		w, err := results.Create(path, h)
		if !errors.Is(err, os.ErrExist) {
			return w, err
		}
	}
}

// catchSignals turns the first interrupt into a request to end with the running
// trial, and the second into one to end at once.
func (a *app) catchSignals() (ctx context.Context, interrupted <-chan struct{}, release func()) {
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
				fmt.Fprintln(a.err, "\nEnding after the running trial, or in a second; once more to end at once.")
				close(stop)
			} else {
				cancel()
			}
		}
	}()
	return ctx, stop, func() { signal.Stop(signals); close(done); cancel() }
}
