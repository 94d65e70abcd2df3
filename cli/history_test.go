//go:build linux && !386 && !arm

package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mmapbench/report/reporttest"
	"mmapbench/results"
)

// store makes a folder of run files, one a day, of which the last three are slower
// by so much.
func store(t *testing.T, days int, by float64) string {
	t.Helper()
	dir := t.TempDir()
	for day := range days {
		run := reporttest.Run(reporttest.Shape{Workloads: []string{"seqscan", "random"},
			Backends: []string{"pread", "mmap:private,populate", "of-tomorrow"}, Rounds: 8, Seed: uint64(day)})
		run.Header.Started = time.Date(2026, 1, 1+day, 3, 0, 0, 0, time.UTC)
		w, err := results.Create(filepath.Join(dir, run.Header.Started.Format("20060102T150405Z")+"-nightly.jsonl"),
			run.Header)
		if err != nil {
			t.Fatal(err)
		}
		for _, tr := range run.Trials {
			if day >= days-3 {
				for _, p := range tr.Phases() {
					if p.Phase != nil {
						p.Wall = time.Duration(float64(p.Wall) * by)
					}
				}
			}
			if err := w.Append(tr); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(*run.End); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// told is what the command writes as JSON.
type told struct {
	Runs []struct {
		File      string
		Baselines []string
	}
	Trends []struct {
		Factors map[string]any
		Points  []struct{ Run int }
		Changes []struct {
			Point int
			Ratio float64
		}
	}
	LeftOut []struct{ File, Kind, Reason string } `json:"left_out"`
}

// historyOf runs the command.
func historyOf(t *testing.T, args ...string) told {
	t.Helper()
	code, out, errs := exit(t, append([]string{"history", "--format", "json", "--charts", "none"}, args...)...)
	if code != ExitOK {
		t.Fatalf("exit %d: %s", code, errs)
	}
	var h told
	if err := json.Unmarshal([]byte(out), &h); err != nil {
		t.Fatal(err)
	}
	return h
}

// TestHistoryFindsChanges goes all the way from files to the change, past
// files that are no runs, and with a regression exits well: it is no gate.
func TestHistoryFindsChanges(t *testing.T) {
	t.Setenv("COLUMNS", "160") // no line is broken within what is looked for
	dir := store(t, 12, 1.15)
	if err := os.WriteFile(filepath.Join(dir, "notes.jsonl"), []byte("buy milk\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "folder.jsonl"), 0o755); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "2*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := results.KeepBaseline(dir, "main", files[3]); err != nil {
		t.Fatal(err)
	}
	h := historyOf(t, dir)
	if len(h.Runs) != 12 || len(h.Trends) != 6 || len(h.LeftOut) != 2 {
		t.Fatalf("%d runs, %d trends, left out %+v", len(h.Runs), len(h.Trends), h.LeftOut)
	}
	if b := h.Runs[3].Baselines; len(b) != 1 || b[0] != "main" {
		t.Errorf("the fourth run is the baselines %q", b)
	}
	for _, tr := range h.Trends {
		if len(tr.Changes) != 1 || tr.Changes[0].Point != 9 || tr.Changes[0].Ratio < 1.1 {
			t.Errorf("%s %s: changes %+v, want one at 9 by 1.15", tr.Factors["workload"], tr.Factors["backend"],
				tr.Changes)
		}
	}
	if h := historyOf(t, dir, "--workload", "random", "--backend", "mmap:populate,private", "--backend",
		"of-tomorrow"); len(h.Trends) != 2 || h.Trends[0].Factors["backend"] != "mmap:private,populate" {
		t.Errorf("filtered: %+v", h.Trends)
	}
	if h := historyOf(t, dir, "--since", "2026-01-10"); len(h.Runs) != 3 {
		t.Errorf("since the tenth: %d runs", len(h.Runs))
	}
	if h := historyOf(t, files[0], files[5], filepath.Join(dir, "baselines", "main.jsonl")); len(h.Runs) != 3 ||
		h.Runs[1].Baselines[0] != "main" {
		t.Errorf("of three files: %+v", h.Runs)
	}
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"", ExitOK, "6 of 6 arms changed"},
		{"--exit-code", ExitProblem, "6 of 6 arms changed"},
		{"--exit-code --workload random --acknowledge all --note known --ticket T-1", ExitOK, "3 of 3 arms changed"},
		{"--exit-code", ExitProblem, "; 3 acknowledged"},
		{"--exit-code --workload seqscan --hide all", ExitOK, "Changes of level: none is shown"},
		{"--exit-code", ExitOK, "3 of 6 arms changed, all random"},
		{"--hide 12345678", ExitUsage, ""},
		{"--note lonely", ExitUsage, ""},
		{"--anchor pread", ExitOK, "times over those of pread"},
		{"--anchor pread --format csv", ExitOK, ",time_over_anchor,"},
		{"--anchor paper", ExitUsage, ""},
		{"--order n", ExitOK, "without the label n"},
	} {
		args := append([]string{"history", dir, "--charts", "none"}, strings.Fields(c.args)...)
		if code, out, errs := exit(t, args...); code != c.code || !strings.Contains(out, c.says) {
			t.Errorf("%s: exit %d, want %d and %q: %s%s", c.args, code, c.code, c.says, out, errs)
		}
	}
	for args, says := range map[string]string{
		"--workload copy":     "no run has it",
		"--backend mmap":      "known: mmap:private,populate, of-tomorrow, pread",
		"--machine ffffffffe": "unknown fingerprint",
	} {
		if code, _, errs := exit(t, append([]string{"history", dir}, strings.Fields(args)...)...); code != ExitUsage ||
			!strings.Contains(errs, says) {
			t.Errorf("%s: exit %d: %s", args, code, errs)
		}
	}
}

func TestHistoryWritesCharts(t *testing.T) {
	dir := store(t, 2, 1)
	if code, out, errs := exit(t, "history", dir, "--charts", "svg"); code != ExitOK ||
		!strings.Contains(errs, "2 charts in "+filepath.Join(dir, "history")) {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	elsewhere := filepath.Join(t.TempDir(), "a", "b")
	if code, _, errs := exit(t, "history", dir, "--charts", "svg", "--out", elsewhere); code != ExitOK {
		t.Errorf("exit %d: %s", code, errs)
	}
	if charts, err := filepath.Glob(filepath.Join(elsewhere, "history-*.svg")); err != nil || len(charts) != 2 {
		t.Errorf("charts %q, %v", charts, err)
	}
	empty := t.TempDir()
	if code, out, _ := exit(t, "history", empty); code != ExitOK || !strings.Contains(out, "no run to show") {
		t.Errorf("an empty folder: exit %d: %s", code, out)
	}
	if tree(t, empty) != "" {
		t.Error("a folder for no charts was made")
	}
}

func TestParseSince(t *testing.T) {
	now := time.Date(2026, 3, 15, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"":                     {},
		"2026-01-31":           time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC),
		"2026-01-31T06:00:00Z": time.Date(2026, 1, 31, 6, 0, 0, 0, time.UTC),
		"30d":                  time.Date(2026, 2, 13, 12, 0, 0, 0, time.UTC),
		"90m":                  time.Date(2026, 3, 15, 10, 30, 0, 0, time.UTC),
	} {
		if got, err := parseSince(text, now); err != nil || !got.Equal(want) {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
}

func TestUTF8Locale(t *testing.T) {
	for _, c := range []struct {
		all, ctype, lang string
		want             bool
	}{
		{"", "", "", false}, {"", "", "C.UTF-8", true}, {"", "", "de_DE.utf8", true}, {"C", "", "C.UTF-8", false},
		{"", "en_US.UTF-8", "C", true}, {"", "", "POSIX", false},
	} {
		t.Setenv("LC_ALL", c.all)
		t.Setenv("LC_CTYPE", c.ctype)
		t.Setenv("LANG", c.lang)
		if got := utf8Locale(); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
