package words

import (
	"slices"
	"strings"

	"mmapbench/analysis"
	"mmapbench/results"
)

// TrialWarnings counts the warnings of the groups' trials, in the order of
// results.WarningTexts, and the trials.
func TrialWarnings(groups []analysis.Group) (codes []analysis.Count, trials int) {
	for _, g := range groups {
		for _, r := range g.Rows {
			trials += r.Trials
			codes = analysis.Add(codes, r.Warnings...)
		}
	}
	slices.SortStableFunc(codes, func(a, b analysis.Count) int { return WarningRank(a.What) - WarningRank(b.What) })
	return codes, trials
}

// WarningRank is the place of a code in results.WarningTexts. Codes that a newer
// version added come last.
func WarningRank(code string) int {
	i := slices.IndexFunc(results.WarningTexts, func(w results.WarningText) bool { return w.Code == code })
	if i < 0 {
		return len(results.WarningTexts)
	}
	return i
}

// Explained is the sentence and the fix of a code, after a colon.
func Explained(code string) string {
	if i := WarningRank(code); i < len(results.WarningTexts) {
		return ": " + results.WarningTexts[i].Sentence + " " + results.WarningTexts[i].Fix
	}
	return "."
}

// Fix is what can be done about a code, after a colon.
func Fix(code string) string {
	if i := WarningRank(code); i < len(results.WarningTexts) {
		fix := results.WarningTexts[i].Fix
		return ": " + strings.ToLower(fix[:1]) + fix[1:]
	}
	return "."
}
