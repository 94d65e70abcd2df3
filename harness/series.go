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
	devices    *counters.Devices
	shootdowns *counters.Shootdowns

	edge   counters.Edge // at the last tick
	bytes  counters.DeviceBytes
	shot   *int64
	ticks  []results.Tick
	failed error
}

// newTicker returns the trial's ticker; nil where it has no duration.
func (w *worker) newTicker(m *meters) *ticker {
	if w.spec.Duration <= 0 {
		return nil
	}
	return &ticker{devices: m.devices, shootdowns: counters.OpenShootdowns("/"),
		ticks: make([]results.Tick, 0, w.spec.Duration/time.Second+2)}
}

// begin is called right before the body.
func (t *ticker) begin() error {
	if t == nil {
		return nil
	}
	t.ticks = t.ticks[:0]
	t.bytes = t.devices.Read()
	t.shot, _ = t.shootdowns.Read()
	return t.edge.Begin()
}

// tick takes one second down; see [workloads.Task]. What is read at its end is
// what the next one begins with, so that nothing falls in between.
func (t *ticker) tick(elapsed time.Duration, ops, bytes int64) {
	var u counters.Usage
	t.failed = errors.Join(t.failed, t.edge.End(&u), t.edge.Begin())
	now := t.devices.Read()
	device := now.Minus(t.bytes)
	tick := results.Tick{Elapsed: elapsed, Ops: ops, Bytes: bytes,
		MinorFaults: u.MinorFaults, MajorFaults: u.MajorFaults,
		DeviceRead: device.Read, DeviceWrite: device.Write}
	shot, _ := t.shootdowns.Read()
	if shot != nil && t.shot != nil && *shot >= *t.shot {
		n := *shot - *t.shot
		tick.Shootdowns = &n
	}
	t.bytes, t.shot = now, shot
	t.ticks = append(t.ticks, tick)
}

// close gives the files back and returns what went wrong.
func (t *ticker) close() error {
	if t == nil {
		return nil
	}
	return errors.Join(t.failed, t.shootdowns.Close())
}
