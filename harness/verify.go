package harness

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"mmapbench/internal/dataset"
	"mmapbench/results"
	"mmapbench/schedule"
	"mmapbench/target"
	"mmapbench/workloads"
)

// verifier decides whether a trial moved the right bytes. It works in the
// parent, which shares neither memory nor file descriptors with the worker.
type verifier struct {
	runner *Runner
	sums   map[schedule.Data]*dataset.Sums
	known  map[work]seen
}

// work is all that a reading trial's sum depends on.
type work struct {
	seed               uint64 // 0: that of a replay makes no difference
	workload, consumer string
	size, record, ops  int64
	skip               int64
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
	if err == nil {
		err = v.counts(s, t, want)
	}
	if err != nil {
		t.Error = asTrialError(err, results.ErrorWorker, "compute the sum to be expected: ")
		return
	}
	t.Check.Want = strconv.FormatUint(want.sum, 16)
	t.Check.OK = t.Check.Got == t.Check.Want
	if err := v.product(s); err != nil {
		t.Check.OK, t.Check.Got, t.Check.Want = false, err.Error(), "the file as defined"
	}
	if !t.Check.OK {
		t.Error = v.blame(s, &results.TrialError{Kind: results.ErrorBytes,
			Text: fmt.Sprintf("%s by %s moved wrong bytes: got %s, want %s", s.Workload, s.Backend, t.Check.Got,
				t.Check.Want)})
	}
}

// counts reports a trial whose accesses are not those that its figures are of,
// and writes down how many they were where one operation is several.
func (v *verifier) counts(s Spec, t *results.Trial, want seen) error {
	w, err := v.runner.Catalogue.Workload(s.Workload)
	if err != nil {
		return err
	}
	i, laps, each := w.Info(), int64(max(t.Laps, 1)), s.Ops
	if i.Kind == workloads.Reads {
		if err := keepsCount(i, s, want); err != nil {
			return err
		}
		if each = want.accesses; i.Views != nil {
			t.Accesses, t.Bytes = laps*want.accesses, laps*want.bytes
		}
	}
	if l := t.SyncLatency; l != nil && l.Count != s.Arm.Syncs() {
		return broken(i, "was synced %d times between records, and should have been %d times", l.Count, s.Arm.Syncs())
	}
	// One in every block of Every is timed. The laps that are timed may begin and
	// end within a block, and a first gap may be left from the lap before them.
	if l := t.Latency; l != nil {
		all, slack := each*laps, 3*(l.Every-1)
		if l.Count < (all-slack)/l.Every || l.Count > (all+slack)/l.Every {
			return broken(i, "made other accesses than over the definition: of %d one in %d was to be timed, and "+
				"%d were",
				all, l.Every, l.Count)
		}
	}
	return nil
}

// blame finds out whether it was the workload itself that saw other bytes than
// the definition's: one that cannot be repeated does so without any file.
func (v *verifier) blame(s Spec, e *results.TrialError) *results.TrialError {
	w, err := v.runner.Catalogue.Workload(s.Workload)
	if err != nil || w.Info().Kind != workloads.Reads {
		return e
	}
	v.known = nil
	first, err := v.want(s)
	if err != nil {
		return e
	}
	v.known = nil
	if again, err := v.want(s); err == nil && again != first {
		return broken(w.Info(), unrepeatable, first, again)
	}
	return e
}

// want runs the workload over the oracle: once for all backends of a round,
// since they do the same accesses.
//
// Where a trial lasted for a duration it may have gone through its file ten
// thousand times. A workload whose every pass visits each record once sees the
// same in each whole pass, so one is enough, and the rest after the last.
func (v *verifier) want(s Spec) (seen, error) {
	if v.known == nil {
		v.known = map[work]seen{}
	}
	w, err := v.runner.Catalogue.Workload(s.Workload)
	if err != nil {
		return seen{}, err
	}
	i := w.Info()
	if i.Kind != workloads.Reads {
		return seen{}, nil // its product is compared instead
	}
	records := s.Size / s.Record
	if passes := s.Ops / records; i.Repeats && i.Views == nil && passes > 1 {
		pass := s
		pass.Ops = records
		t := &tally{}
		one, err := v.replay(w, pass, 0, t)
		if err != nil || t.views {
			return v.orWhole(w, s, err)
		}
		last, err := v.replay(w, s, passes*records, &tally{})
		last.sum += uint64(passes) * one.sum
		return last, err
	}
	return v.orWhole(w, s, nil)
}

// orWhole goes through all accesses, unless there is an error.
func (v *verifier) orWhole(w workloads.Workload, s Spec, err error) (seen, error) {
	if err != nil {
		return seen{}, err
	}
	return v.replay(w, s, 0, &tally{})
}

// replay returns what the trial's accesses see without the first skip.
func (v *verifier) replay(w workloads.Workload, s Spec, skip int64, t *tally) (seen, error) {
	key := work{s.Seed, s.Workload, s.Consumer, s.Size, s.Record, s.Ops, skip}
	i := w.Info()
	if i.Recorded {
		key.seed = 0
	}
	if got, ok := v.known[key]; ok {
		t.views = got.views
		return got, nil
	}
	t.limit = 4*s.Ops + 4096
	if i.Views != nil {
		t.limit = 0
		if s.Duration > 0 { // what ended the trial was an access, and no operation
			t.end, s.Ops = s.Ops, math.MaxInt64
		}
	}
	d := schedule.Data{Size: s.Size}
	if i.Dataset != nil {
		d.Of = s.Workload
	}
	if v.sums[d] == nil {
		v.sums[d] = v.content(s).Sums(s.Size)
	}
	var got seen
	err := quietly(func() (err error) {
		got, err = overDefinition(w, s, oracle{v.content(s), v.sums[d], skip, t}, nil)
		return err
	})
	if t.end > 0 && errors.Is(err, errEnd) {
		err = nil
	}
	if err != nil {
		return got, err
	}
	v.known[key] = got
	return got, nil
}

// content is that of the trial's dataset.
func (v *verifier) content(s Spec) dataset.Content {
	return target.Content(v.runner.Catalogue, s.Workload, s.DataSeed)
}

// product compares the file that the trial left behind.
func (v *verifier) product(s Spec) error {
	if s.Out == "" {
		return nil
	}
	if s.Data != "" {
		return s.handles[0].Verify(s.Out, v.content(s), s.Size, 0)
	}
	return s.handles[0].Verify(s.Out, dataset.Seeded(sourceSeed(s.DataSeed)), s.Size, sourceBytes(s.Size, s.Record))
}
