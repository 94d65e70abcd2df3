package report

import (
	"fmt"
	"strings"

	"mmapbench/analysis"
	"mmapbench/internal/prose"
	"mmapbench/report/words"
	"mmapbench/results"
)

// about says in a paragraph what concerns the whole run, and what the answer does not say:
// why trials are left out of all figures, and what is too rare to stand above the tables.
func about(summary *analysis.Summary) string {
	groups, header := summary.Groups, &summary.Header
	parts := []string{words.Capitalize(words.LeftOut(groups)), weakProof(groups), warningSentence(groups),
		skipped(header.Plan.LeftOut)}
	if len(header.Plan.Targets) > 1 && header.Plan.Gate == nil {
		parts = append(parts, "How one target does against another: mmapbench compare FILE --by target.")
	}
	return strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
}

// given says what the user gave the run beside its factors: a trace, and labels.
func given(h *results.Header) (lines []string) {
	if t := h.Plan.Trace; t != nil {
		lines = append(lines, fmt.Sprintf("Replayed: %s of %s, SHA-256 %.12s; its %s and %s are left out.",
			prose.Count(t.Reads, "read"), t.Name, t.SHA256, prose.Count(t.Writes, "write"),
			prose.Count(t.Syncs, "sync")))
	}
	if l := h.Labels; len(l) > 0 {
		lines = append(lines, "Labels of the run: "+l.String()+".")
	}
	return lines
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
