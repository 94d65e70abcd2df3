package harness

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"mmapbench/experiment"
	"mmapbench/internal/dataset"
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
func Work(in io.Reader, out io.Writer, c experiment.Catalogue) error {
	var s Spec
	dec := json.NewDecoder(in)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil {
		return fmt.Errorf("read the trial's specification from standard input: %w", err)
	}
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

type worker struct {
	spec      Spec
	catalogue experiment.Catalogue
	trial     results.Trial
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
	err := w.run()
	switch {
	case errors.Is(err, ErrWrongBytes):
		w.trial.Error = &results.TrialError{Kind: results.ErrorBytes, Text: err.Error()}
	case err != nil:
		w.trial.Error = &results.TrialError{Kind: results.ErrorIO, Text: err.Error()}
	}
}

// files names what a trial has mapped.
func (s Spec) files() string {
	if s.Data != "" && s.Out != "" {
		return s.Data + " or " + s.Out
	}
	return s.Data + s.Out
}

// panicError describes a panic. The runtime's own text for a fault speaks of a
// nil pointer; what tells is the address.
func panicError(p any, path string) *results.TrialError {
	if fault, ok := p.(interface{ Addr() uintptr }); ok {
		return &results.TrialError{Kind: results.ErrorSIGBUS, Text: fmt.Sprintf(
			"memory fault at address %#x of the mapping of %s: the file was truncated, its disk is full, or the device failed to deliver the page", fault.Addr(), path)}
	}
	return &results.TrialError{Kind: results.ErrorPanic, Text: fmt.Sprintf("panic: %v\n%s", p, debug.Stack())}
}

func (w *worker) run() error {
	start := time.Now()
	job, err := w.job(w.spec)
	if err != nil {
		return err
	}
	if err := w.rehearse(); err != nil {
		return fmt.Errorf("rehearse: %w", err)
	}
	var data *os.File
	if w.spec.Data != "" {
		if data, err = os.OpenFile(w.spec.Data, os.O_RDONLY|unix.O_NOFOLLOW, 0); err != nil {
			return fmt.Errorf("open the dataset: %w", err)
		}
		defer data.Close()
		if err := w.prepareCache(data); err != nil {
			return err
		}
	}
	w.trial.Prepare = time.Since(start)
	if err := w.laps(job); err != nil {
		return err
	}
	if data != nil {
		after, err := pagecache.Resident(data, w.spec.Size)
		if err != nil {
			return fmt.Errorf("residency after the trial: %w", err)
		}
		w.trial.Cache.After = after.Resident
	}
	return nil
}

// job prepares the workload's job with everything it will need: memory that is
// mapped and touched, so that no lap pays for it.
func (w *worker) job(s Spec) (workloads.Job, error) {
	work, err := w.catalogue.Workload(s.Workload)
	if err != nil {
		return nil, err
	}
	b, options, err := w.catalogue.Backend(s.Backend)
	if err != nil {
		return nil, err
	}
	buf, err := memory(s.Record)
	if err != nil {
		return nil, err
	}
	t := workloads.Task{Backend: b, Data: s.Data, Out: s.Out, Ops: s.Ops, Seed: s.Seed}
	if t.Spec, err = s.backendSpec(options, buf); err != nil {
		return nil, err
	}
	if work.Info().Kind == workloads.Appends {
		if t.Source, err = memory(sourceBytes(s.Size, s.Record)); err != nil {
			return nil, err
		}
		dataset.Fill(t.Source, sourceSeed(s.DataSeed), 0)
	}
	return work.New(t)
}

// memory returns n bytes at a page boundary, with every page present. It lives
// as long as the process.
func memory(n int64) ([]byte, error) {
	p, err := unix.Mmap(-1, 0, int(n), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_POPULATE)
	if err != nil {
		return nil, fmt.Errorf("get %d bytes of memory for a buffer: %w", n, err)
	}
	for i := 0; i < len(p); i += os.Getpagesize() {
		p[i] = 1 // MAP_POPULATE fails silently
	}
	return p, nil
}

// rehearse walks the whole code path once on a tiny file, so that the first
// timed lap does not pay for cold program text (after drop_caches even the
// binary is gone from memory), lazily bound symbols or the kernel's first use
// of its own code.
func (w *worker) rehearse() error {
	s := w.spec
	s.Size = s.Rehearse
	s.Ops = min(s.Ops, s.Size/s.Record)
	if s.Data != "" {
		s.Data = s.Rehearsal
	}
	job, err := w.job(s)
	if err != nil {
		return err
	}
	var lap lap
	if err := lap.run(job, w.syncs()); err != nil {
		return err
	}
	return removeOut(s.Out)
}

// prepareCache brings the dataset into the cache state that the trial claims.
func (w *worker) prepareCache(f *os.File) error {
	state := &results.CacheState{Want: w.spec.Cache}
	w.trial.Cache = state
	var r pagecache.Residency
	var err error
	switch w.spec.Cache {
	case results.Cold:
		state.How = "fdatasync, posix_fadvise(POSIX_FADV_DONTNEED)"
		if w.spec.DropCaches {
			state.How += ", drop_caches"
			if err := pagecache.DropCaches(); err != nil {
				return err
			}
		}
		r, err = pagecache.Cold(f, w.spec.Size)
		state.Reached = pagecache.IsCold(r)
	case results.Warm:
		r, err = w.fill(f, state)
		state.Reached = pagecache.IsWarm(r)
	default:
		return fmt.Errorf("unknown cache state %q", w.spec.Cache)
	}
	if err != nil {
		return fmt.Errorf("bring the dataset into the state %s: %w", w.spec.Cache, err)
	}
	state.Pages, state.Before = r.Pages, r.Resident
	if !state.Reached {
		state.Reason = fmt.Sprintf("%d of %d pages resident", r.Resident, r.Pages)
		w.trial.Excluded = "not " + state.Want + " before the trial: " + state.Reason
	}
	return nil
}

// fill brings the whole dataset into the page cache by reading it from start to
// end. How a file came into the cache decides how fast it can be mapped: the
// read-ahead of a sequential read makes large folios, of which one fault maps
// many pages; random faults bring in single pages. A scan of a mapping differed
// by a factor of five between the two (Linux 6.18, ext4, 256 MiB: 533 or 4,094
// faults, 10 or 45 ms). So after trials of another cache state the file is
// evicted first, and all warm trials find the same folios.
func (w *worker) fill(f *os.File, state *results.CacheState) (pagecache.Residency, error) {
	state.How = "read(2) from start to end"
	if w.spec.Refill {
		state.How = "evicted, then " + state.How
		if _, err := pagecache.Cold(f, w.spec.Size); err != nil {
			return pagecache.Residency{}, err
		}
	}
	buf, err := memory(1 << 20)
	if err != nil {
		return pagecache.Residency{}, err
	}
	return pagecache.Warm(f, w.spec.Size, buf)
}

// syncs reports whether the trial has a sync phase.
func (w *worker) syncs() bool {
	if w.spec.Durability == "" {
		return false
	}
	b, options, err := w.catalogue.Backend(w.spec.Backend)
	return w.spec.Durability == string(backend.Data) || err == nil && b.Info().Syncs(options)
}

// laps runs the job's life cycle until it has lasted long enough to be timed.
func (w *worker) laps(job workloads.Job) error {
	var l lap
	var sum uint64
	for {
		if err := l.run(job, w.syncs()); err != nil {
			return err
		}
		w.trial.Laps++
		if w.trial.Laps > 1 && job.Sum() != sum {
			return fmt.Errorf("%w: lap %d saw others than the lap before it", ErrWrongBytes, w.trial.Laps)
		}
		sum = job.Sum()
		if w.spec.Cache != results.Warm || w.spec.Out != "" || l.wall() >= w.spec.MinTrial {
			break // a second lap would not be cold, or would write once more
		}
	}
	w.trial.Setup, w.trial.Body, w.trial.Teardown = l.phase(0), l.phase(1), l.phase(3)
	if w.syncs() {
		w.trial.Sync = l.phase(2)
	}
	w.trial.Check = &results.Check{Got: strconv.FormatUint(sum, 16)}
	return nil
}

func removeOut(path string) error {
	if path == "" {
		return nil
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove the trial's output: %w", err)
	}
	return nil
}
