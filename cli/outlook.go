//go:build linux && !386 && !arm

package cli

import (
	"errors"
	"fmt"

	"mmapbench/internal/prose"
	"mmapbench/internal/units"
	"mmapbench/results"
	"mmapbench/target"
)

// builder makes a plan for targets of which so much is known.
type builder func([]target.Site) (*results.Plan, error)

// outlook is a plan with what it rests on: targets that were opened, or, of a dry
// run, what was foreseen of each.
type outlook struct {
	plan     *results.Plan
	targets  []*target.Target
	foreseen []*target.Prospect
}

// outlook makes a plan. It makes the plan without any file on the targets first,
// so that what can be refused is refused before the first write; a dry run
// keeps that one.
func (a *app) outlook(list []results.Target, o *runOptions, build builder) (v outlook, err error) {
	if err := checkOut(o.output.dir); err != nil {
		return v, err
	}
	if v.foreseen, err = a.foresee(list); err != nil {
		return v, err
	}
	defer closeForeseen(v.foreseen)
	if _, err := build(certain(v.foreseen)); err != nil {
		return v, err
	}
	if o.dryRun {
		v.plan, err = build(likely(v.foreseen))
		return v, err
	}
	if err := tryOut(o.output.dir); err != nil {
		return v, err
	}
	if v.targets, err = a.openTargets(list, o.quiet); err != nil {
		return v, err
	}
	if v.plan, err = build(sites(v.targets)); err != nil {
		return v, errors.Join(err, closeTargets(v.targets))
	}
	return v, nil
}

// foresee looks at the targets, and writes nothing.
func (a *app) foresee(list []results.Target) ([]*target.Prospect, error) {
	facts := hostFacts(list)
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
	fmt.Fprintf(a.err, "Nothing was written. A run first tries the speed of %s, which writes less than %s to each. From the\n"+
		"speed follow automatic sizes, the numbers of random accesses, bytes and times: here they are estimates.\n",
		prose.Count(len(list), "target"), units.FormatSize(target.OpeningBytes))
}

// openTargets opens the targets, and says before what that writes.
func (a *app) openTargets(list []results.Target, quiet bool) ([]*target.Target, error) {
	if !quiet {
		fmt.Fprintf(a.err, "Trying the speed of %s; that writes less than %s to each.\n",
			prose.Count(len(list), "target"), units.FormatSize(target.OpeningBytes))
	}
	var out []*target.Target
	for _, t := range list {
		o, err := target.Open(t, a.catalogue)
		if err != nil {
			err = fmt.Errorf("target %s: %w", t.Name, err)
			if _, untrusted := errors.AsType[*target.UntrustedError](err); untrusted {
				err = &exitError{ExitInvalid, err}
			}
			return nil, errors.Join(err, closeTargets(out))
		}
		out = append(out, o)
	}
	return out, nil
}

func closeTargets(targets []*target.Target) error {
	var errs []error
	for _, t := range targets {
		errs = append(errs, t.Close())
	}
	return errors.Join(errs...)
}

func sites(targets []*target.Target) []target.Site {
	var out []target.Site
	for _, t := range targets {
		out = append(out, t.Site)
	}
	return out
}
