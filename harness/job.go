package harness

import (
	"errors"
	"fmt"

	"mmapbench/internal/counters"
	"mmapbench/internal/dataset"
	"mmapbench/internal/latency"
	"mmapbench/internal/memory"
	"mmapbench/io/backend"
	"mmapbench/results"
	"mmapbench/workloads"
)

// jobTask is a job of a workload.
type jobTask struct {
	*worker
	job workloads.Job
}

// prepare makes the job ready, and walks its code path.
func (j *jobTask) prepare(m *counters.Set) (err error) {
	if err := j.configure(); err != nil {
		return err
	}
	if err := j.rehearse(); err != nil {
		return fmt.Errorf("rehearse: %w", err)
	}
	j.recorder, j.ticker = j.newRecorder(), j.newTicker(m)
	j.job, err = j.newJob(j.spec, j.recorder)
	return err
}

func (j *jobTask) measure(m *counters.Set) error { return j.laps(j.job, m) }

func (j *jobTask) conclude(err error) error { return errors.Join(err, j.ticker.err()) }

// touched is what the accesses come to, each record counted once. It is one record where
// the workload decides by what it reads where it goes.
func (j *jobTask) touched() int64 {
	ops := j.spec.Ops
	if j.spec.Duration > 0 {
		ops = j.trial.Ops
	}
	if i := j.work.Info(); i.Kind == workloads.Reads && !i.Repeats {
		ops = 1
		if p, ok := j.job.(interface{ Distinct() int64 }); ok {
			ops = max(p.Distinct(), 1)
		}
	}
	return min(ops*j.spec.Record, j.spec.Size)
}

// configure interprets what the trial is told of workload and backend, once. Of
// the folder nothing is asked: its file system is the one to be measured, and
// the plan has asked it.
func (w *worker) configure() (err error) {
	if w.work, err = w.catalogue.Workload(w.spec.Workload); err != nil {
		return err
	}
	b, options, err := w.catalogue.Backend(w.spec.Backend)
	if err != nil {
		return err
	}
	w.options = len(options) > 0
	kind := w.work.Info().Kind
	w.access, err = backend.Configure(b, w.work.Info().Verb(), "", options)
	w.syncs = kind.Writes() && (w.spec.Durability != string(backend.None) || w.access.Needs.Syncs)
	if w.access.Needs.Durable != "" {
		w.syncs, w.spec.Sync = false, ""
	}
	return err
}

// newJob prepares the workload's job with everything it will need: memory that is
// mapped and touched, so that no lap pays for it.
func (w *worker) newJob(s Spec, rec *latency.Recorder) (_ workloads.Job, err error) {
	// The rehearsal and the trial have records of one size, and one buffer.
	if w.buf == nil {
		in := backend.Spec{Record: int(s.Record)}
		if w.buf, err = memory.Buffer(int64(max(w.access.Needs.Depth, 1) * in.Stride())); err != nil {
			return nil, err
		}
	}
	t := workloads.Task{Access: w.access, Data: s.Data, Files: w.parts(s), Out: s.Out, Ops: s.Ops,
		Seed: s.Seed, Duration: s.Duration, Once: results.IsCold(s.Cache), Latency: rec, Memory: memory.Fresh}
	if w.ticker != nil {
		t.Tick = w.ticker.tick
	}
	if n := s.Arm.Syncs(); n > 0 {
		w.syncTimes = latency.NewRecorder(1, counters.ClockCost(), n)
		t.SyncEvery, t.Syncs = s.SyncEvery(), w.syncTimes
	}
	if t.Spec, err = s.backendSpec(w.buf); err != nil {
		return nil, err
	}
	if w.work.Info().Kind == workloads.Appends {
		if t.Source, err = memory.Buffer(sourceBytes(s.Size, s.Record)); err != nil {
			return nil, err
		}
		dataset.Fill(t.Source, sourceSeed(s.DataSeed), 0)
	}
	return w.work.New(t)
}
