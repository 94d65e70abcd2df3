package experiment

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"mmapbench/command"
	"mmapbench/internal/spelling"
	"mmapbench/results"
)

// Way is how commands are run. Its keys in a TOML file are the names of the flags.
type Way struct {
	Output    string   `toml:"output"`        // one of results.Outputs; "": a pipe
	ExitCodes Codes    `toml:"exit-codes"`    // that are no failure; none: 0 alone
	Limit     Duration `toml:"command-limit"` // the longest time that a command may take; 0: none of its own
	Prepare   string   `toml:"prepare"`       // untimed, before each trial
	Conclude  string   `toml:"conclude"`      // and after it
	Shell     string   `toml:"shell"`         // path, or none; "": only a line that needs one has it
}

// Given lists the keys that say something.
func (w Way) Given() (keys []string) {
	for _, k := range []struct {
		key   string
		given bool
	}{
		{"output", w.Output != ""}, {"exit-codes", len(w.ExitCodes) > 0}, {"command-limit", w.Limit != 0},
		{"prepare", w.Prepare != ""}, {"conclude", w.Conclude != ""}, {"shell", w.Shell != ""},
	} {
		if k.given {
			keys = append(keys, k.key)
		}
	}
	return keys
}

// Codes are exit codes. In a file they may also be a string, as on the command line.
type Codes []int

// UnmarshalText reads "0,1".
func (c *Codes) UnmarshalText(b []byte) error {
	*c = nil
	for part := range strings.SplitSeq(string(b), ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil {
			return fmt.Errorf("exit codes %q: want numbers, such as 0,1", b)
		}
		*c = append(*c, n)
	}
	return c.check()
}

// check refuses what no process can end with (wait(2)).
func (c Codes) check() error {
	for _, n := range c {
		if n < 0 || n > 255 {
			return fmt.Errorf("exit code %d: a process ends with 0 to 255", n)
		}
	}
	return nil
}

// Over is what w says, and base where it says nothing.
func (w Way) Over(base Way) Way {
	if len(w.ExitCodes) == 0 {
		w.ExitCodes = base.ExitCodes
	}
	return Way{Output: cmp.Or(w.Output, base.Output), ExitCodes: w.ExitCodes, Limit: cmp.Or(w.Limit, base.Limit),
		Prepare: cmp.Or(w.Prepare, base.Prepare), Conclude: cmp.Or(w.Conclude, base.Conclude),
		Shell: cmp.Or(w.Shell, base.Shell)}
}

// inPlan is the way in the run file's words, of a command whose shell is known.
func (w Way) inPlan(shell string) results.Way {
	codes := slices.Clone([]int(w.ExitCodes))
	slices.Sort(codes)
	output := w.Output
	if output == "" {
		output = results.OutputPipe
	}
	return results.Way{Shell: shell, Output: output, ExitCodes: slices.Compact(codes), Limit: time.Duration(w.Limit),
		Prepare: w.Prepare, Conclude: w.Conclude}
}

// MinLimit is the least that a command can be given: to start one takes about as long.
const MinLimit = time.Millisecond

// check reports what no command can be run with.
func (w Way) check() error {
	if w.Output != "" && !slices.Contains(results.Outputs, w.Output) {
		return keyed("output", spelling.Unknown("place for output", w.Output, results.Outputs))
	}
	if w.Output == results.OutputFile {
		if err := checkTemp(); err != nil {
			return err
		}
	}
	if err := w.ExitCodes.check(); err != nil {
		return err
	}
	if l := time.Duration(w.Limit); l != 0 && l < MinLimit || l > results.MaxBudget {
		return fmt.Errorf("command limit %v: must be at least %v and at most %v", l, MinLimit, results.MaxBudget)
	}
	if w.Shell != "" && w.Shell != results.NoShell {
		if _, err := exec.LookPath(w.Shell); err != nil {
			return keyed("shell", fmt.Errorf("%s cannot be run: %w", w.Shell, cause(err)))
		}
	}
	for _, c := range []struct{ what, line string }{{"prepare", w.Prepare}, {"conclude", w.Conclude}} {
		if c.line == "" {
			continue
		}
		if _, err := command.ShellFor(c.line, w.Shell); err != nil {
			return fmt.Errorf("%s: %w", c.what, err)
		}
	}
	return nil
}

// cause is an error without the name and the system call that the sentence around the
// error has named already.
func cause(err error) error {
	if e, ok := errors.AsType[*exec.Error](err); ok {
		err = e.Err
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	return err
}

// checkTemp reports whether a file for the output of commands can be made.
func checkTemp() error {
	f, err := os.CreateTemp("", "mmapbench-output-")
	if err != nil {
		return fmt.Errorf("make a file for the command's output (--output file): %w; name another folder with "+
			"TMPDIR", err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
