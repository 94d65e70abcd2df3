package harness

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"mmapbench/internal/counters"
	"mmapbench/internal/latency"
	"mmapbench/io/backend"
	"mmapbench/results"
	"mmapbench/workloads"
)

// openCounters opens what is read around the timed laps, never inside them.
// Without counters these are the bytes of the devices alone, and what a second
// of a series shows.
func (w *worker) openCounters() *counters.Set {
	return counters.Open(counters.Options{Root: "/", Devices: w.spec.Devices, NoDevice: w.spec.NoDevice,
		Smaps: w.spec.Smaps, Few: w.spec.NoCounters})
}

// countedLap is how much processor time a lap of several must at least take to be timed
// although it carries the counters. Of 24 arms whose laps took 9 to 37 ms of it the first
// lap took 0.95 to 1.04 times as much as the laps after it, and 1.00 times on the average.
// It is not the time by the clock: a short lap that waited for a processor would then be
// taken for a long one, and be the only one of its trial.
const countedLap = 10 * time.Millisecond

// laps runs the job's life cycle until it has lasted long enough to be timed.
//
// The first lap carries the counters, outside of its times. They take system calls
// of their own between the phases, which would disturb laps that last microseconds.
// So where laps can be repeated, a short first lap is not timed.
func (w *worker) laps(job workloads.Job, m *counters.Set) error {
	again, watch := w.repeats(), watchMemory()
	l, around := w.newLap(job), open(m)
	l.memory, l.look = watch, w.looker(job)
	if err := w.counted(job, m, l); err != nil {
		return err
	}
	if again && l.processor() < countedLap {
		// Also without counters, so that they change nothing: the laps that
		// are timed find what the one before them left in the processor.
		if w.recorder != nil {
			w.recorder.Reset()
		}
		l, around = w.newLap(job), open(m)
		if err := l.run(job, w.syncs); err != nil {
			return err
		}
	}
	var times results.LapTimes
	times.Add(l.wall())
	sum := job.Sum()
	for w.trial.Laps = 1; again && l.wall() < w.spec.MinTrial; {
		before := l.wall()
		if err := l.run(job, w.syncs); err != nil {
			return err
		}
		w.trial.Laps++
		times.Add(l.wall() - before)
		if job.Sum() != sum {
			return fmt.Errorf("%w: lap %d saw others than the lap before it", ErrWrongBytes, w.trial.Laps)
		}
	}
	around.close(m, &w.trial, w.spec.Devices)
	w.trial.Memory = watch.memory()
	times.Record(&w.trial)
	w.record(l, job, sum)
	return nil
}

// looker returns what finds out which options of the backend the kernel ignored, and what
// the backend counted; nil where nothing can tell. A copy may have been a reflink, and
// O_DIRECT ignored, whatever the options.
func (w *worker) looker(job workloads.Job) func() error {
	opener, ok := job.(workloads.Opener)
	if !ok || !w.options && w.access.Needs.Align == 0 && w.work.Info().Kind != workloads.Copies {
		return nil
	}
	return func() error {
		if o, ok := opener.Opened().(backend.Observer); ok {
			w.trial.Ignored = o.Ignored()
		}
		if c, ok := opener.Opened().(backend.Counter); ok {
			w.trial.Counted = c.Counted()
		}
		return nil
	}
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
			if err := job.Populate(); err != nil {
				return err
			}
		}
		return w.ticker.begin()
	}
	return l
}

// counted is one lap with the counters read at the edges of its phases, or of
// the whole lap where it cannot be repeated: between two phases of such a one
// the device may be at work on what setup asked for (advise=willneed), and would
// gain the time that reading the counters takes.
func (w *worker) counted(job workloads.Job, m *counters.Set, l *lap) error {
	if w.spec.NoCounters {
		return l.run(job, w.syncs)
	}
	all := map[string]map[string]*int64{}
	defer func() { w.trial.Counters = results.CountersOf(all) }()
	if !w.repeats() && !w.spec.PhaseCounters {
		whole := map[string]*int64{}
		all[results.WholeLap] = whole
		if look := l.look; look != nil { // the lap's counters leave out what looking takes
			l.look = func() error { return errors.Join(m.End(whole), look(), m.Begin()) }
		}
		err := m.Begin()
		if err == nil {
			err = l.run(job, w.syncs)
		}
		err = errors.Join(err, m.End(whole))
		l.memory.takeOff(whole)
		w.trial.CountersLost = m.Lost()
		return err
	}
	for _, phase := range results.PhaseNames {
		all[phase] = map[string]*int64{}
	}
	l.begin = m.Begin
	l.end = func(phase int) error { return m.End(all[results.PhaseNames[phase]]) }
	err := l.run(job, w.syncs)
	l.begin, l.end = nil, nil
	if !w.syncs {
		delete(all, results.PhaseNames[sync])
	}
	w.trial.CountersLost = m.Lost()
	return err
}

// record fills in the trial.
func (w *worker) record(l *lap, job workloads.Job, sum uint64) {
	t := &w.trial
	t.Setup, t.Body, t.Teardown = &l.phases[setup], &l.phases[body], &l.phases[teardown]
	if w.syncs {
		t.Sync = &l.phases[sync]
	}
	if w.spec.Duration > 0 {
		t.Ops = job.Ops()
		t.Series = w.ticker.ticks
	}
	t.Check = &results.Check{Got: strconv.FormatUint(sum, 16)}
	t.Latency, t.SyncLatency = latencyOf(w.recorder), latencyOf(w.syncTimes)
}

// latencyOf is what was recorded; nil where nothing was.
func latencyOf(r *latency.Recorder) *results.Latency {
	s := r.Summary()
	if s == nil {
		return nil
	}
	return &results.Latency{Every: s.Every, Clock: s.ClockNs, Count: s.Count,
		P50: s.P50, P90: s.P90, P99: s.P99, P999: s.P999, Max: s.Max, Histogram: s.Histogram}
}

// planLatency decides how many accesses are timed one by one.
func (w *worker) planLatency() {
	mode := w.spec.Latency
	if mode == "" || mode == "off" || w.access.Needs.Depth > 1 {
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
		ops = math.MaxInt64 // the recorder keeps as many unsorted
	}
	return latency.NewRecorder(w.every, w.clock, ops)
}

// accesses returns how many accesses the operations of a trial are, roughly
// where one is several.
func (w *worker) accesses(s Spec) int64 {
	return w.work.Info().AccessesOf(s.Ops, s.Size, s.Record)
}
