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
	known  map[Spec]uint64         // sums of this round's work
	seed   uint64                  // of this round
}

// verify fills in t.Check. A file that the trial wrote is read back and
// compared byte for byte.
func (v *verifier) verify(s Spec, t *results.Trial) {
	if t.Error != nil {
		return
	}
	start := time.Now()
	defer func() { t.Verify = time.Since(start) }()
	if t.Check == nil {
		t.Error = &results.TrialError{Kind: results.ErrorWorker, Text: "the worker returned no sum to check"}
		return
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
func (v *verifier) want(s Spec) (uint64, error) {
	if v.seed != s.Seed || v.known == nil {
		v.seed, v.known = s.Seed, map[Spec]uint64{}
	}
	key := Spec{Workload: s.Workload, Size: s.Size, Record: s.Record, Ops: s.Ops, Consumer: s.Consumer}
	if sum, ok := v.known[key]; ok {
		return sum, nil
	}
	work, err := v.runner.Catalogue.Workload(s.Workload)
	if err != nil {
		return 0, err
	}
	if work.Info().Kind != workloads.Reads {
		return 0, nil // its product is compared instead
	}
	if v.sums[s.Size] == nil {
		v.sums[s.Size] = dataset.NewSums(s.DataSeed, s.Size)
	}
	bs, err := s.backendSpec(nil, make([]byte, s.Record))
	if err != nil {
		return 0, err
	}
	job, err := work.New(workloads.Task{Backend: oracle{v.sums[s.Size], s.DataSeed}, Spec: bs, Ops: s.Ops, Seed: s.Seed})
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
		return dataset.Verify(s.Out, s.DataSeed, s.Size, 0)
	}
	return dataset.Verify(s.Out, sourceSeed(s.DataSeed), s.Size, sourceBytes(s.Size, s.Record))
}
