package words

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"mmapbench/analysis"
	"mmapbench/internal/prose"
)

// ProofNote counts the trials by how well their cache state is known.
func ProofNote(groups []analysis.Group) string {
	p := Proofs(groups)
	switch {
	case p.N() == 0:
		return ""
	case p.Strong == p.N():
		return fmt.Sprintf("Cache state: the proof is strong for %s.", allOf(p.N()))
	}
	text := fmt.Sprintf("Cache state: the proof is strong for %d of %s", p.Strong, prose.Count(p.N(), "trial"))
	if p.Weak > 0 {
		text += fmt.Sprintf(", weak for %d (%s)", p.Weak, mostCommon(p.Reasons, 2))
	}
	if p.Failed > 0 {
		text += fmt.Sprintf(", failed for %d, which %s left out", p.Failed, IsAre(p.Failed))
	}
	return text + "."
}

func allOf(n int) string {
	if n == 1 {
		return "the trial"
	}
	return fmt.Sprintf("all %d trials", n)
}

// Proofs adds up how well the cache states of all trials are proven.
func Proofs(groups []analysis.Group) (p analysis.Proof) {
	for _, g := range groups {
		for _, r := range g.Rows {
			p.Add(r.Proof)
		}
	}
	return p
}

// mostCommon writes the reasons that were given most often, each with its
// number if there are several, and counts the others.
func mostCommon(reasons []analysis.Count, most int) string {
	if len(reasons) == 1 {
		only := reasons[0]
		if only.Varies {
			return only.What + ", in the first; with other figures in others"
		}
		return cmp.Or(only.What, "no reason given")
	}
	reasons = slices.Clone(reasons)
	slices.SortStableFunc(reasons, func(a, b analysis.Count) int { return cmp.Compare(b.N, a.N) })
	others := 0
	for i := range reasons {
		reasons[i].What = cmp.Or(reasons[i].What, "no reason given")
		if i >= most {
			others += reasons[i].N
		}
	}
	parts := Counted(reasons[:min(most, len(reasons))])
	if others > 0 {
		parts = append(parts, fmt.Sprintf("%d × other reasons", others))
	}
	return strings.Join(parts, ", ")
}
