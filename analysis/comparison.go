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

// Speed is how many times as fast as the base the new side is; of a counter, how many
// times as few there are. nil without pairs.
func (r *Comparison) Speed() *float64 {
	if r.Ratio == nil || *r.Ratio == 0 {
		return nil
	}
	speed := 1 / *r.Ratio
	return &speed
}

// SpeedBounds turns bounds of a ratio of times into those of the speed.
func SpeedBounds(b *verdict.Bounds) *verdict.Bounds {
	if b == nil || b.Low == 0 || b.High == 0 {
		return nil
	}
	return &verdict.Bounds{Low: 1 / b.High, High: 1 / b.Low, Tail: b.Tail}
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
			verdict.TooContaminated, verdict.Unsteady, verdict.FewRuns, verdict.AnchorMoved}, why)
	})
}

// MarshalJSON adds the factors by their keys, and what is computed when asked for.
func (r Comparison) MarshalJSON() ([]byte, error) {
	type plain Comparison // lacks this method
	out := struct {
		Factors map[string]any `json:"factors"`
		plain
		Speed    *float64        `json:"speed"`
		Fail     *verdict.Bounds `json:"fail_speed_bounds"`
		Pass     *verdict.Bounds `json:"pass_speed_bounds"`
		CouldSee *float64        `json:"could_see"`      // the smallest slowdown that would have been called one
		ToPass   *int            `json:"rounds_to_pass"` // null where more rounds are not what it lacks
	}{Factors: levelsOf(&r.Arm), plain: plain(r), Speed: r.Speed(), Fail: SpeedBounds(r.Fail),
		Pass: SpeedBounds(r.Pass), CouldSee: r.MinEffect()}
	if n := r.ToPass(); n > 0 {
		out.ToPass = &n
	}
	return json.Marshal(out)
}
