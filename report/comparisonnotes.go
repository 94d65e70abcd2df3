package report

import (
	"fmt"
	"slices"
	"strings"

	"mmapbench/analysis"
	"mmapbench/analysis/verdict"
	"mmapbench/internal/prose"
	"mmapbench/report/words"
	"mmapbench/results"
)

// compareNotes say how to read the table, why a verdict was withheld or is
// weaker than it looks, and what is not in it.
func compareNotes(c *analysis.Compared, l *compareLayout) []string {
	notes := []string{legend(c, l), metricsNote(c)}
	notes = append(notes, reasonNotes(c, l)...)
	notes = append(notes, controlNotes(c)...)
	notes = append(notes, missingNotes(c)...)
	if len(c.Alone) > 0 {
		notes = append(notes, "Left out, without a counterpart on the other side: "+prose.List(c.Alone)+".")
	}
	if len(c.Refused) > 0 {
		notes = append(notes, "Refused, as the sides are not comparable: "+strings.Join(c.Refused, "; ")+
			". With --across they are compared all the same, if that is the question.")
	}
	if len(c.Across) > 0 {
		notes = append(notes, "Across: the sides differ in more than what is compared, and any of it may be the cause: "+
			strings.Join(c.Across, "; ")+".")
	}
	notes = append(notes, seenNotes(c.Seen)...)
	notes = append(notes, (&layout{dropped: l.dropped}).notShown()...)
	return slices.DeleteFunc(notes, func(s string) bool { return s == "" })
}

// seenNotes say where a cache state is not proven strongly, and what was noted beside
// the trials, but for what the verdict itself takes account of.
func seenNotes(groups []analysis.Group) (notes []string) {
	if p := proofs(groups); p.Strong < p.N() {
		notes = append(notes, proofNote(groups))
	}
	codes, trials := words.TrialWarnings(groups)
	for _, c := range codes {
		if !slices.Contains([]string{results.WarnForeignIO, results.WarnThrottled, results.WarnColdWeak}, c.What) {
			notes = append(notes, fmt.Sprintf("Warning: %s in %d of %s%s", c.What, c.N, prose.Count(trials, "trial"), words.Explained(c.What)))
		}
	}
	return notes
}

// legend explains the columns that the table has.
func legend(c *analysis.Compared, l *compareLayout) string {
	text := "Ratio: new to base, more than 1 is slower; in brackets the bounds that the verdict rests on."
	if !c.Unpaired {
		text += " It is the median of the rounds' ratios, not the ratio of the medians."
	}
	if slices.ContainsFunc(c.Rows, func(r analysis.Comparison) bool { return r.Ratio != nil && r.Deciding() == nil && tooFew(&r) }) {
		text += " n<…: fewer values than bounds take."
	}
	if l.find(keyEffect) < 0 {
		return text
	}
	text += fmt.Sprintf(" Could see: the smallest slowdown that so many rounds would have called a REGRESSION with a probability of %s",
		words.Percent(c.Rules.Power))
	if slices.ContainsFunc(c.Rows, func(r analysis.Comparison) bool { return r.MinEffect() == nil }) {
		text += " (" + words.None + ": none)"
	}
	text += "."
	if l.find(keyRounds) >= 0 {
		text += " Rounds to pass: what an unchanged one takes as the rounds scattered."
	}
	return text
}

// metricsNote says what the metrics are.
func metricsNote(c *analysis.Compared) string {
	var parts []string
	known := analysis.Metrics()
	for _, m := range comparedMetrics(c) {
		i := slices.IndexFunc(known, func(k analysis.Metric) bool { return k.Name == m.Name })
		if i < 0 {
			continue
		}
		text := m.Name + ": " + known[i].Summary
		if m.Floor > 0 {
			floor := m.Floor
			text += fmt.Sprintf(" (less than %s counts as that; %s marks a ratio of which a value did)", words.Amount(&floor, known[i].Unit), floored)
		}
		parts = append(parts, text)
	}
	if len(parts) == 0 {
		return ""
	}
	return "Less is better. " + words.Capitalize(strings.Join(parts, "; ")) + "."
}

// rowNames names rows, or counts them where they are many.
func rowNames(rows []*analysis.Comparison, c *analysis.Compared) string {
	if len(rows) == len(c.Rows) && len(rows) > 1 {
		return "all comparisons"
	}
	if len(rows) > 3 {
		return fmt.Sprintf("%d of %d comparisons", len(rows), len(c.Rows))
	}
	parts := make([]string, len(rows))
	for i, r := range rows {
		parts[i] = rowName(r, c)
	}
	return prose.List(parts)
}

// rowName names the metric only where there are several.
func rowName(r *analysis.Comparison, c *analysis.Compared) string {
	if len(comparedMetrics(c)) == 1 {
		return r.Name
	}
	return r.Name + " by " + r.Metric.Name
}

// explainedReasons are those of rows, in the order in which they are explained.
// Unpaired stands beside every verdict already.
var explainedReasons = []verdict.Reason{verdict.NoLook, verdict.TooFew, verdict.TooManyMissing,
	verdict.TooContaminated, verdict.Unsteady, verdict.Drifts, verdict.Autocorrelated}

// reasonNotes explain each reason once, with the rows that have it, and then
// what is open without one.
func reasonNotes(c *analysis.Compared, l *compareLayout) (notes []string) {
	for _, why := range explainedReasons {
		var rows []*analysis.Comparison
		for i := range c.Rows {
			if slices.Contains(c.Rows[i].Reasons, why) {
				rows = append(rows, &c.Rows[i])
			}
		}
		if len(rows) > 0 {
			notes = append(notes, explainReason(why, rows, c))
		}
	}
	var open []*analysis.Comparison
	most := 0
	for i := range c.Rows {
		r := &c.Rows[i]
		if r.Verdict == verdict.Inconclusive && !r.Explained() {
			open = append(open, r)
			most = max(most, r.ToPass())
		}
	}
	if len(open) == 0 {
		return notes
	}
	text := fmt.Sprintf("Open: %s. The bounds leave room both for a slowdown that matters and for none", rowNames(open, c))
	if most > 0 && l.find(keyRounds) < 0 {
		text += fmt.Sprintf("; as the rounds scattered, it takes up to %d of them for what is unchanged to pass", most)
	}
	return append(notes, text+"."+remedy(c))
}

// remedy says what can close an open gate: not the same thing where the time was
// used up as where all rounds were made.
func remedy(c *analysis.Compared) string {
	if len(c.Controls) == 0 { // nothing more will be measured
		return ""
	}
	last := c.Rules.Looks[len(c.Rules.Looks)-1]
	if c.Rounds < last {
		return fmt.Sprintf(" It ended after %d of %d rounds: a larger --budget lets it go on.", c.Rounds, last)
	}
	return fmt.Sprintf(" All %s were made: --rounds %d gives it more; longer trials, a quieter machine, a larger --tolerance or counters (--metric faults) may tell sooner.",
		prose.Count(last, "round"), 2*last)
}

func explainReason(why verdict.Reason, rows []*analysis.Comparison, c *analysis.Compared) string {
	names, rules := rowNames(rows, c), &c.Rules
	switch why {
	case verdict.NoLook:
		return fmt.Sprintf("No look was due yet: %s. The first is after %s.", names, prose.Count(rules.Looks[0], "round"))
	case verdict.TooFew:
		need, what := 0, "pairs"
		for _, r := range rows {
			if tooFew(r) {
				need = max(need, r.NeedPairs)
			}
		}
		if c.Unpaired {
			what = "values of each side"
		}
		if need == 0 {
			return fmt.Sprintf("Unbounded: %s. The rounds depend on each other so much that all of them together are worth too few for bounds.", names)
		}
		return fmt.Sprintf("Too few values: %s. At the error that is allowed, bounds take %d %s or more.", names, need, what)
	case verdict.TooManyMissing:
		return fmt.Sprintf("Too many trials without a value: %s. They are more than %s, and a trial may fail because it is slow, so nothing is decided from the others.",
			names, words.Percent(rules.MaxMissing))
	case verdict.TooContaminated:
		return fmt.Sprintf("Too many disturbed rounds: %s. They are more than %s, and what is left of a noisy run is not a clean one, so nothing is decided. "+
			"What others do to a device does not reach cached work, a target in memory (--target shm=/dev/shm), or counters (--metric faults,device-bytes).",
			names, words.Percent(rules.MaxContaminated))
	case verdict.Unsteady:
		return fmt.Sprintf("Unsteady: %s. The earlier rounds and the later ones do not say the same, so what all of them say together is not taken for an answer.", names)
	case verdict.Drifts:
		return fmt.Sprintf("Drift: %s. The ratio changed in the course of the rounds, which shuffling cannot cause: one side changes as the run goes on.", names)
	}
	return fmt.Sprintf("Memory: %s. Neighbouring rounds are more alike than by chance, so the bounds are wider, and it takes more rounds to decide.", names)
}

// controlNotes say what the base against itself showed: a line for each control
// that is not sound, or a sentence.
func controlNotes(c *analysis.Compared) (notes []string) {
	if len(c.Controls) == 0 {
		return nil
	}
	open, sound := 0, 0
	for i := range c.Controls {
		r := &c.Controls[i]
		switch r.Verdict {
		case verdict.Pass:
			sound++
		case verdict.Invalid:
			notes = append(notes, fmt.Sprintf("Control FAILED: %s: the base differs from itself: %s.", rowName(r, c), compareRatio(r)))
		default:
			open++
			notes = append(notes, openControl(r, c))
		}
	}
	all := everyOf(len(c.Controls), "control")
	switch {
	case sound == len(c.Controls):
		return []string{fmt.Sprintf("Controls: the base, run twice in every round, equals itself within the tolerance in %s.", all)}
	case open > 0 && c.Outcome != verdict.Void:
		notes = append(notes, "Where a control is open, this machine did not resolve the tolerance in so many rounds.")
	}
	return notes
}

func openControl(r *analysis.Comparison, c *analysis.Compared) string {
	if r.Ratio == nil {
		return fmt.Sprintf("Control open: %s: no round gave a pair.", rowName(r, c))
	}
	return fmt.Sprintf("Control open: %s: not shown to equal itself within %s: %s.", rowName(r, c), words.Percent(r.Metric.Tolerance), compareRatio(r))
}

// missingNotes say which rounds count for nothing: those without a pair, and
// those that others disturbed.
func missingNotes(c *analysis.Compared) (notes []string) {
	var worst *analysis.Comparison
	for i := range c.Rows {
		if r := &c.Rows[i]; r.Missing > 0 && (worst == nil || r.Missing > worst.Missing) {
			worst = r
		}
	}
	if worst != nil {
		what := prose.Count(worst.Missing, "round")
		if c.Unpaired {
			what = prose.Count(worst.Missing, "trial")
		}
		if missingDiffers(c) {
			what = "up to " + what
		}
		notes = append(notes, fmt.Sprintf("Missing: %s of a comparison (%s): %s.",
			what, rowName(worst, c), strings.Join(words.Counted(worst.Lost), ", ")))
	}
	for _, cause := range c.Causes {
		if cause.Kept > 0 {
			notes = append(notes, keptNote(c, cause))
		}
		if cause.Rounds == 0 {
			continue
		}
		of := ""
		if cause.Spared {
			of = " of the " + prose.Count(cause.Rows, "comparison") + " that this can reach"
		}
		notes = append(notes, fmt.Sprintf("Disturbed: %s left out%s, with %s in too many of the trials%s",
			prose.Count(cause.Rounds, "round"), of, cause.Name, words.Explained(cause.Name)))
	}
	return notes
}

// keptNote explains why rounds count in which others were at work, and what can be
// done where times scatter for it all the same: others take the processor and the
// memory's bandwidth too.
func keptNote(c *analysis.Compared, kept analysis.Cause) string {
	text := fmt.Sprintf("Disturbed and kept: %s with %s, which changes no counter of the process", prose.Count(kept.Kept, "round"), kept.Name)
	if kept.Name != results.WarnForeignIO {
		return text + "."
	}
	text += " and no trial that asks the device for nothing."
	cached := func(r analysis.Comparison) bool { return r.Unit == "s" && !results.IsCold(r.Arm.Cache) }
	switch i := slices.IndexFunc(c.Rows, cached); {
	case i < 0:
		return text
	case c.Rows[i].Arm.Workload == results.Exec:
		return text + " If times scatter all the same, put the files of the commands into memory (/dev/shm)."
	}
	return text + " If times scatter all the same, take cached work off the device: --target shm=/dev/shm."
}

// missingDiffers reports whether comparisons lack different numbers of values.
func missingDiffers(c *analysis.Compared) bool {
	return slices.ContainsFunc(c.Rows, func(r analysis.Comparison) bool { return r.Missing != c.Rows[0].Missing })
}
