package results

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"mmapbench/internal/units"
)

// baselines is the folder of a store in which runs are kept under a name.
const baselines = "baselines"

const runFileEnding = ".jsonl"

// Baseline returns the path of the run that is kept under a name in the store.
// The error for a name that is not there lists those that are.
func Baseline(store, name string) (string, error) {
	path, err := baselinePath(store, name)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	names := Baselines(store)
	if len(names) == 0 {
		return "", fmt.Errorf("there is no baseline in %s: keep one with run --baseline %s", store, name)
	}
	return "", units.Unknown("baseline", name, names)
}

// Baselines lists the names in the store.
func Baselines(store string) []string {
	paths, _ := filepath.Glob(filepath.Join(store, baselines, "*"+runFileEnding)) // the pattern is well-formed
	names := make([]string, len(paths))
	for i, p := range paths {
		names[i] = strings.TrimSuffix(filepath.Base(p), runFileEnding)
	}
	return names
}

// KeepBaseline copies a run that ended by itself into the store under a name,
// whole or not at all, and reports whether it took the place of another.
func KeepBaseline(store, name, runFile string) (replaced bool, err error) {
	path, err := baselinePath(store, name)
	if err != nil {
		return false, err
	}
	run, err := Read(runFile)
	if err != nil {
		return false, err
	}
	if run.End == nil || run.End.Status == EndInterrupted || run.End.Status == EndError {
		return false, fmt.Errorf("keep %s as the baseline %s: the run did not come to its end", runFile, name)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return false, fmt.Errorf("keep a baseline: %w", err)
	}
	_, err = os.Stat(path)
	replaced = err == nil
	if err := copyWhole(path, runFile); err != nil {
		return false, fmt.Errorf("keep %s as the baseline %s: %w", runFile, name, err)
	}
	return replaced, nil
}

// CheckBaseline refuses a name that is no plain file name.
func CheckBaseline(name string) error {
	if name == "" || strings.HasPrefix(name, ".") || strings.ContainsAny(name, "/\\*?[") {
		return fmt.Errorf("baseline %q: want a plain name, such as main", name)
	}
	return nil
}

func baselinePath(store, name string) (string, error) {
	if err := CheckBaseline(name); err != nil {
		return "", err
	}
	return filepath.Join(store, baselines, name+runFileEnding), nil
}

// copyWhole copies a file so that the name holds the old one or the new one,
// whatever happens in between.
func copyWhole(to, from string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.CreateTemp(filepath.Dir(to), ".baseline-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(out.Name())
		}
	}()
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Chmod(0o644), out.Sync(), out.Close()); err != nil {
		return err
	}
	return os.Rename(out.Name(), to)
}
