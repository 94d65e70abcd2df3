package harness

import (
	"errors"
	"fmt"
	"time"

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
	phases [4]results.Phase

	// Called outside the times; nil: nothing is.
	begin func() error          // before each phase
	end   func(phase int) error // after each phase
	ready func() error          // between setup and body

	memory *memoryWatch // reads before the teardown of the first lap; nil: nothing does
	look   func() error // is called there, once for all laps; nil: nothing is
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
	if l.memory != nil {
		l.memory.read()
	}
	if err == nil && l.look != nil {
		look := l.look
		l.look = nil
		err = look()
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
	var e edge
	if err := e.begin(); err != nil {
		return err
	}
	err := f()
	err = errors.Join(err, e.end(&l.phases[phase]))
	if l.end != nil {
		err = errors.Join(err, l.end(phase))
	}
	return err
}

// processor is the processor time of all phases of all laps so far.
func (l *lap) processor() (sum time.Duration) {
	for i := range l.phases {
		sum += l.phases[i].User + l.phases[i].System
	}
	return sum
}

// wall is the time of all phases of all laps so far.
func (l *lap) wall() (sum time.Duration) {
	for i := range l.phases {
		sum += l.phases[i].Wall
	}
	return sum
}
