package harness

import (
	"fmt"
	"maps"
	"time"

	"mmapbench/internal/counters"
	"mmapbench/results"
)

// measure makes the laps of a trial: all of them in one go where they find the files as
// the lap before left them, and one by one where each is to find the files cold. A lap
// that did not ends the trial, which is left out for it.
func (w *worker) measure(t task, m *counters.Set, files []data) error {
	if err := w.measureOnce(t, m, files); err != nil {
		return err
	}
	reads := w.spec.Command == "" && w.spec.Out == ""
	for range w.spec.LapsMadeCold(w.spec.Cache, reads) - 1 {
		if w.trial.Excluded != "" {
			break
		}
		earlier := w.trial
		w.trial = results.Trial{Type: earlier.Type, Started: earlier.Started, Settle: earlier.Settle,
			Prepare: earlier.Prepare, Warnings: earlier.Warnings}
		if err := w.measureOnce(t, m, files); err != nil {
			return err
		}
		if err := addLaps(&w.trial, &earlier); err != nil {
			return err
		}
	}
	return nil
}

// measureOnce brings the files into their cache state, measures the task, and judges.
func (w *worker) measureOnce(t task, m *counters.Set, files []data) error {
	if w.spec.Cache == "" {
		return t.measure(m)
	}
	start := time.Now()
	if err := w.prepareCache(files); err != nil {
		return err
	}
	w.trial.Prepare += time.Since(start)
	if err := t.measure(m); err != nil {
		return err
	}
	return w.judge(files, t.touched())
}

// addLaps adds earlier cold laps to the trial of the last one. What is no sum stays that
// of the last lap: the counters, the memory, and which pages were resident. The recorder
// of single accesses goes on from lap to lap by itself.
func addLaps(t, earlier *results.Trial) error {
	if t.Check.Got != earlier.Check.Got {
		return fmt.Errorf("%w: lap %d saw others than the lap before it", ErrWrongBytes, earlier.Laps+1)
	}
	t.AddColdLaps(earlier)
	for i, p := range t.Phases() {
		if p.Phase != nil {
			addPhase(p.Phase, earlier.Phases()[i].Phase)
		}
	}
	d, e := t.Device, earlier.Device
	addTo(&d.OwnRead, e.OwnRead)
	addTo(&d.OwnWrite, e.OwnWrite)
	addTo(&d.DeviceRead, e.DeviceRead)
	addTo(&d.DeviceWrite, e.DeviceWrite)
	o, b := t.Others, earlier.Others
	addTo(&o.Waited, b.Waited)
	addTo(&o.Pressure, b.Pressure)
	addTo(&o.Stolen, b.Stolen)
	addTo(&o.Wanted, b.Wanted)
	maps.Copy(d.Reason, e.Reason)
	maps.Copy(o.Reasons, b.Reasons)
	if earlier.Cache.Proof == results.ProofWeak && t.Cache.Proof == results.ProofStrong {
		t.Cache.Proof, t.Cache.Reasons = earlier.Cache.Proof, earlier.Cache.Reasons
	}
	return nil
}

func addPhase(p, q *results.Phase) {
	p.Wall += q.Wall
	p.User += q.User
	p.System += q.System
	p.MinorFaults += q.MinorFaults
	p.MajorFaults += q.MajorFaults
	p.VoluntarySwitches += q.VoluntarySwitches
	p.InvoluntarySwitches += q.InvoluntarySwitches
	p.BlocksIn += q.BlocksIn
	p.BlocksOut += q.BlocksOut
}

// addTo adds to a figure, which is unknown if one of both is.
func addTo[T int64 | time.Duration](sum **T, n *T) {
	if *sum == nil || n == nil {
		*sum = nil
		return
	}
	*sum = new(**sum + *n)
}
