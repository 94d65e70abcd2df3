//go:build linux && !386 && !arm

package cli

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// visit calls f for every command that people see.
func visit(c *cobra.Command, f func(*cobra.Command)) {
	f(c)
	for _, sub := range c.Commands() {
		if !sub.Hidden {
			visit(sub, f)
		}
	}
}

func TestEveryCommandHasHelpWithExamples(t *testing.T) {
	a := &app{catalogue: catalogue(), out: &strings.Builder{}}
	n := 0
	visit(a.root(), func(c *cobra.Command) {
		n++
		made := c.HasParent() && c.Parent().Name() == "completion" // cobra made it: the examples are in its text
		if c.Short == "" || c.Example == "" && !made {
			t.Errorf("%s has no description or no example", c.CommandPath())
		}
		for line := range strings.Lines(c.Example) {
			if line = strings.TrimSpace(line); !strings.HasPrefix(line, "mmapbench ") &&
				!strings.Contains(line, "mmapbench completion") {
				t.Errorf("%s: the example %q is no command line", c.CommandPath(), line)
			}
		}
	})
	if n < 25 {
		t.Errorf("only %d commands were visited", n)
	}
}

// TestHelpFits: no line of any help is wider than can be read.
func TestHelpFits(t *testing.T) {
	for _, columns := range []string{"", "1000"} {
		t.Setenv("COLUMNS", columns)
		var paths []string
		a := &app{catalogue: catalogue(), out: &strings.Builder{}}
		visit(a.root(), func(c *cobra.Command) { paths = append(paths, c.CommandPath()) })
		for _, path := range paths {
			code, stdout, stderr := exit(t, append(strings.Fields(path)[1:], "--help")...)
			if code != ExitOK || stderr != "" || !strings.Contains(stdout, "Usage:\n  "+path) {
				t.Errorf("%s --help: exit %d, standard error %q", path, code, stderr)
			}
			for line := range strings.Lines(stdout) {
				if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 100 {
					t.Errorf("%s --help at %s columns has a line of %d: %s", path, columns, n, line)
				}
			}
		}
	}
}

func TestHelpNamesDefaults(t *testing.T) {
	for args, want := range map[string][]string{
		"run --help": {"quick 1m20s, full 40m", "quick 40, full 25", "quick auto, full auto",
			"the experiment's, or 1)", `(default "results")`},
		"gate --help": {"gate 10m", "gate 48", "gate 16M", "--inconclusive fail|pass "},
		"help gate":   {"gate 10m"},
		"help":        {"Commands:\n  run ", "--version"},
	} {
		_, stdout, _ := exit(t, strings.Fields(args)...)
		stdout = strings.Join(strings.Fields(stdout), " ")
		for _, w := range want {
			if w = strings.Join(strings.Fields(w), " "); !strings.Contains(stdout, w) {
				t.Errorf("%s: no %q in it: %s", args, w, stdout)
			}
		}
	}
}

// TestWelcome: the program alone says what it is for and what it would do, and does
// nothing.
func TestWelcome(t *testing.T) {
	t.Setenv("COLUMNS", "200")
	t.Chdir(t.TempDir())
	before := everything(t)
	code, stdout, stderr := exit(t)
	if code != ExitOK || stderr != "" {
		t.Fatalf("exit %d, standard error %q", code, stderr)
	}
	for _, want := range []string{"mmap or read/write", "pages of", "seqscan, random", "GiB", "are free",
		"80 s",
		"mmapbench run ", "mmapbench check ", "mmapbench lab ", "--help", "Nothing was written"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in:\n%s", want, stdout)
		}
	}
	lines := strings.Split(strings.TrimSuffix(stdout, "\n"), "\n")
	if len(lines) < 10 || len(lines) > 16 {
		t.Errorf("%d lines:\n%s", len(lines), stdout)
	}
	for _, line := range lines {
		if utf8.RuneCountInString(line) > 80 {
			t.Errorf("more than 80 columns: %s", line)
		}
	}
	if after := everything(t); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}

	if err := os.WriteFile("mmapbench.d", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	code, stdout, _ = exit(t)
	if code != ExitOK || !strings.Contains(stdout, "cannot begin in this directory") ||
		!strings.Contains(stdout, "is a file") ||
		!strings.Contains(stdout, "another directory") || strings.Contains(stdout, "do that") {
		t.Errorf("exit %d: %s", code, stdout)
	}
}

func TestVersionIsAFlagToo(t *testing.T) {
	_, want, _ := exit(t, "version")
	for _, flag := range []string{"--version", "-v"} {
		if code, stdout, _ := exit(t, flag); code != ExitOK || stdout != want ||
			!strings.HasPrefix(stdout, "mmapbench ") {
			t.Errorf("%s: exit %d, %q, want %q", flag, code, stdout, want)
		}
	}
}

// TestLabOrder: the list and the help show the programs in one order.
func TestLabOrder(t *testing.T) {
	for _, args := range [][]string{{"lab"}, {"lab", "--help"}} {
		_, stdout, _ := exit(t, args...)
		if _, list, found := strings.Cut(stdout, "Commands:\n"); found {
			stdout = list
		}
		at := 0
		for _, name := range labNames() {
			i := strings.Index("\n"+stdout, "\n  "+name+" ")
			if i < at {
				t.Errorf("%v: %s is not where the list of programs has it:\n%s", args, name, stdout)
			}
			at = i
		}
	}
}

func TestTextKeepsALeastWidth(t *testing.T) {
	for columns, want := range map[string]int{"1": leastWidth, "41": 41, "0": pipeWidth, "-3": pipeWidth,
		"x": pipeWidth} {
		t.Setenv("COLUMNS", columns)
		if got := textWidth(&strings.Builder{}); got != want {
			t.Errorf("COLUMNS=%s: %d, want %d", columns, got, want)
		}
	}
}
