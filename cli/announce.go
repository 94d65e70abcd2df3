//go:build linux && !386 && !arm

package cli

import (
	"fmt"
	"slices"
	"strings"

	"mmapbench/internal/prose"
	"mmapbench/internal/units"
	"mmapbench/results"
	"mmapbench/target"
)

// announce says what is going to happen, before it does. foreseen is what the plan
// of a dry run rests on.
func (a *app) announce(p *results.Plan, about string, foreseen []*target.Prospect) {
	p = p.Shown()
	switch {
	case p.Gate != nil:
		a.announceGate(p, foreseen)
		return
	case len(p.Commands) > 0:
		a.announceExec(p)
		return
	}
	say := func(format string, args ...any) { fmt.Fprintf(a.err, format+"\n", args...) }
	if about != "" {
		about = ": " + about
	}
	say("Experiment %s%s", p.Name, about)
	for i, t := range p.Targets {
		say("  target %s: %s", t.Name, t.Dir)
		if foreseen != nil {
			say("    the speed %s:", basis(foreseen[i]))
		}
		c, known := p.Speed(t.Name)
		if !known {
			continue
		}
		say("    roughly %s MiB/s cold, %s warm, %s written durably, %s a cold access",
			units.FormatRate(c.ColdScan), units.FormatRate(c.WarmScan), units.FormatRate(c.DurableWrite),
			units.FormatDuration(seconds(c.ColdAccess)))
	}
	say("  %s, each tried %s, in rounds of shuffled order (seed %d):",
		prose.Count(len(p.Arms), "arm"), prose.AtMost(p.Rounds), p.Seed)
	a.sayLevels(p.Arms)
	for _, l := range p.LeftOut {
		say("  left out: %s: %s", l.Arm, l.Why)
	}
	say("  reads %s from the device, writes %s to it",
		traffic(p.ReadBytes, "about", "nothing"), traffic(p.WriteBytes, "at most", "nothing more"))
	say("  %s", howLong(p))
}

// announceExec says which commands are going to be run, and how.
func (a *app) announceExec(p *results.Plan) {
	say := func(format string, args ...any) { fmt.Fprintf(a.err, format+"\n", args...) }
	say("Commands, each tried %s in each cache state, in rounds of shuffled order (seed %d):",
		prose.AtMost(p.Rounds), p.Seed)
	announceCommands(p.Commands, say)
	var caches []string
	for _, arm := range p.Arms {
		caches = addName(caches, arm.Cache)
	}
	if len(caches) > 0 {
		say("  files of %s, %s: %s",
			units.FormatSize(p.Arms[0].Size), strings.Join(caches, " and "), strings.Join(p.Commands[0].Files, ", "))
		say("  reads %s from the device; what the commands write is theirs", traffic(p.ReadBytes, "about", "nothing"))
	} else {
		say("  no cache state is set: name the commands' files with --file")
	}
	if p.Budget > 0 {
		say("  the budget is %s", units.FormatDuration(p.Budget))
	}
}

// sayLevels writes the levels of the arms, workload by workload. An error of standard
// error has nowhere to be told.
func (a *app) sayLevels(arms []results.Arm) {
	var order []string
	of := map[string][]results.Arm{}
	for _, arm := range arms {
		order = addName(order, arm.Workload)
		of[arm.Workload] = append(of[arm.Workload], arm)
	}
	var list columns
	for _, w := range order {
		list.add("    "+w, levels(of[w]))
	}
	_ = list.write(a.err, textWidth(a.err))
}

// levels writes "record 4k, 64k; cache cold, cached": the factors by the names of the
// flags. One level that is the default of a factor goes without saying.
func levels(arms []results.Arm) string {
	var parts []string
	for _, f := range results.Listed() {
		var names []string
		for i := range arms {
			names = addName(names, f.Label(&arms[i]))
		}
		switch {
		case len(names) == 0 || f.Key == "workload", f.Key == "ops" && (len(names) == 1 || !differAlone(arms, f)):
		case f.IsNumber() || len(names) > 1 || !slices.Equal(names, f.Default):
			parts = append(parts, f.Key+" "+strings.Join(names, ", "))
		}
	}
	return strings.Join(parts, "; ")
}

// differAlone reports whether two arms differ in this factor and in nothing else.
func differAlone(arms []results.Arm, f *results.Factor) bool {
	seen := map[results.Arm]bool{}
	for _, a := range arms {
		key := a.Without(f)
		if seen[key] {
			return true
		}
		seen[key] = true
	}
	return false
}
