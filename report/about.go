package report

import (
	"fmt"
	"slices"
	"strings"

	"mmapbench/analysis"
	"mmapbench/internal/prose"
	"mmapbench/report/document"
	"mmapbench/report/words"
	"mmapbench/results"
)

// About says in a paragraph what concerns the whole run and every figure: the trials
// that no figure includes are counted.
func About(summary *analysis.Summary) document.Block {
	groups, header := summary.Groups, &summary.Header
	parts := []string{words.Capitalize(words.LeftOut(groups)), weakProof(groups),
		warningSentence(groups, header.Warnings),
		skipped(header.Plan.LeftOut), words.Capitalize(words.Progress(summary)) + "."}
	if slices.ContainsFunc(groups, func(g analysis.Group) bool { return g.Rank().Kind >= analysis.Open }) {
		parts = append(parts, fmt.Sprintf("Each interval has a confidence of %.0f%%, taken by itself.",
			100*analysis.Confidence))
	}
	if len(header.Plan.Targets) > 1 && header.Plan.Gate == nil {
		parts = append(parts, "How one target does against another: mmapbench compare FILE --by target.")
	}
	return document.Say(strings.Join(strings.Fields(strings.Join(parts, " ")), " "))
}

// skipped counts the combinations that the plan had to leave out.
func skipped(out []results.LeftOut) string {
	if len(out) == 0 {
		return ""
	}
	were := "was skipped because it does not fit"
	if len(out) > 1 {
		were = "were skipped because they do not fit"
	}
	return fmt.Sprintf("%s %s (first: %s: %s).", prose.Count(len(out), "combination"), were, out[0].Arm, out[0].Why)
}
