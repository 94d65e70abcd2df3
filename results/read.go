package results

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// Errors that a reader of run files may tell apart.
var (
	ErrNotRunFile = errors.New("not a run file of mmapbench")
	ErrSchema     = errors.New("run file of another schema version")
	ErrCut        = errors.New("run file is cut off before its header ends")
)

// Read reads a run file. A last line torn by a crash is left out and noted in
// Run.Torn; anything else that does not fit is an error with its line number.
func Read(path string) (*Run, error) {
	run, _, err := read(path)
	return run, err
}

// read also returns the length of the good part of the file.
func read(path string) (*Run, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, fmt.Errorf("read run file: %w", err)
	}
	defer f.Close()
	run, good, err := decode(f)
	if err != nil {
		return nil, 0, fmt.Errorf("read run file %s: %w", path, err)
	}
	return run, good, nil
}

// Decode reads a run file from a stream.
func Decode(r io.Reader) (*Run, error) {
	run, _, err := decode(r)
	return run, err
}

func decode(r io.Reader) (run *Run, good int64, err error) {
	run = &Run{}
	br := bufio.NewReaderSize(r, 1<<16)
	for n := 1; ; n++ {
		line, err := br.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return nil, 0, err
		}
		torn := err == io.EOF
		switch {
		case n == 1:
			if err := run.header(line, torn); err != nil {
				return nil, 0, err
			}
		case torn:
			// Every complete line ends in a newline: this one was cut, even
			// if by chance what is left of it is valid.
			run.Torn = len(line) > 0
			return run, good, nil
		default:
			if err := run.line(line); err != nil {
				return nil, 0, fmt.Errorf("line %d: %w", n, err)
			}
		}
		good += int64(len(line))
	}
}

func (r *Run) header(line []byte, torn bool) error {
	var kind struct {
		Type   string `json:"type"`
		Format string `json:"format"`
		Schema int    `json:"schema"`
	}
	err := json.Unmarshal(line, &kind)
	switch {
	case len(line) == 0:
		return fmt.Errorf("%w: it is empty", ErrNotRunFile)
	case torn && bytes.HasPrefix(line, []byte(`{"type":"`+LineHeader+`","format":"`+Format+`"`)):
		return ErrCut
	case err != nil, kind.Type != LineHeader, kind.Format != Format:
		return fmt.Errorf("%w: its first line is not a header", ErrNotRunFile)
	case kind.Schema != SchemaVersion:
		return fmt.Errorf("%w: it has version %d, this program reads version %d; read it with the program that wrote it",
			ErrSchema, kind.Schema, SchemaVersion)
	}
	if err := json.Unmarshal(line, &r.Header); err != nil {
		return fmt.Errorf("line 1: header: %w", err)
	}
	for i, a := range r.Header.Plan.Arms {
		if a.ID != i {
			return fmt.Errorf("line 1: arm %d of the plan has the id %d", i, a.ID)
		}
		if a.Workload == Exec {
			continue // a command has none of these
		}
		if a.Size <= 0 || a.Record <= 0 || a.Ops <= 0 || a.Bytes <= 0 {
			return fmt.Errorf("line 1: arm %d of the plan has a size, record, ops or bytes that is not positive", i)
		}
	}
	return nil
}

func (r *Run) line(line []byte) error {
	var kind struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(line, &kind); err != nil {
		return fmt.Errorf("not JSON: %w", err)
	}
	switch kind.Type {
	case LineTrial:
		var t Trial
		if err := json.Unmarshal(line, &t); err != nil {
			return fmt.Errorf("trial: %w", err)
		}
		if err := r.checkTrial(&t); err != nil {
			return fmt.Errorf("trial: %w", err)
		}
		r.Trials = append(r.Trials, t)
	case LineResume:
		var m Resume
		if err := json.Unmarshal(line, &m); err != nil {
			return fmt.Errorf("resume: %w", err)
		}
		r.Resumes, r.End = append(r.Resumes, m), nil
	case LineEnd:
		r.End = new(End)
		if err := json.Unmarshal(line, r.End); err != nil {
			return fmt.Errorf("end: %w", err)
		}
	default:
		return fmt.Errorf("unknown type of line %q", kind.Type)
	}
	return nil
}

// checkTrial refuses trials that no run of this schema writes, so that whatever
// works on a Run need not.
func (r *Run) checkTrial(t *Trial) error {
	if t.Arm < 0 || t.Arm >= len(r.Header.Plan.Arms) {
		return fmt.Errorf("arm %d is not in the plan", t.Arm)
	}
	if t.Round < 0 || t.Laps < 0 {
		return errors.New("round or laps is negative")
	}
	command := r.Header.Plan.Arms[t.Arm].Workload == Exec // it has a body alone
	if t.Usable() && (t.Body == nil || !command && (t.Setup == nil || t.Teardown == nil)) {
		return errors.New("a phase is missing and no error says why")
	}
	return nil
}
