package experiment

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"mmapbench/internal/spelling"
	"mmapbench/internal/units"
	"mmapbench/results"
)

//go:embed studies/*.toml
var studies embed.FS

// Builtin lists the names of the experiments that come with the program.
func Builtin() []string { return []string{Quick, "full"} }

// Quick is the built-in experiment of a run that is told nothing else.
const Quick = "quick"

// Commands is the built-in experiment that runs the commands of the command line.
const Commands = "exec"

// GateWork is the built-in experiment of a gate that is told nothing else.
const GateWork = "gate"

// IsFile reports whether an experiment's name is that of a file: it has a slash or
// ends in .toml.
func IsFile(name string) bool { return strings.Contains(name, "/") || strings.HasSuffix(name, ".toml") }

// Load returns a built-in experiment by name, or reads a file.
func Load(name string) (*Experiment, error) {
	if !IsFile(name) {
		b, err := Source(name)
		if err != nil {
			return nil, err
		}
		return Parse(name+".toml", b)
	}
	b, err := readFile(name)
	if err != nil {
		return nil, fmt.Errorf("read experiment %s: %w", name, err)
	}
	e, err := Parse(name, b)
	if err != nil {
		return nil, err
	}
	if err := results.CheckName("the experiment", e.Name); err != nil {
		return nil, fmt.Errorf(`%s: %w; name it, as in name = "wal"`, name, err)
	}
	if len(e.Grid) == 0 && len(e.Exec) == 0 && len(e.Factors) == 0 {
		return nil, fmt.Errorf("%s: it does not say what to measure: give it a workload or a backend, "+
			"or see 'mmapbench list experiments quick'", name)
	}
	return e, nil
}

// Source is the text of a built-in experiment, to start one's own from.
func Source(name string) ([]byte, error) {
	if name != Commands && name != GateWork && !slices.Contains(Builtin(), name) {
		return nil, fmt.Errorf("%w; a file's name ends in .toml", spelling.Unknown("experiment", name, Builtin()))
	}
	b, err := studies.ReadFile(path.Join("studies", name+".toml"))
	if err != nil {
		return nil, fmt.Errorf("read built-in experiment: %w", err)
	}
	return b, nil
}

// maxSource is larger than any experiment that somebody writes.
const maxSource = 1 << 20

// readFile reads a plain file of text. A pipe would be waited for, and a device may
// never end.
func readFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a plain file, but a directory, a device or a pipe")
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSource+1))
	switch {
	case err != nil:
		return nil, err
	case len(b) > maxSource:
		return nil, fmt.Errorf("it is larger than %s: no experiment is", units.FormatSize(maxSource))
	case len(bytes.TrimSpace(b)) == 0:
		return nil, errors.New("it is empty; see 'mmapbench list experiments quick' for one to start from")
	}
	return b, nil
}

// text returns the text without its byte order mark, or why there is none.
func text(b []byte) ([]byte, error) {
	b, _ = bytes.CutPrefix(b, []byte("\ufeff"))
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xfe")), bytes.HasPrefix(b, []byte("\xfe\xff")):
		return nil, errors.New("it is UTF-16: save it as UTF-8")
	case bytes.IndexByte(b, 0) >= 0:
		return nil, errors.New("it has a NUL byte: it is no text, or not UTF-8")
	}
	return b, nil
}

// Parse reads an experiment from TOML. Unknown keys are errors with their line
// and column, and the nearest right key.
func Parse(name string, source []byte) (*Experiment, error) {
	source, err := text(source)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	e, keys := &Experiment{}, topKeys()
	values := reflect.New(structOf(keys))
	dec := toml.NewDecoder(bytes.NewReader(source)).DisallowUnknownFields()
	if err := dec.Decode(values.Interface()); err != nil {
		return nil, explain(name, err)
	}
	fill(e, keys, values.Elem())
	if e.Name == "" {
		e.Name = strings.TrimSuffix(path.Base(name), ".toml")
	}
	for _, n := range slices.Sorted(maps.Keys(e.Exec)) {
		e.Commands = append(e.Commands, results.Command{Name: n, Line: e.Exec[n]})
	}
	if err := bareTimes(source); err != nil {
		return nil, locate(name, source, err)
	}
	if err := e.Check(); err != nil {
		return nil, locate(name, source, err)
	}
	return e, nil
}
