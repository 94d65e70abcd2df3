package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// Paused is a run file that was opened to go on with it. Nothing in it is changed
// before Resume.
type Paused struct {
	Run *Run // what Read returns
	// Plan is that of the run exactly as it stands in the file: its directories and
	// command lines may hold anything, and are not fit to be shown.
	Plan Plan
	f    *os.File
	good int64
}

// OpenPaused opens a run file for Resume.
func OpenPaused(path string) (*Paused, error) {
	s, err := Open(path)
	if err != nil {
		return nil, err
	}
	f := s.f
	run, err := s.all()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	var exact Header
	if err := json.Unmarshal(s.first, &exact); err != nil { // it was read a moment ago
		return nil, errors.Join(fmt.Errorf("read run file %s:1: %w", path, err), f.Close())
	}
	if err := exact.Plan.CheckNames(); err != nil {
		return nil, errors.Join(fmt.Errorf("read run file %s:1: %w", path, err), f.Close())
	}
	return &Paused{Run: run, Plan: exact.Plan, f: f, good: s.good}, nil
}

// Finished reports whether nothing is left to do.
func (p *Paused) Finished() bool {
	return p.Run.End != nil && (p.Run.End.Status == EndDecided || p.Left() == 0)
}

// Left is the number of trials that the plan has and the file has not, but for those of
// arms that were dropped.
func (p *Paused) Left() int {
	planned := 0
	for _, rounds := range p.Run.Planned() {
		planned += rounds
	}
	return planned - len(p.Run.Trials)
}

// Stat describes the file that was read, whatever has its name by now.
func (p *Paused) Stat() (os.FileInfo, error) { return p.f.Stat() }

// Close closes the file.
func (p *Paused) Close() error { return p.f.Close() }

// Resume cuts off a torn last line and appends the resume line. It closes p.
func (p *Paused) Resume(r Resume) (*Writer, error) {
	defer p.f.Close()
	path := p.f.Name()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("resume run file: %w", err)
	}
	w := &Writer{f: f, trials: len(p.Run.Trials)}
	if err := p.same(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := f.Truncate(p.good); err != nil {
		return nil, errors.Join(fmt.Errorf("cut the torn last line off %s: %w", path, err), f.Close())
	}
	if _, err := f.Seek(p.good, io.SeekStart); err != nil {
		return nil, errors.Join(fmt.Errorf("resume run file: %w", err), f.Close())
	}
	r.Type = LineResume
	if err := w.line(r); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return w, nil
}

// same refuses to write to another file than was read, or to one that somebody else
// goes on with.
func (p *Paused) same(f *os.File) error {
	read, err := p.f.Stat()
	if err != nil {
		return fmt.Errorf("resume run file: %w", err)
	}
	now, err := f.Stat()
	if err != nil {
		return fmt.Errorf("resume run file: %w", err)
	}
	at, err := p.f.Seek(0, io.SeekCurrent) // where reading ended
	if err != nil {
		return fmt.Errorf("resume run file: %w", err)
	}
	if !os.SameFile(read, now) || now.Size() != at {
		return fmt.Errorf("resume run file %s: it was changed while it was read; is another run going on with it?",
			f.Name())
	}
	return nil
}
