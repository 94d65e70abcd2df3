package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"mmapbench/internal/units"
)

// A Writer appends to a run file. Every line reaches the kernel in one write(2)
// before the next trial begins, so a killed process loses nothing and tears at
// most the line it was writing.
type Writer struct {
	f      *os.File
	trials int
	err    error // an earlier write failed: the file must not go on after a gap
}

// Create makes a new run file with the header as its first line. An existing
// file is never overwritten.
func Create(path string, h Header) (*Writer, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("create run file: %w", err)
	}
	h.Type, h.Format, h.Schema = LineHeader, Format, SchemaVersion
	w := &Writer{f: f}
	if err := w.line(h); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(path))
	}
	return w, nil
}

// FileTime is how the name of a run file begins: with the time in UTC.
const FileTime = "20060102T150405Z"

// CreateIn makes a new run file in a folder, which it makes if need be. The file's name
// is of the time and the experiment; of two runs in one second, the second has a number.
func CreateIn(dir string, h Header) (*Writer, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the folder for the results: %w", err)
	}
	base := filepath.Join(dir, h.Started.UTC().Format(FileTime)+"-"+h.Plan.Name)
	for i := 1; ; i++ {
		path := base + FileEnding
		if i > 1 {
			path = fmt.Sprintf("%s-%d%s", base, i, FileEnding)
		}
		if w, err := Create(path, h); !errors.Is(err, os.ErrExist) {
			return w, err
		}
	}
}

// Append writes one trial.
func (w *Writer) Append(t Trial) error {
	t.Type = LineTrial
	if err := w.line(t); err != nil {
		return err
	}
	w.trials++
	return nil
}

// Drop writes down that arms are left out after so many rounds.
func (w *Writer) Drop(rounds int, arms []int) error {
	return w.line(Dropped{LineDropped, rounds, arms})
}

// Flush makes what was written so far survive a power cut. It is called
// between rounds, when no trial can be disturbed by the device's work.
func (w *Writer) Flush() error {
	if err := w.f.Sync(); err != nil {
		return fmt.Errorf("flush run file: %w", err)
	}
	return nil
}

// Close writes the end line, flushes and closes the file.
func (w *Writer) Close(e End) error {
	e.Type, e.Trials = LineEnd, w.trials
	return errors.Join(w.line(e), w.Flush(), w.f.Close())
}

// Path returns the name of the file.
func (w *Writer) Path() string { return w.f.Name() }

func (w *Writer) line(v any) error {
	if w.err != nil {
		return w.err
	}
	b, err := json.Marshal(v)
	switch {
	case err == nil && len(b) >= MaxLine:
		err = fmt.Errorf("a line of %s would not be read again", units.FormatSize(int64(len(b))))
	case err == nil:
		_, err = w.f.Write(append(b, '\n'))
	}
	if err != nil {
		w.err = fmt.Errorf("write run file %s (what is in it stays readable): %w", w.f.Name(), err)
	}
	return w.err
}
