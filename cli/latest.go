package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"mmapbench/analysis"
	"mmapbench/internal/plain"
	"mmapbench/results"
)

// latestName stands for the newest run file of a folder, as in results/latest, or by
// itself for that of results: the names of run files hold the time, so nobody can
// tell them beforehand. No link is made, since a pattern such as results/*.jsonl would
// find that run twice and some file systems have no links.
const latestName = "latest"

// readersGC is how much garbage may stand beside what is in use, in percent, while run
// files are read: they may be large, and the computer small.
const readersGC = 20

// readRun summarizes a run file that was named on the command line, and returns its
// path as well. A torn line is told.
func (a *app) readRun(name string, depth analysis.Depth) (*analysis.Summary, string, error) {
	path, err := runFile(name)
	if err != nil {
		return nil, name, err
	}
	debug.SetGCPercent(readersGC)
	run, err := analysis.Read(path, depth)
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
	if path == latestName {
		dir = resultsDir
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", fmt.Errorf("find the newest run file: %w; %s/%s is that of the folder %s", err, dir, latestName, dir)
	}
	newest, when := "", time.Time{}
	for _, e := range entries {
		if !e.Type().IsRegular() || !strings.HasSuffix(e.Name(), results.FileEnding) ||
			strings.HasPrefix(e.Name(), ".") {
			continue
		}
		began := beginOf(e)
		// Of two runs in one second the second has a number at its end.
		if newest == "" || began.After(when) || began.Equal(when) && len(e.Name()) >= len(newest) {
			newest, when = e.Name(), began
		}
	}
	if newest == "" {
		return "", fmt.Errorf("there is no run file (*%s) in %s; run mmapbench run first, or name the file",
			results.FileEnding, dir)
	}
	return filepath.Join(dir, newest), nil
}

// beginOf is when a run began, as its file's name says, or when a file of another
// name was last written to.
func beginOf(e os.DirEntry) time.Time {
	begin, _, _ := strings.Cut(e.Name(), "-")
	if t, err := time.Parse(results.FileTime, begin); err == nil {
		return t
	}
	info, err := e.Info()
	if err != nil { // it is gone
		return time.Time{}
	}
	return info.ModTime()
}

// completeRuns completes arguments that are run files.
func completeRuns(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	return runCandidates(typed)
}

// runCandidates continue the name of a run file: files, folders on the way to them,
// and where a folder has any the newest.
func runCandidates(typed string) (out []string, how cobra.ShellCompDirective) {
	isRun := func(i os.FileInfo) bool { return strings.HasSuffix(i.Name(), results.FileEnding) }
	how = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	for _, name := range paths(typed, isRun) {
		out = append(out, name)
		if !strings.HasSuffix(name, "/") {
			how = cobra.ShellCompDirectiveNoFileComp
		}
	}
	dir, _ := filepath.Split(typed)
	for _, name := range []string{dir + latestName, filepath.Join(resultsDir, latestName)} {
		path, err := runFile(name)
		if err == nil && path != name && name != latestName && strings.HasPrefix(name, typed) &&
			!slices.Contains(out, name) {
			out, how = append(out, name), cobra.ShellCompDirectiveNoFileComp
		}
	}
	return out, how
}
