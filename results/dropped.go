package results

import "fmt"

// Dropped is the line which says that arms are left out of all further rounds, as what
// they were tried for is decided.
type Dropped struct {
	Type   string `json:"type"`   // LineDropped
	Rounds int    `json:"rounds"` // the first rounds, in which the arms were tried
	Arms   []int  `json:"arms"`
}

// Planned is how many rounds each arm of the plan is tried in, by the arm's number:
// those of the plan, or fewer for arms that were dropped.
func (r *Run) Planned() []int { return planned(&r.Header.Plan, r.Dropped) }

func planned(p *Plan, dropped []Dropped) []int {
	rounds := make([]int, len(p.Arms))
	for i := range rounds {
		rounds[i] = p.Rounds
	}
	for _, d := range dropped {
		for _, arm := range d.Arms {
			rounds[arm] = d.Rounds
		}
	}
	return rounds
}

func (s *Stream) checkDropped(d *Dropped) error {
	plan := &s.Header.Plan
	if d.Rounds < 1 || d.Rounds > plan.Rounds {
		return wrong("rounds", "is %d: the plan has %d", d.Rounds, plan.Rounds)
	}
	already := planned(plan, s.Dropped)
	for i, arm := range d.Arms {
		switch {
		case arm < 0 || arm >= len(plan.Arms):
			return fmt.Errorf("arm %d is not in the plan", arm)
		case already[arm] < plan.Rounds || i > 0 && d.Arms[i-1] >= arm:
			return fmt.Errorf("arm %d was dropped before, or stands behind a later one", arm)
		}
	}
	return nil
}
