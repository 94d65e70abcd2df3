package results

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mmapbench/internal/plain"
)

// FileEnding is that of run files.
const FileEnding = ".jsonl"

// BaselineDir is the folder of a store in which baselines are kept: plain run
// files, named as they were asked for.
const BaselineDir = "baselines"

// ErrNoBaseline says that a store has no baseline of that name.
var ErrNoBaseline = errors.New("no such baseline")

// Baseline returns the path of the run file that is kept in the store dir under
// that name. It does not read it.
func Baseline(dir, name string) (path string, err error) {
	if err := CheckBaselineName(name); err != nil {
		return "", err
	}
	path = baselinePath(dir, name)
	switch _, err := os.Stat(path); {
	case err == nil:
		return path, nil
	case !errors.Is(err, os.ErrNotExist):
		return "", fmt.Errorf("look for baseline %s: %w", name, err)
	}
	known, err := Baselines(dir)
	if err != nil {
		return "", err
	}
	if len(known) == 0 {
		return "", fmt.Errorf("%w: %q: %s has none yet; keep one with run --baseline %s",
			ErrNoBaseline, name, dir, name)
	}
	return "", fmt.Errorf("%w: %q (%s has: %s)", ErrNoBaseline, name, dir, strings.Join(known, ", "))
}

// Baselines lists the names of the store's baselines. A store without any, or
// that is not there, has an empty list.
func Baselines(dir string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(dir, BaselineDir))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list the baselines: %w", err)
	}
	var names []string
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), FileEnding)
		if ok && !e.IsDir() && CheckBaselineName(name) == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// CheckBaselineName refuses names that are no plain file names.
func CheckBaselineName(name string) error {
	switch {
	case name == "":
		return errors.New("a baseline needs a name, such as main")
	case strings.ContainsAny(name, `/\`):
		return fmt.Errorf("baseline %q: a slash would lead to another folder; write %q", name,
			strings.NewReplacer("/", "-", `\`, "-").Replace(name))
	case name[0] == '.' || name[0] == '-':
		return fmt.Errorf("baseline %q: the name must not begin with %q", name, name[:1])
	case !plain.Is(name):
		return CheckName("the baseline", name)
	case len(name) > 200: // the ending and the temporary name still fit into a file name
		return fmt.Errorf("baseline %q: the name is longer than 200 bytes", name)
	}
	return nil
}

func baselinePath(dir, name string) string {
	return filepath.Join(dir, BaselineDir, name+FileEnding)
}

// KeepBaseline copies a run file into the store dir under that name and returns
// the path of the copy. A baseline of that name is replaced, at once or not at
// all: whoever reads meanwhile finds the old one or the new one. Only a run that
// came to the end of its plan or its time budget, and measured something, is kept.
func KeepBaseline(dir, name, file string) (path string, err error) {
	if err := CheckBaselineName(name); err != nil {
		return "", err
	}
	run, err := Read(file)
	if err != nil {
		return "", fmt.Errorf("keep baseline %s: %w", name, err)
	}
	if why := unfit(run); why != "" {
		return "", fmt.Errorf("%s is not kept as baseline %s: %s", file, name, why)
	}
	path = baselinePath(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", fmt.Errorf("make the folder for baselines: %w", err)
	}
	if err := copyFile(path, file); err != nil {
		return "", fmt.Errorf("keep baseline %s: %w", name, err)
	}
	return path, nil
}

// unfit says why a run is no baseline.
func unfit(run *Run) string {
	switch {
	case run.Torn || run.End == nil:
		return "the run was cut short"
	case run.End.Status == EndInterrupted:
		return "the run was interrupted"
	case run.End.Status == EndError:
		return "the run ended by an error: " + run.End.Reason
	case !slices.ContainsFunc(run.Trials, func(t Trial) bool { return t.Usable() }):
		return "no trial gave a measurement"
	}
	return ""
}

// copyFile writes the copy beside its place, makes it durable, and moves it there.
func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	// The name is not that of a baseline, should a crash leave the file behind.
	out, err := os.CreateTemp(filepath.Dir(to), ".new-*")
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err == nil {
		err = out.Chmod(info.Mode().Perm())
	}
	if err == nil {
		err = out.Sync()
	}
	if err = errors.Join(err, out.Close()); err == nil {
		err = os.Rename(out.Name(), to)
	}
	if err != nil {
		return errors.Join(err, os.Remove(out.Name()))
	}
	return nil
}
