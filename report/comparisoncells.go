package report

import (
	"fmt"
	"strconv"

	"mmapbench/analysis"
	"mmapbench/analysis/verdict"
	"mmapbench/report/words"
)

// compareRatio writes the ratio with the bounds that decided.
func compareRatio(r *analysis.Comparison) string {
	return ratioWith(r, r.Deciding())
}

func ratioWith(r *analysis.Comparison, b *verdict.Bounds) string {
	if r.Ratio == nil {
		return words.None
	}
	text := words.FineRatio(*r.Ratio)
	if r.Floored > 0 {
		text += floored
	}
	switch {
	case b == nil && tooFew(r):
		return fmt.Sprintf("%s (n<%d)", text, r.NeedPairs)
	case b == nil: // for their dependence on each other, as many as they are
		return text + " (unbounded)"
	}
	return fmt.Sprintf("%s (%s–%s)", text, words.FineRatio(b.Low), words.FineRatio(b.High))
}

// floored marks a ratio in which a value counted as the metric's floor: it is not
// that of the two medians beside it.
const floored = "^"

// tooFew reports whether no bounds can be had from so few values.
func tooFew(r *analysis.Comparison) bool {
	n := r.Pairs
	if r.BaseValues+r.NewValues > 0 {
		n = min(r.BaseValues, r.NewValues)
	}
	return n < r.NeedPairs
}

func couldSee(r *analysis.Comparison) string {
	e := r.MinEffect()
	switch {
	case e == nil:
		return words.None
	case *e > 10:
		return ">1000%"
	}
	return words.Percent(*e)
}

// comparePairs writes "36/48" where not all rounds gave a pair.
func comparePairs(r *analysis.Comparison) string {
	switch {
	case r.BaseValues+r.NewValues > 0:
		return fmt.Sprintf("%d+%d", r.BaseValues, r.NewValues)
	case r.Pairs < r.Rounds:
		return fmt.Sprintf("%d/%d", r.Pairs, r.Rounds)
	}
	return strconv.Itoa(r.Pairs)
}
