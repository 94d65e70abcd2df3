//go:build linux && !386 && !arm

package cli

import (
	"errors"
	"fmt"

	"mmapbench/experiment"
	"mmapbench/internal/prose"
	"mmapbench/internal/settle"
	"mmapbench/internal/units"
	"mmapbench/results"
	"mmapbench/target"
)

// outlook is a plan with what it rests on: targets that were opened, or, of a dry
// run, what was foreseen of each.
type outlook struct {
	plan     *results.Plan
	targets  []*target.Target
	foreseen []*target.Prospect
}

// outlook plans an experiment. The first plan is made without any file on the targets,
// so that what can be refused is refused before the first write, also by fits; a dry
// run keeps such a plan.
func (a *app) outlook(e *experiment.Experiment, list []results.Target, o *runOptions,
	fits func(*results.Plan) error) (v outlook, err error) {
	build := func(sites []target.Site) (*results.Plan, error) {
		p, err := experiment.Build(e, a.catalogue, sites)
		if err != nil {
			return nil, o.asGiven(err)
		}
		return p, fits(p)
	}
	if err := e.Validate(a.catalogue); err != nil {
		return v, err
	}
	if err := checkOut(o.output.dir); err != nil {
		return v, err
	}
	if e.Cooldown > 0 {
		if _, err := settle.Temperature("/"); err != nil {
			return v, fmt.Errorf("--cooldown: %w", err)
		}
	}
	if v.foreseen, err = a.foresee(list); err != nil {
		return v, err
	}
	defer closeForeseen(v.foreseen)
	if v.plan, err = build(certain(v.foreseen)); err != nil {
		return v, err
	}
	if o.dryRun {
		v.plan, err = build(likely(v.foreseen))
		return v, err
	}
	if err := checkWorker(); err != nil || len(list) == 0 {
		return v, err
	}
	v.foreseen = nil // what is found out takes its place
	if err := tryOut(o.output.dir); err != nil {
		return v, err
	}
	if v.targets, err = a.openTargets(list, o.quiet); err != nil {
		return v, err
	}
	if v.plan, err = build(target.Sites(v.targets)); err != nil {
		return v, errors.Join(err, target.CloseAll(v.targets))
	}
	return v, nil
}

// foresee looks at the targets, and writes nothing.
func (a *app) foresee(list []results.Target) ([]*target.Prospect, error) {
	if len(list) == 0 {
		return nil, nil
	}
	facts := target.Facts(list)
	var out []*target.Prospect
	for i, t := range list {
		p, err := target.Foresee(t, a.catalogue, facts.Targets[i])
		if err != nil {
			closeForeseen(out)
			return nil, fmt.Errorf("target %s: %w", t.Name, err)
		}
		out = append(out, p)
	}
	return out, nil
}

func closeForeseen(list []*target.Prospect) {
	for _, p := range list {
		p.Close() // nothing was written through it
	}
}

func certain(list []*target.Prospect) (out []target.Site) {
	for _, p := range list {
		out = append(out, p.Certain)
	}
	return out
}

func likely(list []*target.Prospect) (out []target.Site) {
	for _, p := range list {
		out = append(out, p.Likely)
	}
	return out
}

// basis says, after "the speed", where that of a target is from.
func basis(p *target.Prospect) string {
	if p.Tried.IsZero() {
		return "was assumed for its kind of device, and not tried"
	}
	return "was tried on " + p.Tried.UTC().Format("2006-01-02 15:04 UTC")
}

// announceDry says what of a dry run's plan is a forecast. Commands have no targets
// of ours.
func (a *app) announceDry(list []*target.Prospect) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(a.err, "Nothing was written. A run first tries the speed of %s, which writes less than %s to "+
		"each. From the\n"+
		"speed follow automatic sizes, the numbers of random accesses, bytes and times: here they are estimates.\n",
		prose.Count(len(list), "target"), units.FormatSize(target.OpeningBytes))
}

// openTargets opens the targets, and says before what that writes.
func (a *app) openTargets(list []results.Target, quiet bool) ([]*target.Target, error) {
	if !quiet {
		fmt.Fprintf(a.err, "Trying the speed of %s; that writes less than %s to each.\n",
			prose.Count(len(list), "target"), units.FormatSize(target.OpeningBytes))
	}
	out, err := target.OpenAll(list, a.catalogue)
	if _, untrusted := errors.AsType[*target.UntrustedError](err); untrusted {
		err = &exitError{ExitInvalid, err}
	}
	return out, err
}
