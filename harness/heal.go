package harness

import (
	"errors"
	"fmt"

	"mmapbench/internal/dataset"
	"mmapbench/internal/units"
	"mmapbench/results"
	"mmapbench/schedule"
)

// maxRemakes is how often a target's datasets are made again in one run: whoever
// removes them more often will not stop.
const maxRemakes = 3

// anotherDataset is the cure of a dataset that holds other bytes. No run makes it
// again by itself: the file is the evidence, of somebody's hand or of a bad device.
const anotherDataset = `keep the file if the device may be at fault; "mmapbench clean" removes it, ` +
	`and the next run makes another`

// heal looks, before a trial, whether the files that it will read are still as
// they were made. One that somebody removed or cut off is made again, which
// destroys nothing; the trial is marked. Anything else ends the run.
func (s *state) heal(a results.Arm) (remade bool, err error) {
	f := s.files[a.Target]
	for _, d := range s.reads(a) {
		w := f.Watch[d]
		if w == nil {
			continue
		}
		changed, err := w.Look()
		if changed {
			s.cached[w.Path()] = "" // the file was read or written just now
		}
		lost, ok := errors.AsType[*dataset.LostError](err)
		if !ok {
			if errors.As(err, new(*dataset.MismatchError)) {
				err = fmt.Errorf("%w: somebody changed a dataset during the run: %w; %s", ErrWrongBytes, err,
					anotherDataset)
			}
			if err != nil {
				return remade, err
			}
			continue
		}
		if err := s.remake(a.Target, d, lost); err != nil {
			return remade, err
		}
		remade = true
	}
	return remade, nil
}

// reads lists the datasets that a trial reads: at its rehearsal, and then.
func (s *state) reads(a results.Arm) []schedule.Data {
	d, ok := schedule.DataOf(s.Catalogue, a)
	tiny := schedule.Data{Size: s.files[a.Target].RehearsalSize, Of: d.Of, Part: d.Part}
	if !ok {
		return []schedule.Data{tiny}
	}
	return []schedule.Data{tiny, d}
}

// remake makes a lost dataset again, and says so first.
func (s *state) remake(target string, d schedule.Data, lost *dataset.LostError) error {
	s.remakes[target]++
	if s.remakes[target] > maxRemakes {
		return fmt.Errorf("the dataset %w, and it has been made again %d times: see who does that, and run again",
			lost, maxRemakes)
	}
	s.tell(Notice(fmt.Sprintf("The dataset %v: it is made again, which writes %s.", lost, units.FormatSize(d.Size))))
	for _, t := range s.Targets {
		if t.Name == target {
			s.debt[target] = t.Dir
			return t.Make(d, s.Plan.DataSeed, s.files[target], s.making, s.stop)
		}
	}
	return fmt.Errorf("target %q is not open", target)
}

// blame finds out, after a trial that saw wrong bytes, whether it is the dataset
// that is wrong, and where. It reads all of it.
func (s *state) blame(a results.Arm, t *results.Trial) {
	d, ok := schedule.DataOf(s.Catalogue, a)
	w := s.files[a.Target].Watch[d]
	if t.Error == nil || t.Error.Kind != results.ErrorBytes || !ok || w == nil {
		return
	}
	if _, err := w.Look(); err != nil && !errors.As(err, new(*dataset.MismatchError)) {
		t.Error = &results.TrialError{Kind: results.ErrorIO,
			Text: fmt.Sprintf("the dataset was lost during the trial: %v", err)}
		return
	}
	if err := w.Verify(); err != nil {
		t.Error.Text += fmt.Sprintf("; the dataset itself: %v; %s", err, anotherDataset)
	} else {
		t.Error.Text += "; the dataset itself is right when it is read again"
	}
}
