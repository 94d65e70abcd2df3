package experiment

import (
	"errors"
	"fmt"
	"slices"

	"mmapbench/internal/spelling"
	"mmapbench/io/backend"
	"mmapbench/results"
	"mmapbench/workloads"
)

// CheckPlan reports the first thing in a plan that was read from a file that Build
// with this catalogue would not have planned, on any target, and names the
// field. The plan may have been edited, or be of a program with other workloads.
func CheckPlan(p *results.Plan, c workloads.Catalogue) error {
	if !slices.Contains(results.LatencyModes, p.Latency) {
		return fmt.Errorf("plan.latency: %w", spelling.Unknown("latency mode", p.Latency, results.LatencyModes))
	}
	for i, a := range p.Arms {
		if key, err := checkArm(c, p, a); err != nil {
			return fmt.Errorf("plan.arms[%d].%s: %w", i, key, err)
		}
	}
	return nil
}

// checkArm reports what no arm of the plan has, and in which field.
func checkArm(c workloads.Catalogue, p *results.Plan, a results.Arm) (string, error) {
	work, err := c.Workload(a.Workload)
	if err != nil {
		return "workload", err
	}
	w := work.Info()
	runs := w.Kind == workloads.Runs
	if runs != (len(p.Commands) > 0) {
		return "workload", fmt.Errorf("is %q: a plan is of commands alone, or of workloads alone", a.Workload)
	}
	if why := unfit(w, a, p.Duration); why != nil {
		return "workload", errors.New(why.String())
	}
	if runs {
		return checkCommandArm(p, a)
	}
	return checkAccesses(c, w, a)
}

// checkCommandArm reports what no arm of a command has, and in which field.
func checkCommandArm(p *results.Plan, a results.Arm) (string, error) {
	command, err := p.CommandOf(a)
	switch {
	case err != nil:
		return "backend", err
	case len(command.Files) == 0 && a.Cache != "":
		return "cache", fmt.Errorf("is %q: the command %s has no files", a.Cache, command.Name)
	case len(command.Files) > 0:
		return "cache", checkExecCaches(List{a.Cache})
	}
	return "", nil
}

// checkAccesses reports what no arm that makes accesses has, and in which field.
func checkAccesses(c workloads.Catalogue, w workloads.Info, a results.Arm) (string, error) {
	b, options, err := c.Backend(a.Backend)
	if err != nil {
		return "backend", err
	}
	if _, err := backend.Configure(b, w.Verb(), "", options); err != nil {
		return "backend", err
	}
	if err := checkSizes(w, a); err != nil {
		if a.Size > results.MaxFile || a.Size%backend.WordBytes != 0 {
			return "size", err
		}
		return "record", err
	}
	for _, f := range results.Listed() {
		level, applies := f.Label(&a), applies(f, w.Kind)
		if !applies && level != "" {
			return f.Key, fmt.Errorf("is %q: %s has none", level, w.Name)
		}
		if applies && f.Levels != nil {
			if _, err := readLevel(c, f, level); err != nil {
				return f.Key, err
			}
		}
	}
	return checkCounts(w, a)
}

// checkCounts reports numbers that do not follow from each other.
func checkCounts(w workloads.Info, a results.Arm) (string, error) {
	if w.Ops == nil && !w.Sampled {
		if want := countOps(w, a, opsAll, results.Calibration{}); a.Ops != want {
			return "ops", fmt.Errorf("is %d: %s goes through the whole file, in %d accesses", a.Ops, w.Name, want)
		}
	}
	if s := w.Shape; s != nil && (a.Size != s.Size || a.Record != s.Record) {
		return "size", fmt.Errorf("and record are %d and %d: those of the trace are %d and %d", a.Size, a.Record,
			s.Size, s.Record)
	}
	if want := bytesOf(w, a); a.Bytes != want {
		return "bytes", fmt.Errorf("is %d: a lap of %s by this plan is of %d bytes", a.Bytes, w.Name, want)
	}
	return "", nil
}
