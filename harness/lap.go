package harness

import (
	"errors"
	"fmt"
	"time"

	"mmapbench/internal/counters"
	"mmapbench/results"
	"mmapbench/workloads"
)

// The phases of a lap, by their place in results.PhaseNames.
const (
	setup = iota
	body
	sync
	teardown
)

// lap times the four phases of a job's life cycle, again and again, and adds
// them up.
type lap struct {
	phases [4]counters.Usage

	// Called outside the times; nil: nothing is.
	begin func() error          // before each phase
	end   func(phase int) error // after each phase
	ready func() error          // between setup and body
}

// run is one lap. Between two phases lie the system calls for the accounts and
// nothing else, unless there are functions to be called.
func (l *lap) run(job workloads.Job, syncs bool) error {
	if err := job.Prepare(); err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	if err := l.time(setup, job.Setup); err != nil {
		return fmt.Errorf("setup: %w", err)
	}
	var err error
	if l.ready != nil {
		err = l.ready()
	}
	if err == nil {
		err = l.time(body, job.Body)
	}
	if err == nil && syncs {
		err = l.time(sync, job.Sync)
	}
	// Teardown in any case, so that nothing stays mapped.
	return errors.Join(err, l.time(teardown, job.Teardown))
}

func (l *lap) time(phase int, f func() error) error {
	if l.begin != nil {
		if err := l.begin(); err != nil {
			return err
		}
	}
	var edge counters.Edge
	if err := edge.Begin(); err != nil {
		return err
	}
	err := f()
	err = errors.Join(err, edge.End(&l.phases[phase]))
	if l.end != nil {
		err = errors.Join(err, l.end(phase))
	}
	return err
}

// wall is the time of all phases of all laps so far.
func (l *lap) wall() (sum time.Duration) {
	for i := range l.phases {
		sum += l.phases[i].Wall
	}
	return sum
}

// phase converts one phase for the run file.
func (l *lap) phase(i int) *results.Phase {
	u := l.phases[i]
	return &results.Phase{
		Wall: u.Wall, User: u.User, System: u.System,
		MinorFaults: u.MinorFaults, MajorFaults: u.MajorFaults,
		VoluntarySwitches: u.VoluntarySwitches, InvoluntarySwitches: u.InvoluntarySwitches,
		BlocksIn: u.BlocksIn, BlocksOut: u.BlocksOut,
	}
}
