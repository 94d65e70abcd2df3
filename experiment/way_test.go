package experiment_test

import (
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"mmapbench/experiment"
	"mmapbench/results"
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
		{"a | b", nil, "'|'"}, {`x "$HOME"`, nil, "'$'"}, {"x *.c", nil, "'*'"}, {`x a\ b`, nil, `'\\'`}, {"x 'a", nil, "not closed"},
		{"", nil, ""},
	} {
		words, need := experiment.Words(c.line)
		if !slices.Equal(words, c.words) || (need == "") != (c.need == "") || !strings.Contains(need, c.need) {
			t.Errorf("%q: %q, %q", c.line, words, need)
		}
	}
}

// FuzzWords holds the words against a shell's.
func FuzzWords(f *testing.F) {
	for _, line := range []string{"cat data", `grep -c "a b" 'c d'`, "dd if=a", "FOO=1 x", "a\\ b", "x '\n'", "x \r y", "if x", "x \x00"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		words, need := experiment.Words(line)
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
		{line: "cat x", shell: "none"}, {line: "cat x | wc", shell: "/bin/sh"}, {line: "cat x", wanted: "/bin/bash", shell: "/bin/bash"},
		{line: "FOO=1 true", shell: "/bin/sh"}, {line: "exec true", shell: "/bin/sh"}, {line: "ulimit -n", shell: "/bin/sh"}, {line: "cd /", shell: "/bin/sh"},
		{line: "(cd / && true)", shell: "/bin/sh"}, {line: "if true; then true; fi", shell: "/bin/sh"}, {line: "A=1 B=2 exec true", shell: "/bin/sh"},
		{line: "cat x", wanted: "none", shell: "none"},
		{line: "", err: "is empty"}, {line: " \t", err: "is empty"}, {line: `"" x`, err: "is empty"},
		{line: "no-such-program-here x", err: `no program "no-such-program-here"`},
		{line: "no-such-program-here x | wc", err: `no program "no-such-program-here"`},
		{line: "FOO=1 no-such-program-here", err: `no program "no-such-program-here"`},
		{line: "FOO=1", err: "runs nothing"},
		{line: "./no-such-program-here", err: "no such file"},
		{line: "if true", err: "does not take it"}, {line: "(true", err: "does not take it"}, {line: "cat 'x", err: "does not take it"},
		{line: "mmap:advsie=random", err: "no program"},
		{line: "exec true", wanted: "none", err: "exec, which is no program"}, {line: "a | b", wanted: "none", err: "leave out --shell none"},
	} {
		shell, err := experiment.ShellFor(c.line, c.wanted)
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
		{"cat x", "", []string{"cat", "x"}}, {"cat x | wc", "", []string{"/bin/sh", "-c", "cat x | wc"}}, {"exec true", "", []string{"/bin/sh", "-c", "exec true"}},
		{"a | b", "none", []string{"a | b"}}, // of a plan that was changed: there is no such program
	} {
		if got := experiment.Argv(c.line, c.shell); !slices.Equal(got, c.want) {
			t.Errorf("%q by %q: %q", c.line, c.shell, got)
		}
	}
}

func TestWayOfAFile(t *testing.T) {
	const text = `output = "null"
exit-codes = [1, 0]
command-limit = "30s"
prepare = "sync"
conclude = "true"
shell = "/bin/sh"
[exec]
it = "true"
`
	e, err := experiment.Parse("x.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if keys := e.Way.Given(); !slices.Equal(keys, []string{"output", "exit-codes", "command-limit", "prepare", "conclude", "shell"}) {
		t.Errorf("given are %v", keys)
	}
	p, err := e.BuildExec()
	if err != nil {
		t.Fatal(err)
	}
	want := results.Way{Shell: "/bin/sh", Output: "null", ExitCodes: []int{0, 1}, Limit: 30 * time.Second, Prepare: "sync", Conclude: "true"}
	if got := p.Commands[0].Way; !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if over := (experiment.Way{Output: "file", ExitCodes: []int{2}}).Over(e.Way); over.Output != "file" || over.Prepare != "sync" || !slices.Equal(over.ExitCodes, []int{2}) {
		t.Errorf("%+v", over)
	}
	for text, want := range map[string]string{
		"exit-codes = '0,1'": "", "exit-codes = [0, 256]\n[exec]\na='true'": "0 to 255", "exit-codes = 'x'": "want numbers",
		"command-limit = '0s'": "more than nothing", "output = 'pip'\n[exec]\na='true'": `did you mean "pipe"`,
	} {
		e, err := experiment.Parse("x.toml", []byte(text))
		if err == nil && e.IsExec() {
			_, err = e.BuildExec()
		}
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
