package words

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"mmapbench/analysis"
	"mmapbench/internal/prose"
	"mmapbench/results"
)

// Place names a target with its device: "sd (SanDisk SC64G)".
func Place(target, device string) string {
	if device != "" && device != target {
		return target + " (" + device + ")"
	}
	return target
}

// Progress says how much of the plan was carried out.
func Progress(s *analysis.Summary) string {
	text := fmt.Sprintf("%d of %s", s.RoundsComplete, prose.Count(s.Header.Plan.Rounds, "round"))
	if s.RoundsBegun > s.RoundsComplete {
		text += fmt.Sprintf(" and part of %d more", s.RoundsBegun-s.RoundsComplete)
	}
	if n := len(s.Resumes); n > 0 {
		text += fmt.Sprintf(", resumed %s", prose.Count(n, "time"))
	}
	return text + Ending(s.End)
}

// Ending says how the run ended, and nothing of a run that ended as planned.
func Ending(end *results.End) string {
	switch {
	case end == nil:
		return ", cut short"
	case end.Status == results.EndBudget:
		return ", stopped by its time budget"
	case end.Status == results.EndInterrupted:
		return ", interrupted"
	case end.Status == results.EndError:
		return ", ended by an error: " + end.Reason
	}
	return ""
}

// Cache puts a cache state into words. A workload without a cache state has "".
func Cache(state string) string {
	switch state {
	case results.Cold:
		return "cold cache"
	case results.DropCaches:
		return "cold after dropping caches"
	case results.DeviceCold:
		return "cold down to the device"
	}
	return state // "cached" and "mapped" are words already
}

// LeftOut counts the trials of the groups that no figure includes: "3 of 48 trials
// are left out: 2 × not cold (the first: …), 1 × sigbus (…)". Where every trial is
// included, the text is empty.
func LeftOut(groups []analysis.Group) string {
	var reasons []analysis.Count
	usable, lost := 0, 0
	for _, g := range groups {
		for _, r := range g.Rows {
			usable += r.Usable
			reasons = analysis.Add(analysis.Add(reasons, r.Excluded...), r.Errors...)
		}
	}
	for _, c := range reasons {
		lost += c.N
	}
	if lost == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %s %s left out: %s.", lost, prose.Count(usable+lost, "trial"), IsAre(lost),
		strings.Join(Counted(reasons), ", "))
}

// Counted writes each count with what was counted, and what the first one said.
func Counted(reasons []analysis.Count) []string {
	parts := make([]string, len(reasons))
	for i, c := range reasons {
		first := strings.TrimRight(strings.Join(strings.Fields(c.First), " "), ".")
		switch {
		case first == "" && c.Varies:
			parts[i] = fmt.Sprintf("%d × %s in the first, with other figures in others", c.N, c.What)
		case first == "":
			parts[i] = fmt.Sprintf("%d × %s", c.N, c.What)
		case c.N > 1:
			parts[i] = fmt.Sprintf("%d × %s (the first: %s)", c.N, c.What, first)
		default:
			parts[i] = fmt.Sprintf("%d × %s (%s)", c.N, c.What, first)
		}
	}
	return parts
}

// IsAre returns the verb for n things.
func IsAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// Capitalize begins a sentence with a capital letter.
func Capitalize(s string) string {
	if s == "" {
		return s
	}
	r, n := utf8.DecodeRuneInString(s)
	return strings.ToUpper(string(r)) + s[n:]
}

// Distinct returns the different values of f in the order in which they come.
func Distinct[T any, V comparable](list []T, f func(T) V) []V {
	var out []V
	for _, x := range list {
		if v := f(x); !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}
