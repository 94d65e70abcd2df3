package analysis

import (
	"math"
	"math/rand/v2"
	"testing"

	"mmapbench/internal/signtest"
)

func TestClearly(t *testing.T) {
	spread := func(center, half float64, n int) (logs []float64) {
		for i := range n {
			logs = append(logs, center+half*(2*float64(i)/float64(n-1)-1))
		}
		return logs
	}
	for _, c := range []struct {
		name string
		logs []float64
		want bool
	}{
		{"twice as fast", spread(math.Ln2, 0.1, 9), true},
		{"twice as fast, in too few rounds for 99%", spread(math.Ln2, 0.1, 7), false},
		{"a tenth, just not", spread(math.Log(1.2), 0.1, 9), false},
		{"slower than a tenth faster in some rounds", spread(math.Log(1.15), 0.1, 9), false},
		{"equal, known to 2%", spread(0, 0.015, 9), true},
		{"equal, known to 4%", spread(0, 0.04, 9), false},
		{"nothing", nil, false},
	} {
		if got := clearly(c.logs); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// TestCoverageAfterDropping holds what the rule promises: a run that leaves a group when
// the group is clear shows an interval of which the true ratio is missed on one side in at most
// 4% of runs, where 2.5% are missed without.
func TestCoverageAfterDropping(t *testing.T) {
	const runs, most = 3000, 40
	for _, noise := range []struct {
		name string
		draw func(*rand.Rand) float64
	}{
		{"normal", func(r *rand.Rand) float64 { return 0.12 * r.NormFloat64() }},
		{"two peaks", func(r *rand.Rand) float64 {
			return 0.05*r.NormFloat64() + 0.12*float64(2*r.IntN(2)-1)
		}},
	} {
		for _, ratio := range []float64{1, clearLead, 1.13, 1.25} {
			rng := rand.New(rand.NewPCG(54, 7))
			missed := 0
			for range runs {
				var logs []float64
				for next := 9; ; next = signtest.NextStep(next, 0.025) {
					for len(logs) < min(next, most) {
						logs = append(logs, math.Log(ratio)+noise.draw(rng))
					}
					if next >= most || clearly(append([]float64(nil), logs...)) {
						break
					}
				}
				if MedianInterval(logs, Confidence).Interval.Low > math.Log(ratio) {
					missed++
				}
			}
			// 4% of 3,000 have a standard deviation of 0.36%.
			if share := float64(missed) / runs; share > 0.04+3*0.0036 {
				t.Errorf("%s, %v times as fast: the interval lies above in %.1f%%", noise.name, ratio, 100*share)
			}
		}
	}
}
