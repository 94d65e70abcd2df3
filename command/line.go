// Package command turns the line of a user's command into a program and its arguments,
// with a shell in between only where the line needs one.
package command

import (
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"

	"mmapbench/results"
)

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
		case Sets(first):
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

// Sets reports whether a first word sets a variable, as FOO=1 does.
func Sets(word string) bool {
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
		case r == '=' && len(words) == 0 && Sets(word.String()+"="):
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
