//go:build linux && !386 && !arm

package target

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"mmapbench/internal/dataset"
	"mmapbench/internal/host"
	"mmapbench/internal/memory"
	"mmapbench/internal/preflight"
	"mmapbench/results"
	"mmapbench/schedule"
	"mmapbench/workloads"
)

// Target is an opened target: our folder on it, locked against other runs.
type Target struct {
	results.Target
	Dir      *dataset.Dir
	Site     Site
	Checks   []results.TargetCheck
	Warnings []results.Warning // one for each vital question that could not be asked

	giveBack func() error // gives the folder back as it was found
	kept     bool         // there are datasets in it, for the next run
	contents contents
}

const (
	// CalibrationBytes is the length of the file by which the speed is tried.
	CalibrationBytes = 8 << 20
	// OpeningBytes is more than opening a target writes to it: that file, and
	// the small ones of the preflight.
	OpeningBytes = 9 << 20
)

// Open opens, and if need be creates, the folder mmapbench.d of a target,
// asks the vital part of the preflight, and tries the device's speed. It writes
// less than OpeningBytes.
func Open(t results.Target, c workloads.Catalogue) (*Target, error) {
	defer memory.Lean()()
	abs, err := filepath.Abs(t.Dir)
	if err != nil {
		return nil, err
	}
	t.Dir = abs
	dir, giveBack, err := dataset.Borrow(t.Dir)
	if err != nil {
		return nil, err
	}
	o := &Target{Target: t, Dir: dir, giveBack: giveBack, contents: newContents(c)}
	if err := o.survey(); err != nil {
		return nil, errors.Join(err, o.Close())
	}
	return o, nil
}

// OpenAll opens several targets, or none.
func OpenAll(list []results.Target, c workloads.Catalogue) (out []*Target, err error) {
	for _, t := range list {
		o, err := Open(t, c)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("target %s: %w", t.Name, err), CloseAll(out))
		}
		out = append(out, o)
	}
	return out, nil
}

// CloseAll closes targets.
func CloseAll(list []*Target) error {
	var errs []error
	for _, t := range list {
		errs = append(errs, t.Close())
	}
	return errors.Join(errs...)
}

// Sites is what a planner has to know of targets.
func Sites(list []*Target) (sites []Site) {
	for _, t := range list {
		sites = append(sites, t.Site)
	}
	return sites
}

// Facts are those of the machine and of the targets' devices, with names that may be
// shown.
func Facts(targets []results.Target) host.Facts {
	list := make([]host.Target, len(targets))
	for i, t := range targets {
		list[i] = host.Target{Name: t.Name, Dir: t.Dir}
	}
	facts := host.Read("/", list)
	results.Show(&facts) // a card's name, or a folder's, may hold anything
	return facts
}

// Close gives the folder back. It stays if datasets were made in it; one that was
// not there before goes, as if the target had never been opened.
func (o *Target) Close() error {
	if o.kept {
		return o.Dir.Close()
	}
	return o.giveBack()
}

func (o *Target) survey() (err error) {
	o.Site = Site{Target: o.Target, DataSeed: dataset.DefaultSeed}
	if o.Site.Free, err = enough(o.Target.Dir, o.Dir.Free); err != nil {
		return err
	}
	if err = limited(&o.Site); err != nil {
		return err
	}
	if err = o.examine(); err != nil {
		return err
	}
	o.Site.Has = func(d schedule.Data) bool {
		return o.Dir.Lookup(d.Size, o.contents.of(d, dataset.DefaultSeed))
	}
	if err := o.calibrate(); err != nil {
		return err
	}
	return o.note(time.Now())
}

// UntrustedError says why no figure of a target could be trusted.
type UntrustedError struct{ preflight.Finding }

func (e *UntrustedError) Error() string {
	return fmt.Sprintf("it cannot be trusted: %s %s, by the check %s: %s; %s", e.Question, e.Answer, e.Name,
		e.Evidence, e.Consequence)
}

// examine asks what everything rests on.
func (o *Target) examine() error {
	for _, f := range preflight.VitalPart(o.Dir, o.Target.Dir) {
		if err := o.take(f); err != nil {
			return err
		}
	}
	return nil
}

// take notes an answer and what it means for the run. A question that could not
// be asked is no reason to stop, as every trial proves its own bytes: it is a
// warning.
func (o *Target) take(f preflight.Finding) error {
	o.Checks = append(o.Checks, results.TargetCheck{Target: o.Name, Name: f.Name, Answer: string(f.Answer),
		Evidence: f.Evidence})
	switch {
	case f.Answer == preflight.Unknown && f.Weight == preflight.Vital:
		o.Warnings = append(o.Warnings, results.Warning{Code: results.WarnUnasked, About: o.Name,
			Detail: f.Name + ": " + f.Evidence})
	case f.Answer != preflight.No:
	case f.Weight == preflight.Vital:
		return &UntrustedError{f}
	case f.Name == preflight.SharedMapping:
		o.Site.NoShared = f.Evidence
	case f.Name == preflight.PrivateMapping:
		o.Site.NoPrivate = f.Evidence
	}
	return nil
}

// Making reports how far the making of a dataset is.
type Making func(target string, done, total int64)

// ErrStopped ends the making of a dataset.
var ErrStopped = errors.New("stopped by the user")

// Provide makes the datasets that a plan needs, unless they are there, and the files
// on which its trials rehearse.
func (o *Target) Provide(p *results.Plan, progress Making, stop <-chan struct{}) (Files, error) {
	f := Files{Data: map[schedule.Data]string{}, Watch: map[schedule.Data]*dataset.Watch{}}
	f.RehearsalSize = schedule.RehearsalSize(p)
	o.kept = true
	for _, d := range schedule.Files(p, o.contents.catalogue, o.Name) {
		if err := o.Make(d, p.DataSeed, f, progress, stop); err != nil {
			return f, err
		}
	}
	f.Rehearsal = f.Data[schedule.Data{Size: f.RehearsalSize}]
	return f, nil
}

// Make makes one dataset, unless it is there, and watches it from then on.
func (o *Target) Make(d schedule.Data, seed uint64, f Files, progress Making, stop <-chan struct{}) error {
	name, _, err := o.Dir.Ensure(d.Size, o.contents.of(d, seed), func(done, total int64) error {
		if progress != nil {
			progress(o.Name, done, total)
		}
		select {
		case <-stop:
			return ErrStopped
		default:
			return nil
		}
	})
	if err != nil {
		return err
	}
	f.Data[d] = name
	f.Watch[d], err = o.Dir.Watch(d.Size, o.contents.of(d, seed))
	return err
}

// Files are the names of what lies in a target's folder.
type Files struct {
	Data          map[schedule.Data]string
	Rehearsal     string // the file of the common content on which trials rehearse
	RehearsalSize int64
	Watch         map[schedule.Data]*dataset.Watch
}
