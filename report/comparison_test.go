package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
		ms := map[string]float64{results.Cold: 40, results.Cached: 5}[a.Cache]
		if a.Side == side && (cache == "" || a.Cache == cache) {
			ms *= by
		}
		return ms
	}
}

func gated(t *testing.T, run *results.Run) *analysis.Compared {
	t.Helper()
	c, err := analysis.Gate(run, true)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func files(t *testing.T, across bool, by float64) *analysis.Compared {
	t.Helper()
	q := analysis.Questions{Rules: verdict.OneLook(24)}
	var err error
	if q.Metrics, err = analysis.ParseMetrics("total", 0.05); err != nil {
		t.Fatal(err)
	}
	base, fresh := reporttest.Gate(24, 0.01, slower("", "", 1)), reporttest.Gate(24, 0.01, slower(results.SideNew, "", by))
	if by != 1 {
		fresh.Header.Host = host.Facts{Machine: host.Machine{KernelRelease: "6.18.1"}}
	}
	c, err := analysis.Files(base, fresh, "monday.jsonl", "tuesday.jsonl", across, q)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// levels compares the sides as if they were any factor.
func levels(t *testing.T) *analysis.Compared {
	t.Helper()
	q := analysis.Questions{Rules: verdict.OneLook(48)}
	var err error
	if q.Metrics, err = analysis.ParseMetrics("total", 0.05); err != nil {
		t.Fatal(err)
	}
	c, err := analysis.By(reporttest.Gate(48, 0.01, slower(results.SideNew, "", 0.8)), "side", results.SideBase, q)
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
	"improvement":  levels,
	"inconclusive": func(t *testing.T) *analysis.Compared { return gated(t, reporttest.Gate(24, 0.2, slower("", "", 1))) },
	"control": func(t *testing.T) *analysis.Compared {
		return gated(t, reporttest.Gate(48, 0.01, slower(results.SideControl, "", 1.2)))
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
	"unpaired": func(t *testing.T) *analysis.Compared { return files(t, false, 1) },
	"refused":  func(t *testing.T) *analysis.Compared { return files(t, false, 1.3) },
	"across":   func(t *testing.T) *analysis.Compared { return files(t, true, 1.3) },
}

func TestComparisonsLookAsTheyDid(t *testing.T) {
	for name, make := range comparisons {
		c := make(t)
		for ending, opts := range map[string]Options{
			"80.txt": {Width: 80}, "120.txt": {Width: 120}, "100-color.txt": {Width: 100, Color: true},
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

func TestComparisonSaysWhatMatters(t *testing.T) {
	for name, want := range map[string][]string{
		"pass":         {"PASS", "outcome: PASS", "paired by round"},
		"regression":   {"REGRESSION", "outcome: REGRESSION"},
		"improvement":  {"IMPROVEMENT", "outcome: PASS"},
		"inconclusive": {"INCONCLUSIVE", "outcome: INCONCLUSIVE", "Open:"},
		"control":      {"INVALID", "outcome: INVALID", "the base differs from itself"},
		"missing":      {"gave no pair", "outcome: INCONCLUSIVE"},
		"disturbed":    {"foreign-io in more than a quarter"},
		"unpaired":     {"unpaired"},
		"refused":      {"outcome: INVALID", "Not comparable: kernel", "--across"},
		"across":       {"REGRESSION unpaired across", "Compared across a difference: kernel"},
	} {
		c := comparisons[name](t)
		var got bytes.Buffer
		if err := Compare(&got, c, Options{Width: 120}); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(got.String(), w) {
				t.Errorf("%s: no %q in\n%s", name, w, got.String())
			}
		}
		if name == "unpaired" || name == "across" {
			for _, r := range c.Rows {
				if n := strings.Count(got.String(), " unpaired"); n < len(c.Rows) {
					t.Errorf("%s: %d of %d verdicts stand beside the word unpaired (%v)", name, n, len(c.Rows), r.Verdict)
				}
			}
		}
		for line := range strings.Lines(got.String()) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); n > 120 {
				t.Errorf("%s: a line of %d columns: %s", name, n, line)
			}
		}
	}
}

func TestComparisonJSONIsComplete(t *testing.T) {
	var got bytes.Buffer
	if err := Compare(&got, comparisons["regression"](t), Options{Format: JSON}); err != nil {
		t.Fatal(err)
	}
	var s ComparisonSummary
	if err := json.Unmarshal(got.Bytes(), &s); err != nil {
		t.Fatal(err)
	}
	if s.Outcome != "regression" || len(s.Rows) != 4 || len(s.Controls) != 4 || s.Rows[0].Ratio == nil {
		t.Errorf("%+v", s)
	}
	if err := Compare(&got, comparisons["pass"](t), Options{Format: "yaml"}); err == nil {
		t.Error("an unknown format was accepted")
	}
}
