package harness

import (
	"errors"
	"time"

	"mmapbench/internal/counters"
	"mmapbench/results"
)

// ticker writes down what happens in each second of a trial with a duration.
// The body calls it between two accesses, on its own thread: some 0.2 ms a
// second, in the time of the trial (the files of the devices and of the
// interrupts are read).
type ticker struct {
	set *counters.Set

	edge   edge            // taken at the last tick
	sample counters.Sample // taken at the last tick
	ticks  []results.Tick
	failed error
}

// newTicker returns the trial's ticker; nil where the trial has no duration.
func (w *worker) newTicker(set *counters.Set) *ticker {
	if w.spec.Duration <= 0 {
		return nil
	}
	return &ticker{set: set, ticks: make([]results.Tick, 0, w.spec.Duration/time.Second+2)}
}

func (t *ticker) read() counters.Sample {
	return t.set.Sample(counters.DiskReadBytes, counters.DiskWriteBytes, counters.Shootdowns)
}

// begin is called right before the body.
func (t *ticker) begin() error {
	if t == nil {
		return nil
	}
	t.ticks = t.ticks[:0]
	t.sample = t.read()
	return t.edge.begin()
}

// tick takes one second down; see [workloads.Task]. What is read at its end is
// what the next one begins with, so that nothing falls in between.
func (t *ticker) tick(elapsed time.Duration, ops, bytes int64) {
	var p results.Phase
	t.failed = errors.Join(t.failed, t.edge.end(&p), t.edge.begin())
	now := t.read()
	gained := now.Since(t.sample)
	t.sample = now
	t.ticks = append(t.ticks, results.Tick{Elapsed: elapsed, Ops: ops, Bytes: bytes,
		MinorFaults: p.MinorFaults, MajorFaults: p.MajorFaults,
		DeviceRead: gained[0].N, DeviceWrite: gained[1].N, Shootdowns: gained[2].N})
}

// err returns what went wrong.
func (t *ticker) err() error {
	if t == nil {
		return nil
	}
	return t.failed
}
