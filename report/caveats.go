package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"mmapbench/analysis"
	"mmapbench/internal/prose"
	"mmapbench/report/words"
)

// matters reports whether weak proofs and warnings of n trials are told beside the answer,
// and not only below the tables: from a tenth on.
func matters(n, trials int) bool { return 10*n > trials }

// caveats says in a line each what limits the answer; few are the pieces of work that
// had too few rounds.
func caveats(s *analysis.Summary, few []string) (lines []string) {
	ended := words.Capitalize(words.Progress(s)) + "."
	open := false
	need := 0
	for i := range s.Groups {
		g := judged(s.Groups[i])
		kind := g.Rank().Kind
		open = open || kind == analysis.Open
		if kind == analysis.Undecided {
			need = max(need, g.RoundsToRank())
		}
	}
	if open {
		ended += " What is open takes more rounds (--rounds, --budget) or a quieter machine."
	}
	if need > 0 {
		ended += fmt.Sprintf(" To tell who wins takes %d rounds in which all were measured; too few: %s.", need,
			strings.Join(words.Distinct(few, func(x string) string { return x }), ", "))
	}
	lines = append(lines, ended)
	if text := shortcomings(s.Groups); text != "" {
		lines = append(lines, "See below the tables: "+text+".")
	}
	lines = append(append(lines, ignored(s.Groups)...), reflinks(s.Groups)...)
	if n := len(s.Header.Plan.Targets); n > 1 && s.Header.Plan.Gate == nil {
		these := map[bool]string{true: "these two", false: "these"}[n == 2]
		lines = append(lines, "One unit of each: this tells "+these+" apart, not their kinds.")
	}
	return lines
}

// ignored says in a line for each backend which of its options the kernel ignored.
func ignored(groups []analysis.Group) (lines []string) {
	options, trials := map[string][]analysis.Count{}, map[string]int{}
	for _, g := range groups {
		for _, r := range g.Rows {
			options[r.Backend] = analysis.Add(options[r.Backend], r.Ignored...)
			trials[r.Backend] += r.Trials
		}
	}
	for _, b := range slices.Sorted(maps.Keys(options)) {
		var parts []string
		for _, c := range options[b] {
			of := prose.Count(trials[b], "trial")
			parts = append(parts, fmt.Sprintf("%s in %d of %s: %s", c.What, c.N, of, c.First))
		}
		if len(parts) > 0 {
			lines = append(lines, b+": the kernel ignored "+strings.Join(parts, "; ")+".")
		}
	}
	return lines
}

// reflinks says in a line for each backend that its copies are none.
func reflinks(groups []analysis.Group) (lines []string) {
	shared, trials := map[string]int{}, map[string]int{}
	for _, g := range groups {
		for _, r := range g.Rows {
			if r.Reflinks > 0 {
				shared[r.Backend] += r.Reflinks
				trials[r.Backend] += r.Usable
			}
		}
	}
	for _, b := range slices.Sorted(maps.Keys(shared)) {
		lines = append(lines, fmt.Sprintf("%s: the new file shares blocks with its source in %d of %s: "+
			"a reflink, which copies nothing yet and is not ranked.", b, shared[b], prose.Count(trials[b], "trial")))
	}
	return lines
}

// shortcomings counts what the figures lack, where that matters.
func shortcomings(groups []analysis.Group) string {
	var parts []string
	trials, lost := 0, 0
	for _, g := range groups {
		for _, r := range g.Rows {
			trials, lost = trials+r.Trials, lost+r.Trials-r.Usable
		}
	}
	if lost > 0 {
		parts = append(parts, fmt.Sprintf("%d of %s left out", lost, prose.Count(trials, "trial")))
	}
	if p := words.Proofs(groups); matters(p.Weak, p.N()) {
		parts = append(parts, fmt.Sprintf("%d of %s of the cache state weak", p.Weak, prose.Count(p.N(), "proof")))
	}
	codes, _ := words.TrialWarnings(groups)
	for _, c := range codes {
		if matters(c.N, trials) {
			parts = append(parts, fmt.Sprintf("warning %s in %d of %s", c.What, c.N, prose.Count(trials, "trial")))
		}
	}
	return strings.Join(parts, ", ")
}
