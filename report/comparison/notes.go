package comparison

import (
	"fmt"
	"slices"
	"strings"

	"mmapbench/analysis"
	"mmapbench/analysis/verdict"
	"mmapbench/internal/prose"
	"mmapbench/report/document"
	"mmapbench/report/words"
	"mmapbench/results"
)

// notes say how to read the table, why a verdict was withheld or is weaker than it
// looks, and what is not in the table.
func notes(c *analysis.Compared, rows []*row) []document.Note {
	list := append(legend(c, rows), document.Notes(metrics(c))...)
	list = append(list, document.Notes(reasons(c)...)...)
	list = append(list, open(c, rows)...)
	var rest []string
	rest = append(rest, controls(c)...)
	rest = append(rest, missing(c)...)
	rest = append(rest, disturbed(c)...)
	if len(c.Alone) > 0 {
		rest = append(rest, "Left out, without a counterpart on the other side: "+prose.List(c.Alone)+".")
	}
	if len(c.Refused) > 0 {
		rest = append(rest, "Refused, as the sides are not comparable: "+strings.Join(c.Refused, "; ")+
			". With --across they are compared all the same, if that is the question.")
	}
	if len(c.Across) > 0 {
		rest = append(rest, "Across: the sides differ in more than what is compared, and any of it may be the cause: "+
			strings.Join(c.Across, "; ")+".")
	}
	return append(list, document.Notes(append(rest, seen(c)...)...)...)
}

// legend explains the columns.
func legend(c *analysis.Compared, rows []*row) []document.Note {
	text := "Speed: how many times as fast as the base the new side is, less than 1 is slower"
	if slices.ContainsFunc(c.Metrics, func(m analysis.Metric) bool { return m.Unit != "s" }) {
		text += "; of a counter, how many times as few there are"
	}
	switch {
	case c.Asked:
		text += "; in brackets bounds of 95%."
	case hasReason(c, verdict.FewRuns):
		text += "; in brackets bounds that know of the scatter within the runs alone."
	default:
		text += "; in brackets the bounds that the verdict rests on."
	}
	switch {
	case c.Anchor != "":
		text += " It is that of the ratios to the anchor, not of the two medians."
	case c.ByRuns:
		text += " It is that of the means over the runs, of logarithms."
	case !c.Unpaired:
		text += " It is the median over the rounds, not the ratio of the medians."
	}
	few := func(r *row) bool {
		return r.Ratio != nil && r.Deciding() == nil && r.BaseRuns == 0 && tooFew(r.Comparison)
	}
	if slices.ContainsFunc(rows, few) {
		text += " n<…: fewer values than bounds take."
	}
	could := "Could see: about the smallest slowdown that so many " +
		map[bool]string{false: "rounds", true: "runs"}[c.ByRuns] + " would have called a " +
		"REGRESSION with a probability of " +
		words.Percent(c.Rules.Power)
	if slices.ContainsFunc(rows, func(r *row) bool { return r.couldSee == nil }) {
		could += " (" + words.None + ": none)"
	}
	return []document.Note{{Text: text}, {Text: could + ".", Of: []string{keyCouldSee}},
		{Text: "Rounds to pass: what an unchanged comparison takes as the rounds scattered.", Of: []string{keyToPass}}}
}

// metrics says what the metrics are.
func metrics(c *analysis.Compared) string {
	parts := make([]string, len(c.Metrics))
	for i, m := range c.Metrics {
		parts[i] = m.Name + ": " + m.Summary
		if m.Floor > 0 {
			parts[i] += fmt.Sprintf(" (less than %s counts as that; %s marks a speed of which a value did)",
				words.Amount(&m.Floor, m.Unit), floored)
		}
	}
	return "Less is better. " + words.Capitalize(strings.Join(parts, "; ")) + "."
}

// names names comparisons, or counts them where they are many.
func names(some []*analysis.Comparison, c *analysis.Compared) string {
	if len(some) == len(c.Rows) && len(some) > 1 {
		return "all comparisons"
	}
	if len(some) > 3 {
		return fmt.Sprintf("%d of %d comparisons", len(some), len(c.Rows))
	}
	parts := make([]string, len(some))
	for i, r := range some {
		parts[i] = name(r, c)
	}
	return prose.List(parts)
}

// name has the metric only where there are several.
func name(r *analysis.Comparison, c *analysis.Compared) string {
	if len(c.Metrics) == 1 {
		return r.Name
	}
	return r.Name + " by " + r.Metric.Name
}

// explained are the reasons of comparisons in the order in which they are explained.
// Unpaired stands beside every verdict already.
var explained = []verdict.Reason{verdict.NoLook, verdict.TooFew, verdict.TooManyMissing,
	verdict.TooContaminated, verdict.Unsteady, verdict.AnchorMoved, verdict.Drifts, verdict.Autocorrelated}

// reasons explains each reason once, with the comparisons that have it.
func reasons(c *analysis.Compared) (list []string) {
	for _, why := range explained {
		var some []*analysis.Comparison
		for i := range c.Rows {
			if slices.Contains(c.Rows[i].Reasons, why) {
				some = append(some, &c.Rows[i])
			}
		}
		if len(some) > 0 {
			list = append(list, explain(why, some, c))
		}
	}
	return list
}

func explain(why verdict.Reason, some []*analysis.Comparison, c *analysis.Compared) string {
	names, rules := names(some, c), &c.Rules
	switch why {
	case verdict.NoLook:
		return fmt.Sprintf("No look was due yet: %s. The first is after %s.",
			names, prose.Count(rules.Looks[0], "round"))
	case verdict.TooFew:
		return explainTooFew(names, some, c.Unpaired)
	case verdict.TooManyMissing:
		return fmt.Sprintf("Too many trials without a value: %s. They are more than %s, and a trial may fail because "+
			"it is slow, so nothing is decided from the others.", names, words.Percent(rules.MaxMissing))
	case verdict.TooContaminated:
		return fmt.Sprintf("Too many disturbed rounds: %s. They are more than %s, and what is left of a noisy run is "+
			"not a clean one, so nothing is decided. What others do to a device does not reach cached work, "+
			"a target in memory (--target shm=/dev/shm), or counters (--metric faults,device-bytes).", names,
			words.Percent(rules.MaxContaminated))
	case verdict.Unsteady:
		return fmt.Sprintf("Unsteady: %s. The earlier rounds and the later ones do not say the same, "+
			"so what all of them say together is not taken for an answer.", names)
	case verdict.AnchorMoved:
		return fmt.Sprintf("The machine changed: %s. The anchor, which the change cannot reach, differs from itself "+
			"by more than runs do, so nothing is decided against it.", names)
	case verdict.Drifts:
		return fmt.Sprintf("Drift: %s. The speed changed in the course of the rounds, which shuffling cannot cause: "+
			"one side changes as the run goes on.", names)
	}
	return fmt.Sprintf("Memory: %s. Neighboring rounds are more alike than by chance, so the bounds are wider, "+
		"and it takes more rounds to decide.", names)
}

func explainTooFew(names string, some []*analysis.Comparison, unpaired bool) string {
	need, what := 0, "pairs"
	for _, r := range some {
		if tooFew(r) {
			need = max(need, r.NeedPairs)
		}
	}
	if unpaired {
		what = "values of each side"
	}
	if need == 0 {
		return fmt.Sprintf("Unbounded: %s. The rounds depend on each other so much that all of them together are "+
			"worth too few for bounds.", names)
	}
	return fmt.Sprintf("Too few values: %s. At the error that is allowed, bounds take %d %s or more.",
		names, need, what)
}

// open names what is open although no reason speaks against deciding.
func open(c *analysis.Compared, rows []*row) []document.Note {
	var some []*analysis.Comparison
	most := 0
	for _, r := range rows {
		if r.Verdict == verdict.Inconclusive && !r.Explained() {
			some = append(some, r.Comparison)
			most = max(most, r.toPass)
		}
	}
	if len(some) == 0 {
		return nil
	}
	text := fmt.Sprintf("Open: %s. The bounds leave room both for a slowdown that matters and for none", names(some, c))
	if most == 0 {
		return document.Notes(text + "." + remedy(c))
	}
	of := []string{keyToPass}
	rounds := fmt.Sprintf("; as the rounds scattered, it takes up to %d of them for what is unchanged to pass", most)
	return []document.Note{{Text: text + "." + remedy(c), Of: of},
		{Text: text + rounds + "." + remedy(c), Of: of, Hidden: true}}
}

// remedy says what can close an open gate: not the same thing where the time was
// used up as where all rounds were made.
func remedy(c *analysis.Compared) string {
	if len(c.Controls) == 0 || c.Unpaired { // nothing more will be measured
		return ""
	}
	last := c.Rules.Looks[len(c.Rules.Looks)-1]
	if c.Rounds < last {
		return fmt.Sprintf(" It ended after %d of %d rounds: a larger --budget lets it go on.", c.Rounds, last)
	}
	return fmt.Sprintf(" All %s were made: --rounds %d gives it more; longer trials, a quieter machine, "+
		"a larger --tolerance or counters (--metric faults) may tell sooner.", prose.Count(last, "round"), 2*last)
}

// controls say what the base against itself showed: a line for each control
// that is not sound, or a sentence.
func controls(c *analysis.Compared) (list []string) {
	if len(c.Controls) == 0 && c.Anchor == "" {
		return nil
	}
	if c.Anchor != "" {
		return anchors(c)
	}
	open, sound := 0, 0
	for i := range c.Controls {
		r := &c.Controls[i]
		switch of := name(r, c); {
		case r.Verdict == verdict.Pass:
			sound++
		case r.Verdict == verdict.Invalid:
			list = append(list, fmt.Sprintf("Control FAILED: %s: the base differs from itself: speed %s.",
				of, speed(r)))
		case r.Ratio == nil:
			open++
			list = append(list, fmt.Sprintf("Control open: %s: no round gave a pair.", of))
		default:
			open++
			list = append(list, fmt.Sprintf("Control open: %s: not shown to equal itself within %s: speed %s.",
				of, words.Percent(r.Metric.Tolerance), speed(r)))
		}
	}
	switch {
	case sound == len(c.Controls):
		return []string{"Controls: the base, run twice in every round, equals itself within the tolerance in " +
			every(sound, "control") + "."}
	case open > 0 && c.Outcome != verdict.Void:
		list = append(list, "Where a control is open, this machine did not resolve the tolerance in so many rounds.")
	}
	return list
}

// anchors say what the anchors against themselves showed.
func anchors(c *analysis.Compared) (list []string) {
	if len(c.Controls) == 0 {
		return []string{fmt.Sprintf("Anchor: %s. With so few runs the anchor itself is not tested: should it have "+
			"changed, all others seem to have.", c.Anchor)}
	}
	for i := range c.Controls {
		if r := &c.Controls[i]; r.Verdict == verdict.Invalid {
			list = append(list, fmt.Sprintf("Anchor FAILED: %s: speed %s.", name(r, c), speed(r)))
		}
	}
	if len(list) == 0 {
		list = []string{fmt.Sprintf("Anchor: %s. It is not shown to differ from itself, in %s.", c.Anchor,
			every(len(c.Controls), "comparison"))}
	}
	return list
}

// missing says how many rounds gave no pair, and what became of their trials.
func missing(c *analysis.Compared) []string {
	worst := &c.Rows[0]
	differ := false
	for i := range c.Rows {
		r := &c.Rows[i]
		differ = differ || r.Missing != c.Rows[0].Missing
		if r.Missing > worst.Missing {
			worst = r
		}
	}
	if worst.Missing == 0 {
		return nil
	}
	what := prose.Count(worst.Missing, map[bool]string{false: "round", true: "trial"}[c.Unpaired])
	if differ {
		what = "up to " + what
	}
	return []string{fmt.Sprintf("Missing: %s of a comparison (%s): %s.",
		what, name(worst, c), strings.Join(words.Counted(worst.Lost), ", "))}
}

// disturbed says how many rounds were left out as others were at work in them.
func disturbed(c *analysis.Compared) (list []string) {
	for _, cause := range c.Causes {
		if cause.Kept > 0 {
			list = append(list, kept(c, cause))
		}
		if cause.Rounds == 0 {
			continue
		}
		of := ""
		if cause.Spared {
			of = " of the " + prose.Count(cause.Rows, "comparison") + " that this can reach"
		}
		list = append(list, fmt.Sprintf("Disturbed: %s left out%s, with %s in too many of the trials%s",
			prose.Count(cause.Rounds, "round"), of, cause.Name, words.Explained(cause.Name)))
	}
	return list
}

// kept explains why rounds count in which others were at work, and what can be done
// where times scatter for it all the same: others take the processor and the memory's
// bandwidth too.
func kept(c *analysis.Compared, cause analysis.Cause) string {
	text := fmt.Sprintf("Disturbed and kept: %s with %s, which changes no counter of the process",
		prose.Count(cause.Kept, "round"), cause.Name)
	switch cause.Name {
	case results.WarnThrottled:
		return text + "."
	case results.WarnContended:
		return text + "; where more than a quarter of the rounds have it, it falls on all sides alike. If times " +
			"scatter, --metric cpu compares what the work itself took."
	}
	text += " and no trial that asks the device for nothing."
	cached := func(r analysis.Comparison) bool { return r.Unit == "s" && !results.IsCold(r.Arm.Cache) }
	i := slices.IndexFunc(c.Rows, cached)
	if i < 0 {
		return text
	}
	return text + " If times scatter all the same, " + words.TermsOf(c.Rows[i].Arm).Spare + "."
}

// told are the warnings that the verdict itself takes account of.
var told = []string{results.WarnForeignIO, results.WarnThrottled, results.WarnContended, results.WarnColdWeak}

// seen says where a cache state is not proven strongly, and what was noted beside the
// trials, except for what the verdict itself takes account of.
func seen(c *analysis.Compared) (list []string) {
	groups, accounted := c.Seen, told
	if c.Asked || c.Unpaired { // no round is left out
		accounted = []string{results.WarnColdWeak}
	}
	if p := words.Proofs(groups); p.Strong < p.N() {
		list = append(list, words.ProofNote(groups))
	}
	codes, trials := words.TrialWarnings(groups)
	for _, code := range codes {
		if !slices.Contains(accounted, code.What) {
			list = append(list, fmt.Sprintf("Warning: %s in %d of %s%s", code.What, code.N,
				prose.Count(trials, "trial"), words.Explained(code.What)))
		}
	}
	return list
}
