//go:build linux && !386 && !arm

package cli

import (
	"fmt"
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
	say("Experiment %s: %s", p.Name, about)
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
			units.FormatRate(c.ColdScan), units.FormatRate(c.WarmScan), units.FormatRate(c.DurableWrite), units.FormatDuration(seconds(c.ColdAccess)))
	}
	say("  %s, each tried %s, in rounds of shuffled order (seed %d):", prose.Count(len(p.Arms), "arm"), prose.AtMost(p.Rounds), p.Seed)
	for _, line := range summaries(p.Arms) {
		say("    %s", line)
	}
	for _, l := range p.LeftOut {
		say("  left out: %s: %s", l.Arm, l.Reason)
	}
	say("  reads %s from the device, writes %s to it", traffic(p.ReadBytes, "about", "nothing"), traffic(p.WriteBytes, "at most", "nothing more"))
	say("  %s", howLong(p))
}

// announceExec says which commands are going to be run, and how.
func (a *app) announceExec(p *results.Plan) {
	say := func(format string, args ...any) { fmt.Fprintf(a.err, format+"\n", args...) }
	say("Commands, each tried %s in each cache state, in rounds of shuffled order (seed %d):", prose.AtMost(p.Rounds), p.Seed)
	announceCommands(p.Commands, say)
	var caches []string
	for _, arm := range p.Arms {
		caches = addName(caches, arm.Cache)
	}
	if len(caches) > 0 {
		say("  files of %s, %s: %s", units.FormatSize(p.Arms[0].Size), strings.Join(caches, " and "), strings.Join(p.Commands[0].Files, ", "))
		say("  reads %s from the device; what the commands write is theirs", traffic(p.ReadBytes, "about", "nothing"))
	} else {
		say("  no cache state is set: name the commands' files with --file")
	}
	if p.Budget > 0 {
		say("  the budget is %s", units.FormatDuration(p.Budget))
	}
}

// summaries writes the arms of each workload in one line: its levels.
func summaries(arms []results.Arm) []string {
	type levels struct{ cache, size, record, backend []string }
	byWorkload := map[string]*levels{}
	var order []string
	for _, a := range arms {
		l := byWorkload[a.Workload]
		if l == nil {
			l = &levels{}
			byWorkload[a.Workload] = l
			order = append(order, a.Workload)
		}
		l.cache = addName(l.cache, a.Cache)
		l.size = addName(l.size, units.FormatSize(a.Size))
		l.record = addName(l.record, units.CompactSize(a.Record))
		l.backend = addName(l.backend, a.Backend)
	}
	var out []string
	for _, w := range order {
		l := byWorkload[w]
		parts := []string{strings.Join(l.size, ", "), "records " + strings.Join(l.record, ", "), strings.Join(l.backend, ", ")}
		if len(l.cache) > 0 {
			parts = append(parts, strings.Join(l.cache, " and "))
		}
		out = append(out, fmt.Sprintf("%-8s %s", w, strings.Join(parts, "; ")))
	}
	return out
}

// addName appends a name that is not empty and not in the list.
func addName(list []string, name string) []string {
	for _, n := range list {
		if n == name {
			return list
		}
	}
	if name == "" {
		return list
	}
	return append(list, name)
}
