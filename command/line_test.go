package command_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"mmapbench/command"
)

func TestWords(t *testing.T) {
	for _, c := range []struct {
		line  string
		words []string
		need  string // "": none
	}{
		{"cat  data\tmore", []string{"cat", "data", "more"}, ""},
		{`grep -c "a b" 'c d'`, []string{"grep", "-c", "a b", "c d"}, ""},
		{`a'b'"c"d`, []string{"abcd"}, ""},
		{`x '' ""`, []string{"x", "", ""}, ""},
		{`x '$HOME *|"'`, []string{"x", `$HOME *|"`}, ""},
		{"dd if=a of=b", []string{"dd", "if=a", "of=b"}, ""},
		{"./a=b x", []string{"./a=b", "x"}, ""},
		{"FOO=1 true", nil, "a variable"},
		{"a | b", nil, "'|'"}, {`x "$HOME"`, nil, "'$'"}, {"x *.c", nil, "'*'"}, {`x a\ b`, nil, `'\\'`},
		{"x 'a", nil, "not closed"},
		{"", nil, ""},
	} {
		words, need := command.Words(c.line)
		if !slices.Equal(words, c.words) || (need == "") != (c.need == "") || !strings.Contains(need, c.need) {
			t.Errorf("%q: %q, %q", c.line, words, need)
		}
	}
}

// FuzzWords holds the words against a shell's.
func FuzzWords(f *testing.F) {
	for _, line := range []string{"cat data", `grep -c "a b" 'c d'`, "dd if=a", "FOO=1 x", "a\\ b", "x '\n'", "x \r y",
		"if x", "x \x00"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		words, need := command.Words(line)
		if need != "" || strings.ContainsRune(line, 0) {
			return
		}
		// "set" keeps first words that would be keywords from being some.
		out, err := exec.Command("/bin/sh", "-c", "set -- "+line+`; for w; do printf '%s\0' "$w"; done`).Output()
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if got := strings.Split(string(out), "\x00"); !slices.Equal(got[:len(got)-1], words) {
			t.Errorf("%q: %q, and to a shell %q", line, words, got)
		}
	})
}

func TestShellFor(t *testing.T) {
	for _, c := range []struct {
		line, wanted string
		shell        string
		err          string
	}{
		{line: "cat x", shell: "none"}, {line: "cat x | wc", shell: "/bin/sh"},
		{line: "cat x", wanted: "/bin/bash", shell: "/bin/bash"},
		{line: "FOO=1 true", shell: "/bin/sh"}, {line: "exec true", shell: "/bin/sh"},
		{line: "ulimit -n", shell: "/bin/sh"}, {line: "cd /", shell: "/bin/sh"},
		{line: "(cd / && true)", shell: "/bin/sh"}, {line: "if true; then true; fi", shell: "/bin/sh"},
		{line: "A=1 B=2 exec true", shell: "/bin/sh"},
		{line: "cat x", wanted: "none", shell: "none"},
		{line: "", err: "is empty"}, {line: " \t", err: "is empty"}, {line: `"" x`, err: "is empty"},
		{line: "no-such-program-here x", err: `no program "no-such-program-here"`},
		{line: "no-such-program-here x | wc", err: `no program "no-such-program-here"`},
		{line: "FOO=1 no-such-program-here", err: `no program "no-such-program-here"`},
		{line: "FOO=1", err: "runs nothing"},
		{line: "./no-such-program-here", err: "no such file"},
		{line: "if true", err: "does not take it"}, {line: "(true", err: "does not take it"},
		{line: "cat 'x", err: "does not take it"},
		{line: "mmap:advsie=random", err: "no program"},
		{line: "exec true", wanted: "none", err: "exec, which is no program"},
		{line: "a | b", wanted: "none", err: "leave out --shell none"},
	} {
		shell, err := command.ShellFor(c.line, c.wanted)
		if shell != c.shell || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%q by %q: %q, %v", c.line, c.wanted, shell, err)
		}
	}
}

func TestArgv(t *testing.T) {
	for _, c := range []struct {
		line, shell string
		want        []string
	}{
		{"cat 'a b'", "none", []string{"cat", "a b"}}, {"cat x", "/bin/sh", []string{"/bin/sh", "-c", "cat x"}},
		{"cat x", "", []string{"cat", "x"}}, {"cat x | wc", "", []string{"/bin/sh", "-c", "cat x | wc"}},
		{"exec true", "", []string{"/bin/sh", "-c", "exec true"}},
		{"a | b", "none", []string{"a | b"}}, // the plan was changed: there is no such program
	} {
		if got := command.Argv(c.line, c.shell); !slices.Equal(got, c.want) {
			t.Errorf("%q by %q: %q", c.line, c.shell, got)
		}
	}
}
