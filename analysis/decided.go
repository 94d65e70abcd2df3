package analysis

import (
	"math"
	"slices"

	"mmapbench/internal/signtest"
	"mmapbench/results"
)

// What a run need not try any longer: every backend of a group is shown to be slower than
// the leader by a tenth, or is known to 2 %, by the interval of 99 % with whole ranks.
//
// The interval that the report then shows, of 95 %, still covers: of simulated runs that
// end so, it missed the true ratio on the side towards 1 in at most 3.5 % instead of 2.5 %,
// where the true ratio is just about a tenth, and elsewhere as often as without. Had
// the interval of 95 % ended them, that would be 8 %; and had it ended them when it no
// longer contained 1, that would be 17 %.
const (
	clearLead = 1.10
	knownTo   = 0.02
	clearTail = 0.005
)

// Decided lists the arms, by their numbers in the plan, of the groups that further rounds
// would tell nothing new of. A group of one backend is never decided.
func (s *Summary) Decided() (arms []int) {
	for i := range s.Groups {
		if g := &s.Groups[i]; g.decided() {
			for j := range g.Rows {
				arms = append(arms, g.Rows[j].Arm.ID)
			}
		}
	}
	slices.Sort(arms)
	return arms
}

func (g *Group) decided() bool {
	r := g.Rank()
	first := r.Leader()
	if first < 0 || len(g.Rows) < 2 {
		return false
	}
	leader := &g.Rows[first]
	for i := range g.Rows {
		if i != first && g.Rows[i].Reflinks == 0 && !clearly(logRatios(leader, &g.Rows[i], (*Row).seconds)) {
			return false
		}
	}
	return true
}

// clearly reports whether logarithms of speeds are all far above 0, or close together.
func clearly(logs []float64) bool {
	n := len(logs)
	k, _ := signtest.Rank(n, clearTail)
	if k == 0 {
		return false
	}
	slices.Sort(logs)
	low, high := logs[k-1], logs[n-k]
	return low > math.Log(clearLead) || (high-low)/2 < math.Log1p(knownTo)
}

// Decided lists the arms of a gate, by their numbers in the plan, whose work no further
// look asks about: it is decided by every metric, and the base agrees with itself.
func (c *Compared) Decided() (arms []int) {
	open := map[results.Arm]bool{}
	both := [][]Comparison{c.Rows, c.Controls}
	for _, comparisons := range both {
		for i := range comparisons {
			open[comparisons[i].Arm] = open[comparisons[i].Arm] || comparisons[i].Answer.Open
		}
	}
	for _, comparisons := range both {
		for i := range comparisons {
			for _, r := range comparisons[i].arms {
				if !open[comparisons[i].Arm] {
					arms = append(arms, r.Arm.ID)
				}
			}
		}
	}
	slices.Sort(arms)
	return slices.Compact(arms)
}
