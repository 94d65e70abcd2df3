package cli

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mmapbench/results"
)

const targetUsage = "a directory on the device, as `name=dir`; may be repeated (default: the current directory)"

// parseTargets reads name=dir; a plain directory is named after its last
// element. No target at all is the current directory, called "here".
func parseTargets(args []string) ([]results.Target, error) {
	if len(args) == 0 {
		args = []string{"here=."}
	}
	var out []results.Target
	for _, arg := range args {
		if arg == "" {
			return nil, errors.New("--target is empty: is a variable not set? want name=dir, or a directory")
		}
		name, dir, ok := strings.Cut(arg, "=")
		if !ok || strings.Contains(name, "/") {
			dir = arg
			name = filepath.Base(filepath.Clean(arg))
		}
		t, err := newTarget(name, dir)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, distinct(out)
}

// fileTargets are those of an experiment file, in the order of their names.
func fileTargets(m map[string]string) ([]results.Target, error) {
	var out []results.Target
	for _, name := range slices.Sorted(maps.Keys(m)) {
		t, err := newTarget(name, m[name])
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, distinct(out)
}

func newTarget(name, dir string) (results.Target, error) {
	if name == "" || dir == "" {
		return results.Target{}, fmt.Errorf("target %q: want name=dir", name+"="+dir)
	}
	if err := results.CheckName("the target", name); err != nil {
		return results.Target{}, fmt.Errorf("%w; name it with --target name=dir", err)
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return results.Target{}, fmt.Errorf("target %s: %w", name, err)
	}
	switch st, err := os.Stat(abs); {
	case errors.Is(err, os.ErrNotExist):
		return results.Target{}, fmt.Errorf("target %s: no such directory: %s; create it, or name another", name, abs)
	case err != nil:
		return results.Target{}, fmt.Errorf("target %s: %w", name, err)
	case !st.IsDir():
		return results.Target{}, fmt.Errorf("target %s: %s is not a directory; name the directory it is mounted on "+
			"or lies in", name, abs)
	}
	return results.Target{Name: name, Dir: abs}, nil
}

func distinct(targets []results.Target) error {
	for i, t := range targets {
		for _, u := range targets[:i] {
			if t.Name == u.Name {
				return fmt.Errorf("two targets are called %q: give them names with --target name=dir", t.Name)
			}
			if t.Dir == u.Dir {
				return fmt.Errorf("targets %s and %s are the same directory %s", u.Name, t.Name, t.Dir)
			}
		}
	}
	return nil
}
