package analysis

import (
	"slices"

	"mmapbench/internal/spelling"
	"mmapbench/results"
)

// An Anchor is the arm that others are measured against where runs are compared: one
// that the change under test cannot reach, run in the same rounds. What differs from run
// to run is common to both, and falls out of their ratio. It is a backend (or the name
// of a command), which anchors every arm that differs from it in nothing else, or a
// single arm by its full name. "" is none.
type Anchor string

// Check refuses an anchor that no arm is.
func (a Anchor) Check(arms []results.Arm) error {
	var known []string
	for _, arm := range arms {
		if a.Is(arm) {
			return nil
		}
		if !slices.Contains(known, arm.Backend) {
			known = append(known, arm.Backend)
		}
	}
	return spelling.Unknown("anchor", string(a), known)
}

// Is reports whether an arm is an anchor.
func (a Anchor) Is(arm results.Arm) bool {
	return a != "" && (arm.Backend == string(a) || a.names(arm))
}

func (a Anchor) names(arm results.Arm) bool {
	anywhere := arm
	anywhere.Target = ""
	return armName(arm) == string(a) || armName(anywhere) == string(a)
}

// Of finds the anchor of an arm; nil where the run has none for it. An anchor has none.
func (a Anchor) Of(rows []Row, arm results.Arm) *Row {
	if a == "" || a.Is(arm) {
		return nil
	}
	backend, err := results.FactorOf("backend")
	if err != nil {
		panic(err) // every arm has one
	}
	i := slices.IndexFunc(rows, func(r Row) bool {
		return r.Arm.Backend == string(a) && r.Arm.Without(backend) == arm.Without(backend)
	})
	if i < 0 { // the arm of that name on the same target, or on any
		i = slices.IndexFunc(rows, func(r Row) bool { return a.names(r.Arm) && r.Arm.Target == arm.Target })
	}
	if i < 0 {
		i = slices.IndexFunc(rows, func(r Row) bool { return a.names(r.Arm) })
	}
	if i < 0 {
		return nil
	}
	return &rows[i]
}

// Logs are ln(the arm's value / its anchor's) of each round in which both have one.
func (m Metric) Logs(r, anchor *Row) []float64 { return logRatios(anchor, r, m.of) }
