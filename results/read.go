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

// MaxLine is the length of a line, in bytes, from which on no run writes one.
const MaxLine = 64 << 20

// Read reads a run file. A last line torn by a crash is left out and noted in
// Run.Torn; anything else that does not fit is an error with its line number.
//
// The file may be anybody's: numbers that no run has are refused, and every text is
// made fit to be shown, directories and command lines included. Who needs those as
// they are takes Paused.Plan.
func Read(path string) (*Run, error) {
	s, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return s.all()
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

// named names the file, and the line if there is one, in an error about what was read.
func named(f *os.File, err error) error {
	if f == nil {
		return err
	}
	if at, ok := errors.AsType[*lineError](err); ok {
		return &ReadError{f.Name(), at.line, at.err}
	}
	return &ReadError{f.Name(), 0, err}
}

// A ReadError says what is wrong with a run file.
type ReadError struct {
	Path string
	Line int // 0: the whole file
	Err  error
}

func (e *ReadError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("read run file %s:%d: %v", e.Path, e.Line, e.Err)
	}
	return fmt.Sprintf("read run file %s: %v", e.Path, e.Err)
}

func (e *ReadError) Unwrap() error { return e.Err }

// Reason is the error without the name of the file.
func (e *ReadError) Reason() string {
	if e.Line > 0 {
		return fmt.Sprintf("line %d: %v", e.Line, e.Err)
	}
	return e.Err.Error()
}

// A lineError is what is wrong with a line.
type lineError struct {
	line int // the first is 1
	err  error
}

func (e *lineError) Error() string { return fmt.Sprintf("line %d: %v", e.line, e.err) }
func (e *lineError) Unwrap() error { return e.err }

// Decode reads a run file from a stream.
func Decode(r io.Reader) (*Run, error) {
	s, err := openStream(r)
	if err != nil {
		return nil, err
	}
	return s.all()
}

// openStream reads the header.
func openStream(in io.Reader) (*Stream, error) {
	s := &Stream{in: bufio.NewReaderSize(in, 1<<16), seen: map[place]struct{}{}}
	if begin, err := s.in.Peek(1); err == nil && begin[0] != '{' {
		return nil, fmt.Errorf("%w: its first line is not a header", ErrNotRunFile)
	}
	line, err := readLine(s.in, nil)
	if err != nil && err != io.EOF {
		return nil, &lineError{1, err}
	}
	if err := s.header(line, err == io.EOF); err != nil {
		return nil, err
	}
	s.first, s.good = line, int64(len(line))
	return s, nil
}

// all reads the rest of the stream.
func (s *Stream) all() (*Run, error) {
	run := &Run{Header: s.Header}
	for t, err := range s.Trials() {
		if err != nil {
			return nil, err
		}
		run.Trials = append(run.Trials, *t)
	}
	run.Resumes, run.Dropped, run.End, run.Torn = s.Resumes, s.Dropped, s.End, s.Torn
	return run, nil
}

func (s *Stream) header(line []byte, torn bool) error {
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
		return fmt.Errorf("%w: it has version %d, this program reads versions %d to %d; "+
			"read it with the program that wrote it",
			ErrSchema, kind.Schema, oldestSchema, SchemaVersion)
	}
	if err := unmarshal(line, &s.Header); err != nil {
		return &lineError{1, fmt.Errorf("header: %w", err)}
	}
	if err := s.Header.Labels.Check(); err != nil {
		return &lineError{1, fmt.Errorf("header: labels: %w", err)}
	}
	s.Header.Plan.upgrade()
	if err := s.Header.Plan.Check(); err != nil {
		return &lineError{1, err}
	}
	return nil
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
	accesses := a.Bytes > 0 // a command has a body alone
	if t.Usable() && (t.Body == nil || accesses && (t.Setup == nil || t.Teardown == nil)) {
		return errors.New("a phase is missing and no error says why")
	}
	n, cold := len(t.LapTimes), IsCold(a.Cache)
	if n > MaxLapTimes || n > t.Laps || t.Lap != lapOf(t.LapTimes, cold) {
		return wrong("lap_ns", "is %d: it is not %s of the %d in lap_times_ns", t.Lap, lapName(cold), n)
	}
	return nil
}
