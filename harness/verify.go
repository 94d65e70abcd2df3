package harness

import (
	"fmt"
	"strconv"
	"time"

	"mmapbench/internal/dataset"
	"mmapbench/results"
	"mmapbench/workloads"
)

// verifier decides whether a trial moved the right bytes. It works in the
// parent, which shares neither memory nor file descriptors with the worker.
type verifier struct {
	runner *Runner
	sums   map[int64]*dataset.Sums // by size of the dataset
	known  map[work]uint64         // sums of this round's
	seed   uint64                  // of this round
}

// work is all that a reading trial's sum depends on, but for the seed.
type work struct {
	workload, consumer string
	size, record, ops  int64
}

// verify fills in t.Check. A file that the trial wrote is read back and
// compared byte for byte.
func (v *verifier) verify(s Spec, t *results.Trial) {
	if t.Error != nil || s.Command != "" {
		return // a command's own exit status is the check
	}
	start := time.Now()
	defer func() { t.Verify = time.Since(start) }()
	if t.Check == nil {
		t.Error = &results.TrialError{Kind: results.ErrorWorker, Text: "the worker returned no sum to check"}
		return
	}
	if s.Duration > 0 {
		s.Ops = t.Ops
	}
	want, err := v.want(s)
	if err != nil {
		t.Error = &results.TrialError{Kind: results.ErrorWorker, Text: fmt.Sprintf("compute the sum to be expected: %v", err)}
		return
	}
	t.Check.Want = strconv.FormatUint(want, 16)
	t.Check.OK = t.Check.Got == t.Check.Want
	if err := v.product(s); err != nil {
		t.Check.OK, t.Check.Got, t.Check.Want = false, err.Error(), "the file as defined"
	}
	if !t.Check.OK {
		t.Error = &results.TrialError{Kind: results.ErrorBytes,
			Text: fmt.Sprintf("%s by %s moved wrong bytes: got %s, want %s", s.Workload, s.Backend, t.Check.Got, t.Check.Want)}
	}
}

// want runs the workload over the oracle: once for all backends of a round,
// since they do the same accesses.
//
// Where a trial lasted for a duration it may have gone through its file ten
// thousand times. A workload whose every pass visits each record once sees the
// same in each whole pass, so one is enough, and the rest after the last.
func (v *verifier) want(s Spec) (uint64, error) {
	if v.seed != s.Seed || v.known == nil {
		v.seed, v.known = s.Seed, map[work]uint64{}
	}
	w, err := v.runner.Catalogue.Workload(s.Workload)
	if err != nil {
		return 0, err
	}
	if w.Info().Kind != workloads.Reads {
		return 0, nil // its product is compared instead
	}
	records := s.Size / s.Record
	if passes := s.Ops / records; w.Info().Repeats && passes > 1 {
		pass, rest := s, s
		pass.Ops = records
		one, err := v.replay(w, pass, 0)
		if err != nil {
			return 0, err
		}
		last, err := v.replay(w, rest, passes*records)
		return uint64(passes)*one + last, err
	}
	return v.replay(w, s, 0)
}

// replay returns the sum of the trial's accesses without the first skip.
func (v *verifier) replay(w workloads.Workload, s Spec, skip int64) (uint64, error) {
	key := work{s.Workload, s.Consumer, s.Size, s.Record, s.Ops}
	if sum, ok := v.known[key]; ok {
		return sum, nil
	}
	if v.sums[s.Size] == nil {
		v.sums[s.Size] = dataset.NewSums(s.DataSeed, s.Size)
	}
	bs, err := s.backendSpec(nil, make([]byte, s.Record))
	if err != nil {
		return 0, err
	}
	job, err := w.New(workloads.Task{Backend: oracle{v.sums[s.Size], s.DataSeed, skip}, Spec: bs, Ops: s.Ops, Seed: s.Seed})
	if err != nil {
		return 0, err
	}
	for _, step := range []func() error{job.Prepare, job.Setup, job.Body, job.Teardown} {
		if err := step(); err != nil {
			return 0, err
		}
	}
	v.known[key] = job.Sum()
	return job.Sum(), nil
}

// product compares the file that the trial left behind.
func (v *verifier) product(s Spec) error {
	if s.Out == "" {
		return nil
	}
	if s.Data != "" {
		return s.handles[0].Verify(s.Out, s.DataSeed, s.Size, 0)
	}
	return s.handles[0].Verify(s.Out, sourceSeed(s.DataSeed), s.Size, sourceBytes(s.Size, s.Record))
}
