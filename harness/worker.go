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

	"golang.org/x/sys/unix"

	"mmapbench/internal/counters"
	"mmapbench/internal/dataset"
	"mmapbench/internal/latency"
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
	if c, err = s.withRecorded(c); err != nil {
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

	// What a job of a workload measures: see configure. A command has none of it.
	work    workloads.Workload
	access  backend.Access
	options bool // the backend was given some
	buf     []byte
	syncs   bool // there is a sync phase

	opTime   float64           // ns that one access took at the rehearsal
	every    int64             // one access in every is timed; 0: none
	clock    float64           // ns that one reading of the clock takes
	recorder *latency.Recorder // the trial's; nil: no access is timed
	// syncTimes are those of the syncs that the newest job makes between records; nil: none.
	syncTimes *latency.Recorder
	ticker    *ticker // the trial's; nil: the trial has no duration

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
		if errno, ok := errors.AsType[unix.Errno](err); ok {
			w.trial.Error.Errno = unix.ErrnoName(errno)
		}
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

// A task is what a trial measures: a job of a workload, or a command.
type task interface {
	prepare(m *counters.Set) error // what comes before the cache state is brought about, untimed
	measure(m *counters.Set) error
	conclude(err error) error // what comes last, whatever came before; returns err with its own
	// touched is how many bytes of a cold file the device must at least deliver.
	touched() int64
}

// task finds what is measured, and the files whose cache state the trial claims: the
// dataset, which is ours, or those of a command.
func (w *worker) task() (t task, paths []string, ours bool) {
	switch {
	case w.spec.Command != "":
		return &commandTask{worker: w}, w.spec.Files, false
	case w.spec.Data != "":
		paths = []string{w.spec.Data}
	}
	return &jobTask{worker: w}, paths, true
}

// parts returns the names of the files in which the dataset lies; nil: it is one.
func (w *worker) parts(s Spec) []string {
	if s.Data == "" || !w.work.Info().Split {
		return nil
	}
	return dataset.Parts(s.Data, s.Size/s.Record)
}

// run is a trial: the task is made ready, the files are brought into the cache state,
// and the task is measured.
func (w *worker) run() (err error) {
	start := time.Now()
	t, paths, ours := w.task()
	m := w.openCounters()
	defer m.Close()
	defer func() { err = t.conclude(err) }()
	if err := t.prepare(m); err != nil {
		return err
	}
	w.settle()
	if parts := w.parts(w.spec); parts != nil {
		paths = parts
	}
	files, closeAll, err := openData(paths, ours)
	defer closeAll()
	if err != nil {
		return err
	}
	if w.spec.Cache != "" {
		w.lookAtExtents(files)
	}
	w.trial.Prepare = time.Since(start) - w.trial.Settle
	return w.measure(t, m, files)
}
