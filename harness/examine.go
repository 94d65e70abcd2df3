package harness

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"mmapbench/results"
	"mmapbench/schedule"
	"mmapbench/target"
	"mmapbench/workloads"
)

// examineLimit is how long an examination may take, which is a matter of
// milliseconds.
const examineLimit = 20 * time.Second

// examineGrace is what an examination may take where the budget is used up.
const examineGrace = 2 * time.Second

// limitExamined is that of an examination which is about to begin.
func (s *state) limitExamined() limit {
	l := limit{most: examineLimit, examined: true}
	if s.Plan.Budget > 0 {
		if left := max(s.Plan.Budget-time.Since(s.Began), examineGrace); left < l.most {
			l.most, l.budget = left, true
		}
	}
	return l
}

// examine is the worker's part of an examination. What the workload prints, and
// whether it ends its process, cannot hurt anybody here.
func (w *worker) examine() error {
	work, err := w.catalogue.Workload(w.spec.Workload)
	if err != nil {
		return err
	}
	got, err := examination(work, w.spec, target.Content(w.catalogue, w.spec.Workload, w.spec.DataSeed))
	w.trial.Check = &results.Check{Got: got.String()}
	return err
}

// examine examines every reading workload of the plan once, in a process of the
// kind in which its trials will run, before any of them is measured.
func (s *state) examine() error {
	done := map[string]bool{}
	for _, a := range s.Plan.Arms {
		key := a.Workload + "\x00" + strings.Join(s.worker(a), "\x00")
		if done[key] || s.stopped() {
			continue
		}
		done[key] = true
		w, err := s.Catalogue.Workload(a.Workload)
		if err != nil {
			return err
		}
		if w.Info().Kind != workloads.Reads {
			continue // its product is compared
		}
		if err := s.examineArm(w, a); err != nil {
			return err
		}
	}
	return nil
}

func (s *state) examineArm(w workloads.Workload, a results.Arm) error {
	spec := newSpec(s.Plan, a, schedule.PatternSeed(s.Plan, 0)).examined()
	t, err := s.spawn(spec, a, s.limitExamined())
	if errors.Is(err, errInterrupted) {
		return nil
	}
	if err != nil {
		return err
	}
	side := ""
	if len(s.Workers) > 0 {
		side = " of the side " + a.Side
	}
	switch e := t.Error; {
	case e == nil:
	case e.Kind == results.ErrorWorkload:
		return e
	default:
		return fmt.Errorf("workload %s%s failed where it was to read %d records that are computed, without a file: %w",
			a.Workload, side, spec.Ops, e)
	}
	var here seen
	err = quietly(func() (err error) {
		content := target.Content(s.Catalogue, a.Workload, spec.DataSeed)
		here, err = overDefinition(w, spec, oracle{content: content, tally: &tally{}}, nil)
		return err
	})
	if err != nil {
		return err
	}
	if t.Check == nil || t.Check.Got == here.String() {
		return nil
	}
	if side != "" {
		return broken(w.Info(), "%s does other work than that of this program: over the same bytes and with the same "+
			"seed it saw %s, and not %s", strings.TrimSpace(side), t.Check.Got, here)
	}
	return broken(w.Info(), unrepeatable+" in another process", t.Check.Got, here)
}

// stopped reports whether the user wants the run to end.
func (s *state) stopped() bool {
	select {
	case <-s.stop:
		return true
	default:
		return s.ctx.Err() != nil
	}
}

// asTrialError returns the trial error in err, or one of the kind.
func asTrialError(err error, kind, attempt string) *results.TrialError {
	if e, ok := errors.AsType[*results.TrialError](err); ok {
		return e
	}
	return &results.TrialError{Kind: kind, Text: attempt + err.Error()}
}
