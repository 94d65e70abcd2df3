package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mmapbench/analysis"
	"mmapbench/analysis/verdict"
	"mmapbench/internal/host"
	"mmapbench/report/reporttest"
	"mmapbench/results"
)

// slower makes trials of a side take so many times as long, those of a cache
// state alone if one is given.
func slower(side, cache string, by float64) func(results.Arm) float64 {
	return func(a results.Arm) float64 {
		ms := map[string]float64{results.Cold: 40, results.Cached: 5, "": 800}[a.Cache]
		if a.Side == side && (cache == "" || a.Cache == cache) {
			ms *= by
		}
		return ms
	}
}

// anyRound is for what does not change in the course of the rounds.
func anyRound(ms func(results.Arm) float64) func(results.Arm, int) float64 {
	return func(a results.Arm, _ int) float64 { return ms(a) }
}

func gated(t *testing.T, run *results.Run) *analysis.Compared {
	t.Helper()
	c, err := analysis.Gate(analysis.Summarize(run), true)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func questions(t *testing.T, metrics string, rounds int) analysis.Questions {
	t.Helper()
	m, err := analysis.ParseMetrics(metrics, 0.05)
	if err != nil {
		t.Fatal(err)
	}
	return analysis.Questions{Metrics: m, Rules: verdict.OneLook(rounds)}
}

// oneSide is the run of a gate as an ordinary one, of the base alone.
func oneSide(workloads []string, noise float64, by float64) *results.Run {
	run := reporttest.Play(reporttest.Match{Workloads: workloads, Rounds: 24, Noise: noise, Took: anyRound(slower("", "", 1))})
	run.Header.Plan.Gate = nil
	var out results.Run
	out.Header = run.Header
	out.Header.Plan.Arms = nil
	id := map[int]int{}
	for _, a := range run.Header.Plan.Arms {
		if a.Side == results.SideBase {
			id[a.ID] = len(out.Header.Plan.Arms)
			a.ID, a.Side = id[a.ID], ""
			out.Header.Plan.Arms = append(out.Header.Plan.Arms, a)
		}
	}
	for _, tr := range run.Trials {
		if to, ok := id[tr.Arm]; ok {
			tr.Arm = to
			tr.Body.Wall = time.Duration(float64(tr.Body.Wall) * by)
			out.Trials = append(out.Trials, tr)
		}
	}
	return &out
}

// files compares a run with another one, of another machine if the kernel has a
// version.
func files(t *testing.T, kernel string, across bool, by float64) *analysis.Compared {
	t.Helper()
	base, fresh := oneSide([]string{"seqscan", "random"}, 0.01, 1), oneSide([]string{"seqscan", "random", "append"}, 0.01, by)
	fresh.Header.Host = host.Facts{Machine: host.Machine{KernelRelease: kernel}}
	base.Header.Host = host.Facts{Machine: host.Machine{KernelRelease: "6.12.9"}}
	c, err := analysis.Files(analysis.Summarize(base), analysis.Summarize(fresh), "monday.jsonl", "tuesday.jsonl", across, questions(t, "total", 24))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// levels compares backends, all that the plan has with the first.
func levels(t *testing.T) *analysis.Compared {
	t.Helper()
	run := reporttest.Run(reporttest.Shape{Targets: []string{"sd", "nvme"}, Workloads: []string{"seqscan", "random"},
		Backends: []string{"pread", "mmap", long}, Caches: []string{results.Cold, results.Cached}, Rounds: 48, Seed: 3})
	c, err := analysis.By(analysis.Summarize(run), "backend", "", questions(t, "total", 48))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// comparisons are what the golden files show, each judged for real.
var comparisons = map[string]func(t *testing.T) *analysis.Compared{
	"pass": func(t *testing.T) *analysis.Compared { return gated(t, reporttest.Gate(48, 0.01, slower("", "", 1))) },
	"regression": func(t *testing.T) *analysis.Compared {
		return gated(t, reporttest.Gate(48, 0.01, slower(results.SideNew, results.Cached, 1.2)))
	},
	"improvement": func(t *testing.T) *analysis.Compared {
		return gated(t, reporttest.Play(reporttest.Match{Rounds: 48, Noise: 0.01, Seed: 1, Took: anyRound(slower(results.SideNew, "", 0.8)),
			Factor: results.GateBackend, Base: "pread", New: "mmap:private,populate"}))
	},
	"levels":       levels,
	"inconclusive": func(t *testing.T) *analysis.Compared { return gated(t, reporttest.Gate(24, 0.2, slower("", "", 1))) },
	"short":        func(t *testing.T) *analysis.Compared { return gated(t, reporttest.Gate(3, 0.01, slower("", "", 1))) },
	"control": func(t *testing.T) *analysis.Compared {
		return gated(t, reporttest.Gate(48, 0.01, slower(results.SideControl, "", 1.2)))
	},
	// Fault counts that differ, one that is too small to matter, and bytes that
	// are not known for one of the workloads.
	"metrics": func(t *testing.T) *analysis.Compared {
		run := reporttest.Play(reporttest.Match{Workloads: []string{"seqscan", "random", "append"}, Rounds: 48, Noise: 0.01,
			Metrics: []results.GateMetric{{Name: "total", Tolerance: 0.05}, {Name: "faults", Tolerance: 0.1}, {Name: "device-bytes", Tolerance: 0.2}},
			Took:    anyRound(slower("", "", 1)),
			Faults: func(a results.Arm) int64 {
				switch {
				case a.Workload == "append":
					return map[string]int64{results.SideNew: 7}[a.Side]
				case a.Workload == "random" && a.Side == results.SideNew:
					return 12_345
				}
				return 4096
			},
			Bytes: func(a results.Arm) int64 { return 1 << 20 }})
		for i := range run.Trials {
			if run.Header.Plan.Arms[run.Trials[i].Arm].Workload == "append" {
				run.Trials[i].Device = nil
			}
		}
		return gated(t, run)
	},
	"commands": func(t *testing.T) *analysis.Compared {
		return gated(t, reporttest.Play(reporttest.Match{Factor: results.GateExec, Base: "grep -c x data | tail -1", New: "./grep2 <data *.log",
			Workloads: []string{results.Exec}, Rounds: 48, Noise: 0.03, Took: anyRound(slower(results.SideNew, results.Cached, 1.5))}))
	},
	"missing": func(t *testing.T) *analysis.Compared {
		run := reporttest.Gate(48, 0.01, slower("", "", 1))
		for i := range run.Trials {
			if tr := &run.Trials[i]; tr.Round%4 == 1 && tr.Arm == 2 {
				tr.Error = &results.TrialError{Kind: results.ErrorTimeout, Text: "no answer"}
			}
		}
		return gated(t, run)
	},
	"disturbed": func(t *testing.T) *analysis.Compared {
		run := reporttest.Gate(48, 0.01, slower("", "", 1))
		for i := range run.Trials {
			if tr := &run.Trials[i]; tr.Round%6 == 1 {
				tr.Warnings = []string{results.WarnForeignIO}
			}
		}
		return gated(t, run)
	},
	// The new side falls back half way.
	"drift": func(t *testing.T) *analysis.Compared {
		return gated(t, reporttest.Play(reporttest.Match{Caches: []string{results.Cached}, Rounds: 48, Noise: 0.01,
			Took: func(a results.Arm, round int) float64 {
				if a.Side == results.SideNew && round > 17 {
					return 5.6
				}
				return 5
			}}))
	},
	"unpaired": func(t *testing.T) *analysis.Compared { return files(t, "6.12.9", false, 1) },
	"refused":  func(t *testing.T) *analysis.Compared { return files(t, "6.18.1", false, 1.3) },
	"across":   func(t *testing.T) *analysis.Compared { return files(t, "6.18.1", true, 1.3) },
}

func TestComparisonsLookAsTheyDid(t *testing.T) {
	for name, make := range comparisons {
		c := make(t)
		for ending, opts := range map[string]Options{
			"80.txt": {Width: 80}, "120.txt": {Width: 120}, "160.txt": {Width: 160}, "100-color.txt": {Width: 100, Color: true},
			"md": {Format: Markdown}, "csv": {Format: CSV}, "json": {Format: JSON},
		} {
			var got bytes.Buffer
			if err := Compare(&got, c, opts); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", "compare", name+"."+ending)
			if *update {
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", path, diff)
			}
		}
	}
}

func compared(t *testing.T, name string, opts Options) string {
	t.Helper()
	var got bytes.Buffer
	if err := Compare(&got, comparisons[name](t), opts); err != nil {
		t.Fatal(err)
	}
	return got.String()
}

func TestComparisonSaysWhatMatters(t *testing.T) {
	for name, want := range map[string][]string{
		"pass":         {"PASS", "outcome: PASS (exit code 0)", "paired by round", "Tolerance 5% (total), 10% (faults)", "ended after 12", "in all 4 controls"},
		"regression":   {"REGRESSION", "outcome: REGRESSION (exit code 1): 1 of 4"},
		"improvement":  {"IMPROVEMENT", "outcome: PASS", "2 of 2 comparisons are faster"},
		"inconclusive": {"INCONCLUSIVE", "outcome: INCONCLUSIVE (exit code 3, or 0 with --inconclusive pass)", "Open:", "It ended after 24 of 48 rounds: a larger --budget", "Control open: seqscan 64k cold pread by total", "rounds"},
		"short":        {"cut short, with a last one after 3", "Too few values: all comparisons", "n<9"},
		"control":      {"INVALID", "outcome: INVALID (exit code 4)", "Control FAILED: seqscan 64k cold pread by total: the base differs from itself"},
		"metrics":      {"device-bytes", "comparisons are above the base, by ", "less than 64 counts as that", "append 64k pread data by device-bytes", "seqscan on here,"},
		"commands":     {"Command “./grep2 <data *.log” against “grep -c x data | tail -1”", "commands on here"},
		"levels":       {"Each backend against pread", "random on nvme, records of 64 KiB"},
		"missing":      {"Missing: up to 12 rounds", "36/48", "outcome: INCONCLUSIVE"},
		"disturbed":    {"Disturbed: 8 rounds left out of the 2 comparisons that this can reach, with foreign-io", "Disturbed and kept: 8 rounds with foreign-io", "--target shm=/dev/shm"},
		"drift":        {"Drift: ", "outcome: INCONCLUSIVE"},
		"unpaired":     {"unpaired: their rounds", "Left out, without a counterpart", "outcome: PASS, unpaired"},
		"refused":      {"outcome: INVALID, unpaired (exit code 4)", "Refused, as the sides are not comparable: kernel", "--across"},
		"across":       {"outcome: REGRESSION, unpaired, across", "Across: the sides differ in more than what is compared", "kernel: 6.12.9"},
	} {
		got := compared(t, name, Options{})
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: no %q in\n%s", name, w, got)
			}
		}
	}
}

// TestComparisonFits wants that no line is too long and that both medians, the
// bounds and the verdict are there in any case.
func TestComparisonFits(t *testing.T) {
	for name, make := range comparisons {
		c := make(t)
		for _, width := range []int{80, 100, 120, 160} {
			var got bytes.Buffer
			if err := Compare(&got, c, Options{Width: width}); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(got.String()) {
				if n := textWidth(strings.TrimRight(line, "\n")); n > width {
					t.Errorf("%s: a line of %d columns, not %d: %s", name, n, width, line)
				}
			}
			for _, head := range []string{"base", "new", "ratio", "could", "verdict"} {
				if !strings.Contains(got.String(), head) {
					t.Errorf("%s at %d columns: no column %s", name, width, head)
				}
			}
		}
	}
}

// TestEveryVerdictBearsItsMarks wants the words beside each verdict, and the
// colours never without them.
func TestEveryVerdictBearsItsMarks(t *testing.T) {
	for name, mark := range map[string]string{"unpaired": "PASS, unpaired", "refused": "INVALID, unpaired", "across": "REGRESSION, unpaired, across"} {
		for _, opts := range []Options{{}, {Color: true}, {Format: Markdown, Color: true}} {
			got := compared(t, name, opts)
			if n := strings.Count(got, mark); n != 5 { // four rows, and the outcome
				t.Errorf("%s as %q: %d verdicts bear %q, want 5:\n%s", name, opts.Format, n, mark, got)
			}
			if painted := strings.Contains(got, "\x1b"); painted != (opts.Color && opts.Format != Markdown) {
				t.Errorf("%s as %q, colour %v: colours are in it: %v", name, opts.Format, opts.Color, painted)
			}
		}
	}
}

func TestComparisonMarkdownIsATable(t *testing.T) {
	got := compared(t, "commands", Options{Format: Markdown})
	bars := -1
	for line := range strings.Lines(got) {
		if !strings.HasPrefix(line, "|") {
			continue
		}
		n := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|")
		if bars >= 0 && n != bars {
			t.Errorf("%d bars, not %d: %s", n, bars, line)
		}
		bars = n
	}
	if bars < 0 || strings.Contains(got, "<data") {
		t.Errorf("no table, or a < that begins a tag:\n%s", got)
	}
}

// TestComparisonCSV wants a line per question, with the figures of the JSON.
func TestComparisonCSV(t *testing.T) {
	rows, err := csv.NewReader(strings.NewReader(compared(t, "metrics", Options{Format: CSV}))).ReadAll()
	if err != nil { // a line of another length too
		t.Fatal(err)
	}
	s := SummarizeComparison(comparisons["metrics"](t))
	if len(rows) != 1+len(s.Rows)+len(s.Controls) {
		t.Fatalf("%d lines for %d rows and %d controls", len(rows), len(s.Rows), len(s.Controls))
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	absent := 0
	for i, r := range slices.Concat(s.Rows, s.Controls) {
		line := rows[i+1]
		for name, want := range map[string]string{"metric": r.Metric, "verdict": r.Verdict, "ratio": number(r.Ratio), "workload": r.Workload, "floored": fmt.Sprint(r.Floored)} {
			if got := line[column[name]]; got != want {
				t.Errorf("line %d: %s is %q, want %q", i+1, name, got, want)
			}
		}
		if line[column["ratio"]] == "" {
			absent++
		}
	}
	if absent != 2 {
		t.Errorf("%d lines without a ratio, want that of the bytes that are not known and of its control", absent)
	}
}

func TestComparisonJSONIsComplete(t *testing.T) {
	var s ComparisonSummary
	if err := json.Unmarshal([]byte(compared(t, "regression", Options{Format: JSON})), &s); err != nil {
		t.Fatal(err)
	}
	if s.Format != "mmapbench-comparison" || s.Outcome != "regression" || s.ExitCode != 1 || len(s.Rows) != 4 || len(s.Controls) != 4 {
		t.Errorf("%+v", s)
	}
	for _, r := range s.Rows {
		if r.Ratio == nil || r.Pass == nil || !(r.Pass.Low <= *r.Ratio && *r.Ratio <= r.Pass.High) || r.Pairs == 0 || r.Cache == "" {
			t.Errorf("%+v", r)
		}
	}
	if s := SummarizeComparison(comparisons["inconclusive"](t)); s.Rows[0].ToPass == nil || *s.Rows[0].ToPass < s.Rounds {
		t.Errorf("rounds to pass: %v after %d that did not do", s.Rows[0].ToPass, s.Rounds)
	}
	var got bytes.Buffer
	if err := Compare(&got, comparisons["pass"](t), Options{Format: "yaml"}); err == nil {
		t.Error("an unknown format was accepted")
	}
}

// TestInfiniteIsAbsent: JSON has no number for it.
func TestInfiniteIsAbsent(t *testing.T) {
	for _, f := range []float64{math.Inf(1), math.Inf(-1), math.NaN()} {
		if finite(&f) != nil || summaryBounds(&verdict.Bounds{Low: f, High: 1}) != nil {
			t.Errorf("%v was kept", f)
		}
	}
}
