package analysis

import (
	"math"
	"testing"
	"time"

	"mmapbench/results"
)

// TestMeansAndMediansAreNotMixed: where one run has no more than the sum of its laps, all
// points of a trend are mean laps. Else a program that keeps the times of laps would look
// faster than one that did not.
func TestMeansAndMediansAreNotMixed(t *testing.T) {
	withLaps := func(day int, kept bool) *results.Run {
		r := past(day, board("6.12", "sd", "SC64G"), map[string]time.Duration{"pread": 40 * ms})
		for i := range r.Trials {
			if trial := &r.Trials[i]; kept {
				trial.Laps, trial.Lap = 2, trial.Timed()/4 // the other lap was disturbed
			} else {
				trial.Laps = 2
			}
		}
		return r
	}
	for _, c := range []struct {
		name string
		kept [2]bool // whether the run of a day has the times of laps
		want float64
	}{
		{"both have them", [2]bool{true, true}, 0.01},
		{"one has not", [2]bool{false, true}, 0.02},
		{"neither has", [2]bool{false, false}, 0.02},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := NewHistory(condense(withLaps(0, c.kept[0]), withLaps(1, c.kept[1])), HistoryOptions{})
			for k, p := range h.Trends[0].Points {
				if got := p.Estimate.Median; math.Abs(got-c.want) > 1e-9 {
					t.Errorf("run %d: %g s, want %g", k, got, c.want)
				}
			}
		})
	}
}
