//go:build linux && !386 && !arm

package cli

import (
	"fmt"
	"slices"
	"strings"

	"mmapbench/internal/prose"
	"mmapbench/internal/units"
	"mmapbench/report/words"
	"mmapbench/results"
	"mmapbench/target"
)

// announce says what is going to happen, before it does. foreseen is what the plan
// of a dry run rests on.
func (a *app) announce(p *results.Plan, about string, foreseen []*target.Prospect) {
	p = p.Shown()
	if p.Gate != nil {
		a.announceGate(p, foreseen)
		return
	}
	say := func(format string, args ...any) { fmt.Fprintf(a.err, format+"\n", args...) }
	if about != "" {
		about = ": " + about
	}
	say("Experiment %s%s", p.Name, about)
	announceCommands(p.Commands, say)
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
	tried := "each tried " + prose.AtMost(p.Rounds) + ", in rounds of"
	if overBudget(p) {
		tried = fmt.Sprintf("in as many rounds as fit into %s (at most %d), in", units.FormatDuration(p.Budget),
			p.Rounds)
	}
	say("  %s, %s shuffled order (seed %d):", prose.Count(len(p.Arms), "arm"), tried, p.Seed)
	a.sayLevels(p.Arms)
	sayTrace(p, say)
	for _, l := range p.LeftOut {
		say("  left out: %s: %s", l.Arm, l.Why)
	}
	say("  %s", moved(p, "about"))
	say("  %s", howLong(p))
}

// overBudget reports whether the budget is expected to end a run before its last round.
func overBudget(p *results.Plan) bool { return p.Budget > 0 && p.Expected > p.Budget }

// within is the part of what all rounds move that fits into the budget, roughly.
func within(p *results.Plan, bytes int64) int64 {
	if !overBudget(p) {
		return bytes
	}
	return int64(float64(bytes) * float64(p.Budget) / float64(p.Expected))
}

// moved says what a plan reads from the devices and writes to them, the one roughly.
func moved(p *results.Plan, roughly string) string {
	read, written := p.ReadBytes, "writes "+traffic(p.WriteBytes, "at most", "nothing more")+" to it"
	if roughly == "about" {
		read = within(p, read)
	}
	if p.WriteBytes > 0 && overBudget(p) {
		written = fmt.Sprintf("writes about %s to it in that time, at most %s",
			units.FormatSize(within(p, p.WriteBytes)), units.FormatSize(p.WriteBytes))
	}
	if len(p.Commands) > 0 {
		written = "what the commands write is theirs"
	}
	return "reads " + traffic(read, roughly, "nothing") + " from the device, " + written
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
			key := f.Key
			if key == "backend" {
				key = words.TermsOf(arms[0]).Choice
			}
			parts = append(parts, key+" "+strings.Join(names, ", "))
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
