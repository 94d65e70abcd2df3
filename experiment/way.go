package experiment

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"mmapbench/internal/units"
	"mmapbench/results"
)

// Way is how commands are run. Its keys in a TOML file are the names of the flags.
type Way struct {
	Output    string   `toml:"output"`        // one of results.Outputs; "": a pipe
	ExitCodes Codes    `toml:"exit-codes"`    // that are no failure; none: 0 alone
	Limit     Duration `toml:"command-limit"` // of a command's time; 0: none of its own
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
		Prepare: cmp.Or(w.Prepare, base.Prepare), Conclude: cmp.Or(w.Conclude, base.Conclude), Shell: cmp.Or(w.Shell, base.Shell)}
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
		return keyed("output", units.Unknown("place for output", w.Output, results.Outputs))
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
		if _, err := ShellFor(c.line, w.Shell); err != nil {
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

// DefaultShell runs lines that need a shell.
const DefaultShell = "/bin/sh"

// ShellFor returns the shell that runs a line, or results.NoShell where none is
// needed, so that none is measured. wanted is what the user asked for; "": nothing.
// A line that could not be started is an error.
func ShellFor(line, wanted string) (string, error) {
	words, need := Words(line)
	switch {
	case len(strings.Fields(line)) == 0, need == "" && words[0] == "":
		return "", errors.New("the command is empty")
	case wanted != "" && wanted != results.NoShell:
		return wanted, nil
	case need == "":
		missing, unfit := lookProgram(words[0])
		if unfit != nil {
			return "", fmt.Errorf("command %q cannot be started: %w", line, unfit)
		}
		if missing == nil {
			return results.NoShell, nil
		}
		if strings.Contains(words[0], "/") {
			return "", fmt.Errorf("command %q cannot be started: %w", line, missing)
		}
		need = words[0] + ", which is no program in $PATH" // and may be a builtin, such as exec or ulimit
	}
	if wanted == results.NoShell {
		return "", fmt.Errorf("command %q needs a shell for %s: leave out --shell none, or quote that", line, need)
	}
	if err := understood(line); err != nil {
		return "", err
	}
	return DefaultShell, nil
}

// understood asks the shell whether a line is one, and whether it knows what the
// line starts with, as far as that is a plain word.
func understood(line string) error {
	if text, err := exec.Command(DefaultShell, "-n", "-c", line).CombinedOutput(); err != nil {
		return fmt.Errorf("command %q needs %s, which does not take it: %w: %s",
			line, DefaultShell, err, strings.TrimSpace(string(text)))
	}
	for _, first := range strings.Fields(line) {
		switch {
		case strings.ContainsAny(first, special+quotes):
			return nil
		case sets(first):
		case !shellKnows(first):
			return fmt.Errorf("command %q cannot be started: there is no program %q in $PATH, nor does %s know it",
				line, first, DefaultShell)
		default:
			return nil
		}
	}
	return fmt.Errorf("command %q sets variables and runs nothing", line)
}

// shellKnows asks whether a word is a program, a builtin or a keyword.
func shellKnows(word string) bool {
	return exec.Command(DefaultShell, "-c", `command -v "$1"`, DefaultShell, word).Run() == nil
}

// sets reports whether a first word sets a variable, as FOO=1 does.
func sets(word string) bool {
	name, _, found := strings.Cut(word, "=")
	return found && variable.MatchString(name)
}

var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// special are the characters that mean something to a shell, wherever they stand.
// A history's ! and a brace are among them to be on the safe side.
const (
	special = "|&;<>()$`\\*?[]#~%!{}\n"
	quotes  = `"'`
)

// Words splits a line as a shell would if it is nothing but words, quoted or not.
// need names what it has besides; then a shell must run it.
func Words(line string) (words []string, need string) {
	var word strings.Builder
	var quote rune
	inWord := false
	end := func() {
		if inWord {
			words = append(words, word.String())
			word.Reset()
			inWord = false
		}
	}
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == '\'', quote == '"' && !strings.ContainsRune("$`\\!", r):
			word.WriteRune(r)
		case quote == 0 && strings.ContainsRune(quotes, r):
			quote, inWord = r, true
		case strings.ContainsRune(special, r):
			return nil, fmt.Sprintf("the character %q", r)
		case r == ' ' || r == '\t':
			end()
		case r == '=' && len(words) == 0 && sets(word.String()+"="):
			return nil, "a variable that is set"
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	if quote != 0 {
		return nil, "a quotation mark that is not closed"
	}
	end()
	return words, ""
}

// Argv is the program that runs a line, and its arguments. shell is that of the
// plan; "" in files of older versions, and for what is untimed: the default shell
// where the line needs one, or names no program.
func Argv(line, shell string) []string {
	words, need := Words(line)
	if shell == "" {
		shell = results.NoShell
		if need != "" || len(words) == 0 {
			shell = DefaultShell
		} else if _, err := exec.LookPath(words[0]); err != nil {
			shell = DefaultShell
		}
	}
	if shell != results.NoShell {
		return []string{shell, "-c", line}
	}
	if need != "" { // a plan that was changed by hand
		return []string{line}
	}
	return words
}
