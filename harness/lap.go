package harness

import (
	"errors"
	"fmt"
	"time"

	"mmapbench/internal/counters"
	"mmapbench/results"
	"mmapbench/workloads"
)

// lap times the four phases of a job's life cycle, again and again, and adds
// them up.
type lap struct {
	phases [4]counters.Usage // setup, body, sync, teardown
}

// run is one lap. Between two phases lie two system calls for the accounts and
// nothing else.
func (l *lap) run(job workloads.Job, syncs bool) error {
	if err := job.Prepare(); err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	if err := l.time(0, job.Setup); err != nil {
		return fmt.Errorf("setup: %w", err)
	}
	err := l.time(1, job.Body)
	if err == nil && syncs {
		err = l.time(2, job.Sync)
	}
	// Teardown in any case, so that nothing stays mapped.
	return errors.Join(err, l.time(3, job.Teardown))
}

func (l *lap) time(phase int, f func() error) error {
	var edge counters.Edge
	if err := edge.Begin(); err != nil {
		return err
	}
	err := f()
	return errors.Join(err, edge.End(&l.phases[phase]))
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
