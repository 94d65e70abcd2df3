package harness

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"strconv"

	"mmapbench/internal/counters"
	"mmapbench/internal/latency"
	"mmapbench/results"
	"mmapbench/workloads"
)

// meters are read around the timed laps, never inside them.
type meters struct {
	set     *counters.Set // nil: counters are off
	metrics []counters.Metric
	devices *counters.Devices
	base    counters.DeviceBytes // before the first timed lap
}

func (w *worker) openMeters() *meters {
	m := &meters{devices: counters.OpenDevices("/", w.spec.Devices, w.spec.NoDevice)}
	if !w.spec.NoCounters {
		m.set = counters.Open(counters.Options{Root: "/", Devices: w.spec.Devices, NoDevice: w.spec.NoDevice, Smaps: w.spec.Smaps})
		m.metrics = m.set.Metrics()
	}
	return m
}

func (m *meters) close() {
	m.devices.Close()
	if m.set != nil {
		m.set.Close()
	}
}

// laps runs the job's life cycle until it has lasted long enough to be timed.
//
// The counters take system calls of their own between the phases, which would
// disturb laps that last microseconds. Where laps can be repeated, one more is
// made for the counters and not timed; where there is only one, it carries
// them, outside of its times.
func (w *worker) laps(job workloads.Job, m *meters) error {
	again := w.repeats()
	if again {
		// Also without counters, so that they change nothing: the laps that
		// are timed find what the one before them left in the processor.
		if err := w.counted(job, m, w.newLap(job)); err != nil {
			return err
		}
		if w.recorder != nil {
			w.recorder.Reset()
		}
	}
	m.base = m.devices.Read()
	l := w.newLap(job)
	var sum uint64
	for {
		var err error
		if again {
			err = l.run(job, w.syncs())
		} else {
			err = w.counted(job, m, l)
		}
		if err != nil {
			return err
		}
		w.trial.Laps++
		if w.trial.Laps > 1 && job.Sum() != sum {
			return fmt.Errorf("%w: lap %d saw others than the lap before it", ErrWrongBytes, w.trial.Laps)
		}
		if sum = job.Sum(); !again || l.wall() >= w.spec.MinTrial {
			break
		}
	}
	w.trial.Device = deviceIO(m.devices.Since(m.base), w.spec.Devices)
	w.record(l, job, sum)
	return nil
}

// repeats reports whether a second lap would be like the first: not when it
// was cold, wrote a file, or lasts as long as it is told to.
func (w *worker) repeats() bool {
	warm := w.spec.Cache == results.Cached || w.spec.Cache == results.Mapped
	return warm && w.spec.Out == "" && w.spec.Duration == 0
}

// newLap returns a lap that does between setup and body what the trial asks
// for: the page tables are populated, the series begins.
func (w *worker) newLap(job workloads.Job) *lap {
	l := &lap{}
	if w.spec.Cache != results.Mapped && w.ticker == nil {
		return l
	}
	l.ready = func() error {
		if w.spec.Cache == results.Mapped {
			if err := populate(job); err != nil {
				return err
			}
		}
		return w.ticker.begin()
	}
	return l
}

// populate touches every page of what the job has opened, untimed.
func populate(job workloads.Job) error {
	p, ok := job.(interface{ Populate() error })
	if !ok {
		return fmt.Errorf("the cache state %s needs a workload whose job has Populate", results.Mapped)
	}
	return p.Populate()
}

// counted is one lap with the counters read at the edges of its phases, or of
// the whole lap where it cannot be repeated: between two phases of such a one
// the device may be at work on what setup asked for (advise=willneed), and would
// gain the time that reading the counters takes.
func (w *worker) counted(job workloads.Job, m *meters, l *lap) error {
	if m.set == nil {
		return l.run(job, w.syncs())
	}
	all := map[string]map[string]*int64{}
	w.trial.Counters = all
	if !w.repeats() && !w.spec.PhaseCounters {
		all[results.WholeLap] = map[string]*int64{}
		err := m.set.Begin()
		if err == nil {
			err = l.run(job, w.syncs())
		}
		err = errors.Join(err, m.set.End(all[results.WholeLap]))
		w.trial.CounterReasons = m.lost()
		return err
	}
	for _, phase := range results.PhaseNames {
		all[phase] = map[string]*int64{}
	}
	l.begin = m.set.Begin
	l.end = func(phase int) error { return m.set.End(all[results.PhaseNames[phase]]) }
	err := l.run(job, w.syncs())
	l.begin, l.end = nil, nil
	if !w.syncs() {
		delete(all, results.PhaseNames[sync])
	}
	w.trial.CounterReasons = m.lost()
	return err
}

// lost says why counters could not be read that were there at the start.
func (m *meters) lost() map[string]string {
	var lost map[string]string
	for i, metric := range m.set.Metrics() {
		if metric.Reason != "" && m.metrics[i].Reason == "" {
			if lost == nil {
				lost = map[string]string{}
			}
			lost[metric.Name] = metric.Reason
		}
	}
	return lost
}

// record fills in the trial.
func (w *worker) record(l *lap, job workloads.Job, sum uint64) {
	t := &w.trial
	t.Setup, t.Body, t.Teardown = l.phase(setup), l.phase(body), l.phase(teardown)
	if w.syncs() {
		t.Sync = l.phase(sync)
	}
	if w.spec.Duration > 0 {
		t.Ops = job.Ops()
		t.Series = w.ticker.ticks
	}
	t.Check = &results.Check{Got: strconv.FormatUint(sum, 16)}
	if s := w.recorder.Summary(); s != nil {
		t.Latency = &results.Latency{Every: s.Every, Clock: s.ClockNs, Count: s.Count,
			P50: s.P50, P90: s.P90, P99: s.P99, P999: s.P999, Max: s.Max, Histogram: s.Histogram}
	}
}

// planLatency decides how many accesses are timed one by one.
func (w *worker) planLatency() {
	mode := w.spec.Latency
	if mode == "" || mode == "off" {
		return
	}
	clock := counters.ClockCost()
	// What is expected of the trial is mostly longer than the rehearsal was,
	// on a tiny file in the page cache.
	w.every = latency.Plan(mode, max(w.opTime, w.spec.OpTime), clock, w.accesses(w.spec))
	if w.every > 0 && w.spec.Every > 0 {
		w.every = w.spec.Every // so that all trials of an arm have the same weight
	}
	if w.every > 0 {
		w.clock = clock
	}
}

// newRecorder returns what one walk through the workload records into; nil
// where no access is timed.
func (w *worker) newRecorder() *latency.Recorder {
	if w.every == 0 {
		return nil
	}
	ops := w.accesses(w.spec)
	if w.spec.Duration > 0 {
		ops = math.MaxInt64 // as many as the recorder keeps unsorted
	}
	return latency.NewRecorder(w.every, w.clock, ops)
}

// accesses returns how many accesses the operations of a trial are, roughly
// where one is several.
func (w *worker) accesses(s Spec) int64 {
	work, err := w.catalogue.Workload(s.Workload)
	if err != nil {
		return s.Ops
	}
	return work.Info().AccessesOf(s.Ops, s.Size, s.Record)
}

// deviceIO puts the devices' bytes into the form of the run file.
func deviceIO(d counters.DeviceBytes, names []string) *results.DeviceIO {
	return &results.DeviceIO{Names: names, OwnRead: d.OwnRead, OwnWrite: d.OwnWrite,
		DeviceRead: d.Read, DeviceWrite: d.Write, Reason: maps.Clone(d.Reason)}
}
