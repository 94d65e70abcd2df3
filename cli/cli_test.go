//go:build linux && !386 && !arm

package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"mmapbench/results/resultstest"
)

// TestMain makes the test binary the program: as a process that it starts, and under
// its name in the scripts.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "worker" || len(os.Args) > 2 && os.Args[1] == "lab-child" {
		os.Exit(Main())
	}
	testscript.Main(m, map[string]func(){"mmapbench": func() { os.Exit(Main()) }})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"validate": validate,
			"cut":      cut,
			"latest":   latest,
		},
	})
}

// validate FILE holds a run file against the published schema.
func validate(ts *testscript.TestScript, neg bool, args []string) {
	for _, path := range glob(ts, args) {
		if err := resultstest.Validate([]byte(ts.ReadFile(path))); (err != nil) != neg {
			ts.Fatalf("%s: %v", path, err)
		}
	}
}

// cut FILE LINES BYTES keeps the first lines of a file and some bytes of the
// next, as a crash may.
func cut(ts *testscript.TestScript, _ bool, args []string) {
	path := glob(ts, args[:1])[0]
	lines := strings.SplitAfter(ts.ReadFile(path), "\n")
	if len(lines) < 5 {
		ts.Fatalf("%s has only %d lines", path, len(lines))
	}
	ts.Check(os.WriteFile(path, []byte(strings.Join(lines[:4], "")+lines[4][:30]), 0o644))
}

// latest DIR gives the run file in a folder a name that can be told beforehand.
func latest(ts *testscript.TestScript, _ bool, args []string) {
	paths := glob(ts, []string{args[0] + "/*.jsonl"})
	ts.Check(os.Rename(paths[len(paths)-1], filepath.Join(filepath.Dir(paths[0]), "latest.jsonl")))
}

func glob(ts *testscript.TestScript, args []string) []string {
	paths, err := filepath.Glob(ts.MkAbs(args[0]))
	if err != nil || len(paths) == 0 {
		ts.Fatalf("no file matches %s", args[0])
	}
	return paths
}

// exit runs the program inside this process and returns its exit code.
func exit(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	a := &app{in: strings.NewReader(""), out: &out, err: &errs, catalogue: catalogue()}
	return a.main(args), out.String(), errs.String()
}

// TestBadInput checks that bad input is exit 2, names the fix, and leaves
// nothing behind.
func TestBadInput(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("file", "not a directory")
	write("text.jsonl", "hello\n")
	write("empty.jsonl", "")
	write("other.jsonl", `{"type":"header","format":"mmapbench-run","schema":99}`+"\n")
	write("cut.jsonl", `{"type":"header","format":"mmapbench-run","sch`)
	write("bad.toml", "name = 'x'\nrecrod = ['4k']\n")
	before := tree(t, dir)
	for _, tt := range []struct {
		args string
		says string
	}{
		{"rnu", `unknown command "rnu": did you mean "run"? (known: run, record, gate, `},
		{"rnu --size 4k", `unknown command "rnu": did you mean "run"?`},
		{"--target x=/tmp", "say 'mmapbench run --target …'"},
		{"--size=1M", "say 'mmapbench run --size …'"},
		{"-q", "say 'mmapbench run -q …'"},
		{"--nosuch", "see 'mmapbench --help'"},
		{"help rnu", `did you mean "run"?`},
		{"help lab cpoy", `did you mean "copy"?`},
		{"help run quick", `unknown command "quick"`},
		{"completion bsah", `did you mean "bash"?`},
		{"run quick full", "run takes at most one experiment, and was given 2 arguments\nusage: " +
			"mmapbench run [EXPERIMENT]"},
		{"run --target=", "--target is empty"},
		{"export", "export takes a format and one or more run files (formats: gobench, "},
		{"export gobench", "and was given 1 argument\nusage: mmapbench export FORMAT FILE…"},
		{"export gobnech", `did you mean "gobench"?`},
		{"env here", "env takes no arguments"},
		{"version 1", "version takes no arguments"},
		{"lab counter incremnt n", `did you mean "increment"?`},
		{"lab counter show", "lab counter show takes one file"},
		{"run --sise 4k", "unknown flag"},
		{"run quik", `did you mean "quick"?`},
		{"run nosuch.toml", "no such file"},
		{"run bad.toml", `bad.toml:2:1: unknown key "recrod": did you mean "record"?`},
		{"run --workload radnom", `did you mean "random"?`},
		{"run --backend preed", `did you mean "pread"?`},
		{"run --backend mmap:popluate", `did you mean "populate"?`},
		{"run --backend mmap:populate=1", "takes no value"},
		{"run --backend mmap:advise", "needs a value"},
		{"run --cache hot", "known: cold, cached"},
		{"run --size 0", "at least one byte"},
		{"run --size -4k", "negative"},
		{"run --size 9999999999999999999G", "too large"},
		{"run --size 4k --record 8k", "larger than the file"},
		{"run --record 4k,", "empty element"},
		{"run --rounds 0", "at least 1"},
		{"run --rounds x", `--rounds: "x" must be a whole number`},
		{"run --rounds 2000000", "--rounds: 2000000 must be at least 1 and at most 1000000"},
		{"run --seed x", `--seed: "x" must be a whole number that is not negative`},
		{"run --cooldown NaN", "--cooldown: NaN must be"},
		{"run --duration 25h", "--duration: 25h0m0s must be"},
		{"run --budget 9000h", "--budget: 9000h0m0s must be"},
		{"run --backend map", `--backend: unknown backend "map": did you mean "mmap"?`},
		{"run --latency no", `--latency: unknown latency mode "no"`},
		{"run --ops 9000000000000000000", "--ops: "},
		{"run --budget 5", `--budget: "5" must be a number with a unit`},
		{"run --budget -5s", "more than nothing"},
		{"run --size 900000G", "not enough space"},
		{"run --target nosuchdir", "no such directory"},
		{"run --target here=file", "not a directory"},
		{"run --target a=. --target b=.", "the same directory"},
		{"run --format yaml", "known: table, markdown, csv, json"},
		{"run --charts gif", "unknown chart \"gif\""},
		{"run --workload append --backend mmap:private", "nothing is left to run"},
		{"run --resume nosuch.jsonl", "no such file"},
		{"run --resume text.jsonl", "not a run file"},
		{"run --resume x.jsonl --size 4k", "no flag that changes the plan"},
		{"report", "report takes one or more run files, and was given nothing"},
		{"report nosuch.jsonl", "no such file"},
		{"report text.jsonl", "not a run file"},
		{"report empty.jsonl", "empty"},
		{"report other.jsonl", "version 99"},
		{"report cut.jsonl", "cut off"},
		{"history", "there is no folder results here"},
		{"history nosuchdir", "no such file"},
		{"history . --format yaml", "known: table, markdown, csv, json"},
		{"history . --since soon", "want a date"},
		{"history . --since -3d", "want a date"},
		{"history . --backend mmap:popluate", `did you mean "populate"?`},
		{"run --baseline ../main", "a slash would lead to another folder"},
		{"run --baseline .main", "must not begin with"},
		{"run --resume x.jsonl --baseline a/b", "a slash would lead to another folder"},
		{"list everything", "known: workloads"},
		{"clean nosuchdir", "nosuchdir does not exist; name a directory that is there"},
		{"clean . .", "clean takes at most one directory, and was given 2 arguments"},
		{"worker", "standard input"},
		{"lab editt", `did you mean "edit"?`},
		{"lab edit file", "want FILE and TEXT"},
		{"lab edit --backup", "give FILE and TEXT"},
		{"lab copy a b --force", "unknown flag: --force"},
		{"lab copy a", "want SRC and DST"},
		{"lab copy --window 5", "multiple of the page size"},
		{"lab copy --window x", "--window"},
		{"lab align 4q", "whole number of bytes"},
		{"lab align --length 0", "at least one byte"},
		{"lab align --page 5k", "powers of two"},
		{"lab counter increment file --processes 0", "at least 1"},
		{"lab cow --wait -1s", "not be negative"},
		{"lab mistakes truncatd", `did you mean "truncated"?`},
		{"lab compare --dir nosuchdir", "does not exist"},
		{"lab-child", "by itself"},
		{"gate --base pread", "two sides"},
		{"gate --base nosuchthing --new pread", "no side"},
		{"gate --base pread --new mmap --metric x", "unknown metric"},
		{"gate --base pread --new mmap --inconclusive maybe", "pass or fail"},
		{"gate --base pread --new mmap --format yaml", "unknown format"},
		{"compare", "compare takes two sides, or one file with --by FACTOR"},
		{"compare nosuch.jsonl other.jsonl", "no such file"},
		{"compare a.jsonl b.jsonl --tolerance x", "tolerance"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			code, stdout, stderr := exit(t, strings.Fields(tt.args)...)
			if code != ExitUsage || !strings.Contains(stderr, tt.says) {
				t.Errorf("exit %d, want %d; standard error %q, want %q in it", code, ExitUsage, stderr, tt.says)
			}
			if stdout != "" {
				t.Errorf("standard output %q", stdout)
			}
		})
	}
	if after := tree(t, dir); after != before {
		t.Errorf("files before:\n%s\nafter:\n%s", before, after)
	}
}

func tree(t *testing.T, dir string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(names, "\n")
}

func TestCompletionKnowsTheNames(t *testing.T) {
	for args, want := range map[string]string{
		"run --workload ":              "seqscan",
		"run --workload seqscan,":      "seqscan,random",
		"run --backend ":               "mmap:advise=random",
		"run --cache ":                 "cold",
		"run --consumer ":              "touch",
		"run ":                         "quick",
		"list ":                        "backends",
		"report --format ":             "markdown",
		"history --workload ":          "seqscan",
		"history --backend mmap,":      "mmap,pread",
		"history --charts ":            "svg",
		"run --durability none --ch":   "--charts",
		"lab ":                         "mistakes",
		"lab mistakes ":                "truncated",
		"lab counter increment --how ": "atomic",
	} {
		_, stdout, _ := exit(t, append([]string{"__complete"}, strings.Split(args, " ")...)...)
		if !strings.Contains(stdout, want) {
			t.Errorf("completing %q offers %q, want %q in it", args, stdout, want)
		}
	}
}

func TestWhatIsAddedIsChecked(t *testing.T) {
	for name, add := range map[string]Option{
		"workloads": With(catalogue().Workloads[0]),
		"backends":  WithBackends(catalogue().Backends[0]),
	} {
		a := &app{catalogue: catalogue()}
		add(a)
		if err := a.catalogue.Check(); err == nil {
			t.Errorf("two %s of one name were accepted", name)
		}
	}
}
