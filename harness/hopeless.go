package harness

import (
	"fmt"
	"time"

	"mmapbench/results"
)

// alikeRounds is after how many rounds an arm that always failed alike is given
// up: once may be bad luck, and what is left of the budget is for the others.
const alikeRounds = 3

// failures remembers how the arms failed that never worked.
type failures map[int]*failing

type failing struct {
	trials int
	worked bool
	like   string              // the kind of all its failures; "": they differ
	err    *results.TrialError // the last one
	given  bool                // up
}

// note takes a trial down.
func (f failures) note(t *results.Trial) {
	a := f[t.Arm]
	if a == nil {
		a = &failing{}
		f[t.Arm] = a
	}
	a.trials++
	if t.Error == nil {
		a.worked = true
		return
	}
	if a.err == nil {
		a.like = t.Error.Kind
	} else if a.like != t.Error.Kind {
		a.like = ""
	}
	a.err = t.Error
}

// alike reports whether an arm failed so often, each time in the same way.
func (a *failing) alike(times int) bool { return !a.worked && a.like != "" && a.trials >= times }

// giveUp ends a run in which nothing works, and takes arms out of it that fail
// alike every time: all of a workload at once if they agree, and a single one
// after some rounds.
// The sides of a gate stay together.
func (s *state) giveUp() error {
	if s.Plan.Gate != nil || s.Plan.Budget > 0 && time.Since(s.Began) > s.Plan.Budget {
		return nil
	}
	alike := map[string]string{} // workload -> how all of its arms failed
	count := map[string]int{}
	working := false
	for _, a := range s.Plan.Arms {
		f := s.failures[a.ID]
		if f == nil {
			return nil // not every arm was tried
		}
		working = working || f.worked
		if count[a.Workload]++; count[a.Workload] == 1 {
			alike[a.Workload] = f.like
		}
		if f.worked || alike[a.Workload] != f.like {
			alike[a.Workload] = ""
		}
	}
	if !working {
		first := s.failures[s.Plan.Arms[0].ID]
		return fmt.Errorf("no trial gave a measurement, and no further round is tried: %w", first.err)
	}
	for _, a := range s.Plan.Arms {
		f := s.failures[a.ID]
		whole := count[a.Workload] > 1 && alike[a.Workload] != ""
		if f.given || !f.alike(alikeRounds) && !(whole && f.alike(1)) {
			continue
		}
		s.skip(a, f)
	}
	return nil
}

// skip takes an arm out of the rounds to come.
func (s *state) skip(a results.Arm, f *failing) {
	f.given = true
	for round := range s.Plan.Rounds {
		s.done[[2]int{round, a.ID}] = true
	}
	name := a.Workload + " by " + a.Backend
	if a.Cache != "" {
		name += ", " + a.Cache
	}
	s.tell(Notice(fmt.Sprintf("%s failed alike each time, and is not tried again: %s", name, f.err.Text)))
}

// brokenSide reports a side of a gate that gave nothing at all in the first
// round: that is an error, and no verdict.
func (s *state) brokenSide() error {
	if s.Plan.Gate == nil {
		return nil
	}
	for _, side := range []string{results.SideBase, results.SideControl, results.SideNew} {
		if why, broken := s.broken[side]; broken && !s.worked[side] {
			return fmt.Errorf("every trial of the side %s failed; the last one: %w", side, why)
		}
	}
	return nil
}
