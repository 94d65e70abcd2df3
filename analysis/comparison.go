package analysis

import (
	"encoding/json"
	"slices"

	"mmapbench/analysis/verdict"
)

// Deciding returns the bounds that the verdict rests on; nil: there are too few
// values for them. Bounds of an open comparison are those that kept it open: a ratio
// that differs by the tolerance failed to be shown to differ at all, and any other
// failed to pass. Only of a control does a ratio differ downward as well, as a gate
// asks of the new side whether it is slower and of nothing else.
func (r *Comparison) Deciding() *verdict.Bounds {
	limit := 1 + r.Metric.Tolerance
	switch {
	case r.Verdict == verdict.Pass:
		return r.Pass
	case r.Verdict == verdict.Regression, r.Verdict == verdict.Improvement:
		return r.Fail
	case r.Ratio != nil && (*r.Ratio >= limit || r.Control && *r.Ratio*limit <= 1):
		return r.Fail
	}
	return r.Pass
}

// ToPass is how many rounds an unchanged comparison takes to pass, as its rounds
// scattered; 0 where more rounds are not what the comparison lacks.
func (r *Comparison) ToPass() int {
	if r.Verdict != verdict.Inconclusive || r.Ratio == nil || *r.Ratio >= 1+r.Metric.Tolerance || r.Explained() {
		return 0
	}
	if n := r.RoundsToPass(); n > r.Rounds {
		return n
	}
	return 0 // these rounds were enough, given how they scattered: more are no cure
}

// Explained reports whether a reason of the comparison tells by itself why nothing
// was decided.
func (r *Comparison) Explained() bool {
	return slices.ContainsFunc(r.Reasons, func(why verdict.Reason) bool {
		return slices.Contains([]verdict.Reason{verdict.NoLook, verdict.TooFew, verdict.TooManyMissing,
			verdict.TooContaminated, verdict.Unsteady}, why)
	})
}

// MarshalJSON adds the factors by their keys, and what is computed when asked for.
func (r Comparison) MarshalJSON() ([]byte, error) {
	type plain Comparison // lacks this method
	out := struct {
		Factors map[string]any `json:"factors"`
		plain
		CouldSee *float64 `json:"could_see"`      // the smallest slowdown that would have been called one
		ToPass   *int     `json:"rounds_to_pass"` // null where more rounds are not what it lacks
	}{Factors: levelsOf(&r.Arm), plain: plain(r), CouldSee: r.MinEffect()}
	if n := r.ToPass(); n > 0 {
		out.ToPass = &n
	}
	return json.Marshal(out)
}
