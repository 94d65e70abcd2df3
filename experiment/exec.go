package experiment

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mmapbench/command"
	"mmapbench/internal/spelling"
	"mmapbench/results"
	"mmapbench/schedule"
	"mmapbench/target"
	"mmapbench/workloads"
)

// execTarget is the name of the place where commands are run.
const execTarget = "here"

// states of files that a command can be given.
var execCaches = []string{results.Cold, results.Cached, results.DropCaches}

// ParseCommand reads name=command. A command without a name is named after its
// first word.
func ParseCommand(text string) (results.Command, error) {
	c := results.Command{Line: text}
	for i, r := range text {
		if r == '=' && i > 0 {
			c.Name, c.Line = text[:i], text[i+1:]
			break
		}
		if !isNameRune(r) {
			break
		}
	}
	words := strings.Fields(c.Line)
	if len(words) == 0 {
		return c, fmt.Errorf("command %q: want name=command", text)
	}
	if c.Name == "" {
		c.Name = filepath.Base(words[0])
	}
	return c, nil
}

func isNameRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.'
}

// commandGrid is the grid of an experiment that runs commands. Commands that are given
// files are tried in each cache state of the files; without files they are run as they
// are, and nothing is claimed of any cache.
func (e *Experiment) commandGrid() (g grid, err error) {
	size, err := sizeOf(e.Files)
	if err != nil {
		return g, err
	}
	if g.commands, err = e.checkExec(); err != nil {
		return g, err
	}
	g.workloads = map[string]workloads.Workload{results.Exec: workloads.Command}
	g.levels = map[string][]level{"workload": {{word: results.Exec}}}
	for _, c := range g.commands {
		g.levels["backend"] = append(g.levels["backend"], level{word: c.Name})
	}
	if len(e.Files) == 0 {
		return g, nil
	}
	g.levels["size"] = []level{{number: size}}
	for _, cache := range e.Factors["cache"].or(defaults()["cache"]).states(e.DropCaches) {
		g.levels["cache"] = append(g.levels["cache"], level{word: cache})
	}
	return g, nil
}

// here is where commands are run. No file of ours is made there.
func here(files []string) target.Site {
	return target.Site{Target: results.Target{Name: execTarget, Dir: placeOf(files)},
		Has: func(schedule.Data) bool { return true }}
}

// checkExec returns the commands with all that the plan says of them, or reports
// what a run of commands cannot have.
func (e *Experiment) checkExec() ([]results.Command, error) {
	if e.Duration > 0 {
		return nil, errors.New("a command lasts as long as it lasts: --duration is for workloads")
	}
	if len(e.Files) == 0 && len(e.Factors["cache"]) > 0 {
		return nil, errors.New("--cache is the state of the command's files: name them with --file")
	}
	if err := checkExecCaches(e.Factors["cache"].states(e.DropCaches)); err != nil {
		return nil, err
	}
	if err := e.Way.check(); err != nil {
		return nil, err
	}
	var out []results.Command
	seen := map[string]bool{}
	for _, c := range e.Commands {
		if seen[c.Name] {
			return nil, fmt.Errorf("two commands are called %q: name them, as in --exec 'old=…' --exec 'new=…'",
				c.Name)
		}
		seen[c.Name] = true
		shell, err := command.ShellFor(c.Line, e.Shell)
		if err != nil {
			line := c.Name + "=" + c.Line
			if command.Sets(line) && c.Name == strings.ToUpper(c.Name) && lineRuns(line, e.Shell) {
				return nil, fmt.Errorf("%s= was taken as the command's name; write --exec 'name=%s'", c.Name, line)
			}
			return nil, fmt.Errorf("the command called %s: %w", c.Name, err)
		}
		c.Files, c.Way = e.Files, e.Way.inPlan(shell)
		out = append(out, c)
	}
	return out, nil
}

// checkExecCaches reports the first cache state that a command's files cannot be given.
func checkExecCaches(states List) error {
	for _, s := range states {
		if !slices.Contains(execCaches, s) {
			return spelling.Unknown("cache state for commands", s, execCaches)
		}
	}
	return nil
}

// lineRuns reports whether a line could be run.
func lineRuns(line, shell string) bool {
	_, err := command.ShellFor(line, shell)
	return err == nil
}

// sizeOf adds up the files' sizes.
func sizeOf(files []string) (total int64, err error) {
	for _, f := range files {
		if f == "" {
			return 0, &KeyError{"file", errors.New("the name is empty: is a variable not set?")}
		}
		st, err := os.Stat(f)
		if err != nil {
			return 0, fmt.Errorf("file of the command: %w", err)
		}
		if !st.Mode().IsRegular() {
			return 0, fmt.Errorf("file of the command: %s is not a regular file: name each file of a folder", f)
		}
		if st.Size() == 0 {
			return 0, fmt.Errorf("file of the command: %s is empty: it has no cache state", f)
		}
		total += st.Size()
	}
	return total, nil
}

// placeOf is the folder whose device the accounts are read of: that of the
// first file, or the current one.
func placeOf(files []string) string {
	dir := "."
	if len(files) > 0 {
		dir = filepath.Dir(files[0])
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return dir
	}
	return abs
}
