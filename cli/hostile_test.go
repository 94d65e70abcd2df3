//go:build linux && !386 && !arm

package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mmapbench/internal/plain"
	"mmapbench/internal/reason"
	"mmapbench/report/document"
	"mmapbench/report/export"
	"mmapbench/report/reporttest"
	"mmapbench/results"
)

// hostileRun writes a run file in which every text that a writer may show has
// characters that a terminal obeys.
func hostileRun(t *testing.T, dir, name string, started time.Time) string {
	t.Helper()
	const bad = "\x1b[31m\r\nx\u202e\u009b\x7f,\"|"
	run := reporttest.Run(reporttest.Shape{Rounds: 8, Backends: []string{"pread", "mmap"}})
	run.Header.Started = started
	p := &run.Header.Plan
	p.Name += bad
	for i := range p.Targets {
		p.Targets[i].Name += bad
		p.Targets[i].Dir += bad
	}
	for i := range p.Calibration {
		p.Calibration[i].Target += bad
	}
	for i := range p.Arms {
		a := &p.Arms[i]
		a.Target += bad
		a.Workload += bad
		a.Backend += bad
	}
	p.LeftOut = append(p.LeftOut, results.LeftOut{Arm: bad, Why: reason.Reason{Code: bad, Detail: bad}})
	run.Header.Tool.Version += bad
	run.Header.Host.Machine.Model += bad
	for i := range run.Header.Host.Targets {
		run.Header.Host.Targets[i].Name += bad
	}
	run.Header.Warnings = append(run.Header.Warnings, results.Warning{Code: bad, About: bad, Detail: bad})
	path := filepath.Join(dir, name)
	w, err := results.Create(path, run.Header)
	if err != nil {
		t.Fatal(err)
	}
	for i, tr := range run.Trials {
		tr.Warnings = append(tr.Warnings, bad)
		if i == 0 {
			tr.Error = &results.TrialError{Kind: bad, Text: "it said " + bad}
		}
		if i == 1 {
			tr.Excluded = bad
		}
		if err := w.Append(tr); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(results.End{Status: results.EndError, Reason: bad}); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestNothingOfAFileIsObeyed renders a hostile file in every format.
func TestNothingOfAFileIsObeyed(t *testing.T) {
	dir := t.TempDir()
	day := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	file, other := hostileRun(t, dir, "a.jsonl", day), hostileRun(t, dir, "b.jsonl", day.AddDate(0, 0, 1))
	var calls [][]string
	for _, f := range document.Formats {
		calls = append(calls, []string{"report", "--charts", "svg", "--format", f, file},
			[]string{"history", "--charts", "none", "--format", f, dir})
	}
	for _, f := range comparisonFormats() {
		calls = append(calls, []string{"compare", "--format", f, file, "--by", "backend"},
			[]string{"compare", "--format", f, file, other})
	}
	for _, f := range export.RunFormats() {
		calls = append(calls, []string{"export", f.Name, file})
	}
	for _, args := range calls {
		code, stdout, stderr := exit(t, args...)
		nothing := slices.Contains(args, "annotations") && slices.Contains(args, "--by") // an answer is no finding
		if code == ExitUsage || (stdout == "") != nothing {
			t.Errorf("%q: exit %d, %q, %q", args, code, stdout, stderr)
		}
		// CSV ends its lines in CR LF.
		for _, line := range strings.FieldsFunc(stdout+stderr, func(r rune) bool { return r == '\n' }) {
			if line = strings.TrimSuffix(strings.ReplaceAll(line, "\t", ""), "\r"); !plain.Is(line) {
				t.Errorf("%q: %q", args, line)
			}
			if line == `x\u202e` || strings.HasPrefix(line, "x\u202e") {
				t.Errorf("%q: a line feed in a name begins a line: %q", args, line)
			}
		}
		if strings.HasSuffix(strings.Join(args, " "), "--format json "+file) && !json.Valid([]byte(stdout)) {
			t.Errorf("%q: no JSON", args)
		}
	}
	charts, err := filepath.Glob(filepath.Join(dir, "a", "*.svg"))
	if err != nil || len(charts) == 0 {
		t.Fatalf("charts %v, %v", charts, err)
	}
	for _, path := range charts {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(string(text), "\x1b\u202e\u009b\x7f") {
			t.Errorf("%s has a control character", path)
		}
	}
}

// TestNamesThatCannotBeShown are refused before anything is written.
func TestNamesThatCannotBeShown(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, name := range []string{"caf\xe9", "two\nlines", "esc\x1b[31m"} {
		if err := os.Mkdir(name, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		"a\x1b.toml":  "workload = 'seqscan'",
		"slash.toml":  "name = '../x'\nworkload = 'seqscan'",
		"escape.toml": "name = \"a\\u001B[31m\"\nworkload = 'seqscan'",
		"target.toml": "workload = 'seqscan'\n[target]\n\"a\\nb\" = '.'",
		"f\xe9":       "data",
	} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	before := tree(t, dir)
	for _, args := range [][]string{
		{"run", "--target", "\x1b[31mred=."},
		{"run", "--target", "a\nb=."},
		{"run", "--target", "\u202ered=."},
		{"run", "--target", "two\nlines"}, // named after the directory
		{"run", "--target", "p=caf\xe9"},
		{"run", "./a\x1b.toml"},
		{"run", "slash.toml"},
		{"run", "escape.toml"},
		{"run", "target.toml"},
		{"run", "--exec", "cat f\xe9"},
		{"run", "--exec", "c=cat", "--file", "f\xe9"},
		{"run", "--baseline", "a\x1bb"},
		{"gate", "--base", "target:caf\xe9", "--new", "target:two\nlines"},
		{"gate", "--base", "exec:cat f\xe9", "--new", "exec:true"},
	} {
		code, stdout, stderr := exit(t, args...)
		if code != ExitUsage || stdout != "" || !plain.Is(strings.ReplaceAll(stderr, "\n", "")) ||
			!strings.Contains(stderr, "UTF-8") && !strings.Contains(stderr, "slash") {
			t.Errorf("%q: exit %d, %q, %q", args, code, stdout, stderr)
		}
	}
	if after := tree(t, dir); after != before {
		t.Errorf("left behind:\n%s\nbefore:\n%s", after, before)
	}
	// A directory with a line feed is as good as any, and is shown in one line.
	code, _, stderr := exit(t, "run", "--dry-run", "--target", "p=two\nlines", "--workload", "seqscan", "--size", "1M")
	if code != ExitOK || !strings.Contains(stderr, `two\nlines`) {
		t.Errorf("exit %d, %q", code, stderr)
	}
}
