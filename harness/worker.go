package harness

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"mmapbench/internal/counters"
	"mmapbench/internal/dataset"
	"mmapbench/internal/latency"
	"mmapbench/internal/memory"
	"mmapbench/internal/pagecache"
	"mmapbench/io/backend"
	"mmapbench/results"
	"mmapbench/workloads"
)

// Work is the worker process: it reads one Spec from in, carries out the
// trial, and writes one results.Trial to out. An error of the trial is part of
// the trial; the error returned is one of reading or writing.
//
// It changes the process for good: garbage collection is off, the goroutine
// stays locked to its thread. Faults on a mapping keep their P: neither the
// scheduler nor a collection could go on before the page has come, so there
// are more Ps than threads that fault.
func Work(in io.Reader, out io.Writer, c workloads.Catalogue) error {
	s, err := readSpec(in)
	if err != nil {
		return fmt.Errorf("read the trial's specification from standard input: %w", err)
	}
	if err := s.enter(); err != nil {
		return err
	}
	offerMemory()
	debug.SetGCPercent(-1)
	runtime.GOMAXPROCS(max(2, runtime.NumCPU()))
	runtime.LockOSThread()
	w := &worker{spec: s, catalogue: c}
	w.trial.Type, w.trial.Started = results.LineTrial, time.Now()
	w.try()
	if err := json.NewEncoder(out).Encode(w.trial); err != nil {
		return fmt.Errorf("write the trial: %w", err)
	}
	return nil
}

func readSpec(in io.Reader) (s Spec, err error) {
	text, err := io.ReadAll(in)
	if err != nil {
		return s, err
	}
	if len(text) == 0 {
		tryCalls(os.Stderr)
	}
	if err := checkSpec(text); err != nil {
		return s, err
	}
	return s, json.Unmarshal(text, &s)
}

type worker struct {
	spec      Spec
	catalogue workloads.Catalogue
	trial     results.Trial

	group int // the process group of the command; 0: none was started

	// What the trial measures: see configure. A command has none of it.
	work   workloads.Workload
	access backend.Access
	syncs  bool // there is a sync phase

	opTime   float64           // ns that one access took at the rehearsal
	every    int64             // one access in every is timed; 0: none
	clock    float64           // ns that one reading of the clock takes
	recorder *latency.Recorder // the trial's; nil: no access is timed
	ticker   *ticker           // the trial's; nil: the trial has no duration

	before pagecache.Observation // the dataset before the first lap
	below  *pagecache.Below      // nil: not probed
	noted  string                // why it was not
	absent string                // what of the data the device need not deliver
}

// try runs the trial and turns its failure into the trial's error. SIGBUS on a
// mapping (a truncated file, a medium that fails, a full file system behind a
// hole) arrives as a panic because of SetPanicOnFault.
func (w *worker) try() {
	debug.SetPanicOnFault(true)
	defer func() {
		if p := recover(); p != nil {
			w.trial.Error = panicError(p, w.spec.files())
		}
	}()
	run := w.run
	if w.spec.Examine {
		run = w.examine
	}
	err := run()
	switch e := (*results.TrialError)(nil); {
	case errors.As(err, &e):
		w.trial.Error = e
	case errors.Is(err, ErrWrongBytes):
		w.trial.Error = &results.TrialError{Kind: results.ErrorBytes, Text: w.spec.located(err)}
	case err != nil:
		w.trial.Error = &results.TrialError{Kind: results.ErrorIO, Text: w.spec.located(err)}
	}
}

// files names what a trial has mapped.
func (s Spec) files() string {
	if s.Data != "" && s.Out != "" {
		return s.path(s.Data) + " or " + s.path(s.Out)
	}
	return s.path(s.Data + s.Out)
}

// panicError describes a panic. The runtime's own text for a fault speaks of a
// nil pointer; what tells is the address.
func panicError(p any, path string) *results.TrialError {
	if fault, ok := p.(interface{ Addr() uintptr }); ok {
		return &results.TrialError{Kind: results.ErrorSIGBUS, Text: fmt.Sprintf(
			"memory fault at address %#x of the mapping of %s: the file was truncated, its disk is full, or the "+
				"device failed to deliver the page", fault.Addr(), path)}
	}
	return panicked(p)
}

// run is a trial: the work is made ready, the files are brought into the cache state,
// and the work is measured. Commands are made ready and measured in another way; their
// files are the user's.
func (w *worker) run() (err error) {
	start := time.Now()
	begin, paths, ours := w.beginJob, w.spec.Files, false
	switch {
	case w.spec.Command != "":
		begin = w.beginCommand
	case w.spec.Data != "":
		paths, ours = []string{w.spec.Data}, true
	}
	m := w.openCounters()
	defer m.Close()
	measure, end, err := begin(m)
	defer func() { err = end(err) }()
	if err != nil {
		return err
	}
	w.settle()
	files, closeAll, err := openData(paths, ours)
	defer closeAll()
	if err != nil {
		return err
	}
	if w.spec.Cache != "" {
		if err := w.prepareCache(files); err != nil {
			return err
		}
	}
	w.trial.Prepare = time.Since(start) - w.trial.Settle
	if err := measure(); err != nil {
		return err
	}
	if w.spec.Cache != "" {
		return w.judge(files)
	}
	return nil
}

// beginJob makes the job of a workload ready, and walks its code path.
func (w *worker) beginJob(m *counters.Set) (measure func() error, end func(error) error, err error) {
	end = func(err error) error { return errors.Join(err, w.ticker.err()) }
	if err := w.configure(); err != nil {
		return nil, end, err
	}
	if err := w.rehearse(); err != nil {
		return nil, end, fmt.Errorf("rehearse: %w", err)
	}
	w.recorder, w.ticker = w.newRecorder(), w.newTicker(m)
	job, err := w.job(w.spec, w.recorder)
	return func() error { return w.laps(job, m) }, end, err
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
	kind := w.work.Info().Kind
	w.access, err = backend.Configure(b, kind.Verb(), "", options)
	w.syncs = kind.Writes() && (w.spec.Durability == string(backend.Data) || w.access.Needs.Syncs)
	return err
}

// job prepares the workload's job with everything it will need: memory that is
// mapped and touched, so that no lap pays for it.
func (w *worker) job(s Spec, rec *latency.Recorder) (workloads.Job, error) {
	buf, err := memory.Buffer(s.Record)
	if err != nil {
		return nil, err
	}
	t := workloads.Task{Access: w.access, Data: s.Data, Out: s.Out, Ops: s.Ops, Seed: s.Seed,
		Duration: s.Duration, Once: results.IsCold(s.Cache), Latency: rec}
	if w.ticker != nil {
		t.Tick = w.ticker.tick
	}
	if t.Spec, err = s.backendSpec(buf); err != nil {
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
