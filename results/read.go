package results

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"mmapbench/internal/units"
)

// Errors that a reader of run files may tell apart.
var (
	ErrNotRunFile = errors.New("not a run file of mmapbench")
	ErrSchema     = errors.New("run file of another schema version")
	ErrCut        = errors.New("run file is cut off before its header ends")
)

// MaxLine is the length of a line, in bytes, from which on no run writes one.
const MaxLine = 64 << 20

// Read reads a run file. A last line torn by a crash is left out and noted in
// Run.Torn; anything else that does not fit is an error with its line number.
//
// The file may be anybody's: numbers that no run has are refused, and every text is
// made fit to be shown, directories and command lines included. Who needs those as
// they are takes Paused.Plan.
func Read(path string) (*Run, error) {
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := decodeFile(f)
	if err != nil {
		return nil, err
	}
	return r.run, nil
}

// open refuses what is no plain file before it is opened: a pipe would be waited
// for, and a device may do something.
func open(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read run file %s: %w: it is %s", path, ErrNotRunFile, kindOf(info.Mode()))
	}
	if err != nil {
		return nil, fmt.Errorf("read run file: %w", err)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read run file: %w", err)
	}
	return f, nil
}

func kindOf(m os.FileMode) string {
	switch {
	case m.IsDir():
		return "a directory; name the files in it, or see mmapbench history"
	case m&os.ModeNamedPipe != 0:
		return "a pipe; write it to a file first"
	case m&os.ModeSocket != 0:
		return "a socket"
	case m&os.ModeDevice != 0:
		return "a device"
	}
	return "no plain file"
}

// decodeFile names the file and the line in errors.
func decodeFile(f *os.File) (*reader, error) {
	r, err := decode(f)
	if at, ok := errors.AsType[*lineError](err); ok {
		return nil, fmt.Errorf("read run file %s:%d: %w", f.Name(), at.line, at.err)
	}
	if err != nil {
		return nil, fmt.Errorf("read run file %s: %w", f.Name(), err)
	}
	return r, nil
}

// A lineError is what is wrong with a line.
type lineError struct {
	line int // from 1
	err  error
}

func (e *lineError) Error() string { return fmt.Sprintf("line %d: %v", e.line, e.err) }
func (e *lineError) Unwrap() error { return e.err }

// Decode reads a run file from a stream.
func Decode(r io.Reader) (*Run, error) {
	d, err := decode(r)
	if err != nil {
		return nil, err
	}
	return d.run, nil
}

// reader is a run file as far as it was read.
type reader struct {
	run   *Run
	first []byte          // the header's line
	good  int64           // length of the part that is whole
	seen  map[[2]int]bool // round and arm of the trials
}

func decode(in io.Reader) (*reader, error) {
	r := &reader{run: &Run{}, seen: map[[2]int]bool{}}
	br := bufio.NewReaderSize(in, 1<<16)
	if begin, err := br.Peek(1); err == nil && begin[0] != '{' {
		return nil, fmt.Errorf("%w: its first line is not a header", ErrNotRunFile)
	}
	for n := 1; ; n++ {
		line, err := readLine(br)
		if err != nil && err != io.EOF {
			return nil, &lineError{n, err}
		}
		torn := err == io.EOF
		switch {
		case n == 1:
			if err := r.header(line, torn); err != nil {
				return nil, err
			}
		case torn:
			// Every complete line ends in a newline: this one was cut, even
			// if by chance what is left of it is valid.
			r.run.Torn = len(line) > 0
			return r, nil
		default:
			if err := r.line(line); err != nil {
				return nil, &lineError{n, err}
			}
		}
		r.good += int64(len(line))
	}
}

// readLine reads up to the end of the line, which it includes, or of the file
// (io.EOF). What has no end of a line is not held in memory for long.
func readLine(br *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := br.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > MaxLine {
			return nil, fmt.Errorf("it is longer than %s: no run writes such a line", units.FormatSize(MaxLine))
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

func (r *reader) header(line []byte, torn bool) error {
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
	case kind.Schema < oldestSchema || kind.Schema > SchemaVersion:
		return fmt.Errorf("%w: it has version %d, this program reads versions %d to %d; read it with the program that wrote it",
			ErrSchema, kind.Schema, oldestSchema, SchemaVersion)
	}
	if err := unmarshal(line, &r.run.Header); err != nil {
		return &lineError{1, fmt.Errorf("header: %w", err)}
	}
	if err := r.run.Header.Plan.Check(); err != nil {
		return &lineError{1, err}
	}
	r.first = line
	return nil
}

// unmarshal reads one line, with every number within its bounds and every text fit
// to be shown.
func unmarshal(line []byte, into any) error {
	if err := json.Unmarshal(line, into); err != nil {
		if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && t.Field != "" {
			return wrong(t.Field, "is a %s that does not fit there", t.Value)
		}
		return fmt.Errorf("not JSON: %w", err)
	}
	return clean(into)
}

func (r *reader) line(line []byte) error {
	var kind struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(line, &kind); err != nil {
		return fmt.Errorf("not JSON: %w", err)
	}
	switch kind.Type {
	case LineTrial:
		var t Trial
		if err := unmarshal(line, &t); err != nil {
			return fmt.Errorf("trial: %w", err)
		}
		if r.run.Header.Schema < SchemaVersion {
			t.upgrade()
		}
		if err := r.checkTrial(&t); err != nil {
			return fmt.Errorf("trial: %w", err)
		}
		r.run.Trials = append(r.run.Trials, t)
	case LineResume:
		var m Resume
		if err := unmarshal(line, &m); err != nil {
			return fmt.Errorf("resume: %w", err)
		}
		r.run.Resumes, r.run.End = append(r.run.Resumes, m), nil
	case LineEnd:
		r.run.End = new(End)
		if err := unmarshal(line, r.run.End); err != nil {
			return fmt.Errorf("end: %w", err)
		}
	default:
		return fmt.Errorf("unknown type of line %q", kind.Type)
	}
	return nil
}

// checkTrial refuses trials that no run of this schema writes, so that whatever
// works on a Run need not.
func (r *reader) checkTrial(t *Trial) error {
	plan := &r.run.Header.Plan
	if t.Arm >= len(plan.Arms) {
		return fmt.Errorf("arm %d is not in the plan", t.Arm)
	}
	if t.Round >= plan.Rounds {
		return wrong("round", "is %d: the plan has %d, from 0 on", t.Round, plan.Rounds)
	}
	if at := [2]int{t.Round, t.Arm}; r.seen[at] {
		return fmt.Errorf("round %d has arm %d already", t.Round, t.Arm)
	} else {
		r.seen[at] = true
	}
	return t.whole(plan.Arms[t.Arm])
}

// Valid reports what no trial of the arm can have, in a number or for want of a
// phase. It makes the trial's text fit to be shown.
func (t *Trial) Valid(a Arm) error {
	if err := clean(t); err != nil {
		return err
	}
	return t.whole(a)
}

func (t *Trial) whole(a Arm) error {
	command := a.Workload == Exec // it has a body alone
	if t.Usable() && (t.Body == nil || !command && (t.Setup == nil || t.Teardown == nil)) {
		return errors.New("a phase is missing and no error says why")
	}
	return nil
}
