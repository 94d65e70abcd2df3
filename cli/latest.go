package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"mmapbench/internal/plain"
	"mmapbench/results"
)

// latestName stands for the newest run file of a folder, as in results/latest: the
// names of run files hold the time, so nobody can tell them beforehand. No link is
// made, since a pattern such as results/*.jsonl would find that run twice and some
// file systems have no links.
const latestName = "latest"

// readRun reads a run file that was named on the command line, and returns its path
// as well. A torn line is told.
func (a *app) readRun(name string) (*results.Run, string, error) {
	path, err := runFile(name)
	if err != nil {
		return nil, name, err
	}
	run, err := results.Read(path)
	if err == nil && run.Torn {
		fmt.Fprintf(a.err, "%s: the last line is torn, as by a crash; it is left out\n", plain.Line(path))
	}
	return run, path, err
}

// runFile resolves the name of a run file.
func runFile(path string) (string, error) {
	if filepath.Base(path) != latestName {
		return path, nil
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		return path, nil // a file of that name, or an error that reading the file names
	}
	dir := filepath.Dir(path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", fmt.Errorf("find the newest run file: %w; %s/%s is that of the folder %s", err, dir, latestName, dir)
	}
	newest, when := "", ""
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), results.FileEnding) {
			continue
		}
		// The name begins with the time in UTC. Of two runs in one second the
		// second has a number at its end.
		if begin, _, _ := strings.Cut(e.Name(), "-"); begin > when || begin == when && len(e.Name()) >= len(newest) {
			newest, when = e.Name(), begin
		}
	}
	if newest == "" {
		return "", fmt.Errorf("there is no run file (*%s) in %s; run mmapbench run first, or name the file", results.FileEnding, dir)
	}
	return filepath.Join(dir, newest), nil
}
