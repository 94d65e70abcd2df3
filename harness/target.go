package harness

import (
	"errors"
	"fmt"
	"time"

	"mmapbench/internal/dataset"
	"mmapbench/internal/preflight"
	"mmapbench/results"
	"mmapbench/schedule"
	"mmapbench/target"
	"mmapbench/workloads"
)

// Target is an opened target: our folder on it, locked against other runs.
type Target struct {
	results.Target
	Dir      *dataset.Dir
	Site     target.Site
	Checks   []results.TargetCheck
	Warnings []results.Warning // of vital questions that could not be asked

	giveBack func() error // of the folder, as it was found
	kept     bool         // there are datasets in it, for the next run
	contents
}

const (
	// CalibrationBytes is the length of the file by which the speed is tried.
	CalibrationBytes = 8 << 20
	// OpeningBytes is more than opening a target writes to it: that file, and
	// the small ones of the preflight.
	OpeningBytes = 9 << 20
)

// OpenTarget opens, and if need be creates, the folder mmapbench.d of a target,
// asks the vital part of the preflight, and tries the device's speed. It writes
// less than OpeningBytes.
func OpenTarget(t results.Target) (*Target, error) {
	defer lean()()
	dir, giveBack, err := dataset.Borrow(t.Dir)
	if err != nil {
		return nil, err
	}
	o := &Target{Target: t, Dir: dir, giveBack: giveBack}
	if err := o.survey(); err != nil {
		return nil, errors.Join(err, o.Close())
	}
	return o, nil
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
	o.Site = target.Site{Target: o.Target}
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
		return o.Dir.LookupContent(d.Size, o.content(d.Of, dataset.DefaultSeed))
	}
	if err := o.calibrate(); err != nil {
		return err
	}
	return o.note(time.Now())
}

// UntrustedError says why no figure of a target could be trusted.
type UntrustedError struct{ preflight.Finding }

func (e *UntrustedError) Error() string {
	return fmt.Sprintf("it cannot be trusted: %s %s, by the check %s: %s; %s", e.Question, e.Answer, e.Name, e.Evidence, e.Consequence)
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
	o.Checks = append(o.Checks, results.TargetCheck{Target: o.Name, Name: f.Name, Answer: string(f.Answer), Evidence: f.Evidence})
	switch {
	case f.Answer == preflight.Unknown && f.Weight == preflight.Vital:
		o.Warnings = append(o.Warnings, results.Warning{Code: results.WarnUnasked, About: o.Name, Detail: f.Name + ": " + f.Evidence})
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

// errStopped ends the making of a dataset.
var errStopped = errors.New("stopped by the user")

// provide makes the datasets that a plan needs, unless they are there, and
// returns their names, with those of the rehearsals' files.
func (o *Target) provide(p *results.Plan, c workloads.Catalogue, progress Making, stop <-chan struct{}) (files, error) {
	out := files{data: map[schedule.Data]string{}, watch: map[schedule.Data]*dataset.Watch{}}
	out.rehearsalSize = schedule.RehearsalSize(p)
	o.kept = true
	o.Knows(c)
	for _, d := range schedule.Files(p, c, o.Name) {
		if err := o.remake(d, p.DataSeed, out, progress, stop); err != nil {
			return out, err
		}
	}
	out.rehearsal = out.data[schedule.Data{Size: out.rehearsalSize}]
	return out, nil
}

// remake makes one dataset, unless it is there, and watches it from then on.
func (o *Target) remake(d schedule.Data, seed uint64, f files, progress Making, stop <-chan struct{}) error {
	name, _, err := o.Dir.EnsureContent(d.Size, o.content(d.Of, seed), func(done, total int64) error {
		if progress != nil {
			progress(o.Name, done, total)
		}
		select {
		case <-stop:
			return errStopped
		default:
			return nil
		}
	})
	if err != nil {
		return err
	}
	f.data[d] = name
	f.watch[d], err = o.Dir.WatchContent(d.Size, o.content(d.Of, seed))
	return err
}

// files are the names of what lies in a target's folder.
type files struct {
	data          map[schedule.Data]string
	rehearsal     string // of the common content
	rehearsalSize int64
	watch         map[schedule.Data]*dataset.Watch
}
