package comparison_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"mmapbench/analysis"
	"mmapbench/analysis/verdict"
	"mmapbench/internal/golden"
	"mmapbench/internal/host"
	"mmapbench/report/comparison"
	"mmapbench/report/document"
	"mmapbench/report/reporttest"
	"mmapbench/results"
)

// long is a backend whose name is broken in narrow tables.
const long = "mmap:private,populate,advise=random"

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
	run := reporttest.Play(reporttest.Match{Workloads: workloads, Rounds: 24, Noise: noise,
		Took: anyRound(slower("", "", 1))})
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
	base, fresh := oneSide([]string{"seqscan", "random"}, 0.01, 1),
		oneSide([]string{"seqscan", "random", "append"}, 0.01, by)
	fresh.Header.Host = host.Facts{Machine: host.Machine{KernelRelease: kernel}}
	base.Header.Host = host.Facts{Machine: host.Machine{KernelRelease: "6.12.9"}}
	fresh.Header.Started = fresh.Header.Started.Add(24 * time.Hour)
	c, err := analysis.Files(side("monday.jsonl", base), side("tuesday.jsonl", fresh),
		analysis.FileQuestion{Questions: questions(t, "total", 24), Across: across})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func side(name string, runs ...*results.Run) *analysis.Side {
	s := &analysis.Side{Folder: name + "/"}
	for i, run := range runs {
		s.Names, s.Runs = append(s.Names, fmt.Sprintf("%s%d", name, i)), append(s.Runs, analysis.Summarize(run))
	}
	if len(runs) == 1 {
		s.Names[0] = name
	}
	return s
}

// days compares three runs with three others that are slower by a factor; runs differ by
// a few percent. With an anchor it is by the ratio to pread.
func days(t *testing.T, anchor analysis.Anchor, by float64) *analysis.Compared {
	t.Helper()
	arms := func(d int, backend string, by float64) *results.Run {
		effect := []float64{1, 1.03, 0.98, 1.01, 0.97, 1.02}[d]
		run := reporttest.Play(reporttest.Match{Workloads: []string{"seqscan"}, Rounds: 12, Noise: 0.01,
			Seed: uint64(d), Took: anyRound(func(a results.Arm) float64 {
				took := effect * slower("", "", 1)(a)
				if a.Side == results.SideNew {
					took *= by
				}
				return took
			})})
		run.Header.Plan.Gate = nil
		run.Header.Started = run.Header.Started.Add(time.Duration(d) * 24 * time.Hour)
		arms := run.Header.Plan.Arms
		for i := range arms { // the control is the anchor, and the new side what is compared
			arms[i].Backend = map[string]string{results.SideBase: "read", results.SideControl: "pread",
				results.SideNew: backend}[arms[i].Side]
			arms[i].Side = ""
		}
		return run
	}
	var base, fresh []*results.Run
	for d := range 3 {
		base, fresh = append(base, arms(d, "mmap", 1)), append(fresh, arms(d+3, "mmap", by))
	}
	c, err := analysis.Files(side("main", base...), side("branch", fresh...),
		analysis.FileQuestion{Questions: questions(t, "total", 12), Anchor: anchor})
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
		return gated(t, reporttest.Play(reporttest.Match{Rounds: 48, Noise: 0.01, Seed: 1,
			Took:   anyRound(slower(results.SideNew, "", 0.8)),
			Factor: results.GateBackend, Base: "pread", New: "mmap:private,populate"}))
	},
	"levels":   levels,
	"runs":     func(t *testing.T) *analysis.Compared { return days(t, "", 1.4) },
	"anchored": func(t *testing.T) *analysis.Compared { return days(t, "pread", 1.4) },
	"inconclusive": func(t *testing.T) *analysis.Compared {
		return gated(t, reporttest.Gate(24, 0.2, slower("", "", 1)))
	},
	"short": func(t *testing.T) *analysis.Compared { return gated(t, reporttest.Gate(3, 0.01, slower("", "", 1))) },
	"control": func(t *testing.T) *analysis.Compared {
		return gated(t, reporttest.Gate(48, 0.01, slower(results.SideControl, "", 1.2)))
	},
	// Fault counts that differ, one that is too small to matter, and bytes that
	// are not known for one of the workloads.
	"metrics": func(t *testing.T) *analysis.Compared {
		run := reporttest.Play(reporttest.Match{Workloads: []string{"seqscan", "random", "append"}, Rounds: 48,
			Noise: 0.01,
			Metrics: []results.GateMetric{{Name: "total", Tolerance: 0.05}, {Name: "faults", Tolerance: 0.1},
				{Name: "device-bytes", Tolerance: 0.2}},
			Took: anyRound(slower("", "", 1)),
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
		return gated(t, reporttest.Play(reporttest.Match{Factor: results.GateExec, Base: "grep -c x data | tail -1",
			New:       "./grep2 <data *.log",
			Workloads: []string{results.Exec}, Rounds: 48, Noise: 0.03,
			Took: anyRound(slower(results.SideNew, results.Cached, 1.5))}))
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

// A look is a document in one format.
type look struct {
	format string
	width  int
	color  bool
}

func written(t *testing.T, c *analysis.Compared, as look) string {
	t.Helper()
	var got bytes.Buffer
	options := document.TextOptions{Width: as.width, Color: as.color}
	if err := document.Write(&got, comparison.Document(c), as.format, options); err != nil {
		t.Fatal(err)
	}
	return got.String()
}

func TestGolden(t *testing.T) {
	for name, build := range comparisons {
		c := build(t)
		for ending, as := range map[string]look{
			"80.txt": {width: 80}, "160.txt": {width: 160}, "100-color.txt": {width: 100, color: true},
			"md": {format: document.Markdown}, "csv": {format: document.CSV}, "json": {format: document.JSON},
		} {
			golden.Check(t, name+"."+ending, written(t, c, as))
		}
	}
}

func TestComparisonSaysWhatMatters(t *testing.T) {
	for name, want := range map[string][]string{
		"pass": {"PASS", "outcome: PASS (exit code 0)", "paired by round", "Tolerance 5% (total), 10% (faults)",
			"ended after 12", "in all 4 controls"},
		"regression":  {"REGRESSION", "outcome: REGRESSION (exit code 1): 1 of 4"},
		"improvement": {"IMPROVEMENT", "outcome: PASS", "2 of 2 comparisons are faster"},
		"inconclusive": {"INCONCLUSIVE", "outcome: INCONCLUSIVE (exit code 3, or 0 with --inconclusive pass)", "Open:",
			"It ended after 24 of 48 rounds: a larger --budget",
			"Control open: seqscan 64k cold pread by total", "rounds"},
		"short": {"cut short, with a last one after 3", "Too few values: all comparisons", "n<9"},
		"control": {"INVALID", "outcome: INVALID (exit code 4)",
			"Control FAILED: seqscan 64k cold pread by total: the base differs from itself"},
		"metrics": {"device-bytes", "comparisons are above the base, by ", "less than 64 counts as that",
			"append 64k pread data by device-bytes", "seqscan on here,"},
		"commands": {"Command “./grep2 <data *.log” against “grep -c x data | tail -1”", "commands on here"},
		"levels": {"Each backend against pread", "random on nvme, file of 256 MiB, records of 64 KiB",
			"Of 16 answers: 8 faster, 2 slower, 6 equal."},
		"missing": {"Missing: up to 12 rounds", "36/48", "outcome: INCONCLUSIVE"},
		"disturbed": {"Disturbed: 8 rounds left out of the 2 comparisons that this can reach, with foreign-io",
			"Disturbed and kept: 8 rounds with foreign-io", "--target shm=/dev/shm"},
		"drift": {"Drift: ", "outcome: INCONCLUSIVE"},
		"unpaired": {"unpaired: their rounds", "Left out, without a counterpart",
			"outcome: INCONCLUSIVE, unpaired (exit code 3",
			"with one run a side: how much runs differ from each other is not known; " +
				"give three a side, or --anchor ARM"},
		"runs": {"branch/ (3 runs) against main/ (3 runs), by one value of each run", "3+3 runs",
			"outcome: REGRESSION, by runs (exit code 1): 2 of 6 comparisons are slower, by 38% to 39%"},
		"anchored": {"by the ratio to pread within each round", "Anchor: pread. It is not shown to differ from itself",
			"outcome: REGRESSION, anchored (exit code 1): 2 of 4"},
		"refused": {"outcome: INVALID, unpaired (exit code 4)", "Refused, as the sides are not comparable: kernel",
			"--across"},
		"across": {"outcome: INCONCLUSIVE, unpaired, across", "Across: the sides differ in more than what is compared",
			"kernel: 6.12.9"},
	} {
		got := written(t, comparisons[name](t), look{})
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: no %q in\n%s", name, w, got)
			}
		}
	}
}

// TestFits holds that no line is too long, and that both medians, the bounds and the
// verdict are there in any case.
func TestFits(t *testing.T) {
	for name, build := range comparisons {
		c := build(t)
		for _, width := range []int{80, 100, 120, 160} {
			got := written(t, c, look{width: width})
			for line := range strings.Lines(got) {
				if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > width {
					t.Errorf("%s: a line of %d columns, not %d: %s", name, n, width, line)
				}
			}
			heads := []string{"base", "new", "speed", "could", "verdict"}
			switch {
			case c.Asked:
				heads = []string{"base", "new", "speed", "answer"}
			case c.Unpaired && c.BaseRuns < verdict.RunsOfBoth:
				heads = []string{"base", "new", "speed", "verdict"}
			}
			for _, head := range heads {
				if !strings.Contains(got, head) {
					t.Errorf("%s at %d columns: no column %s", name, width, head)
				}
			}
		}
	}
}

// TestEveryVerdictIsQualified holds the words beside each verdict, and that colors
// never stand without words.
func TestEveryVerdictIsQualified(t *testing.T) {
	for name, mark := range map[string]string{"unpaired": "INCONCLUSIVE, unpaired", "refused": "INVALID, unpaired",
		"across": "INCONCLUSIVE, unpaired, across"} {
		for _, as := range []look{{}, {color: true}, {format: document.Markdown, color: true}} {
			got := written(t, comparisons[name](t), as)
			if n := strings.Count(got, mark); n != 5 { // four rows, and the outcome
				t.Errorf("%s as %+v: %d verdicts bear %q, want 5:\n%s", name, as, n, mark, got)
			}
			colored := as.color && as.format != document.Markdown && name == "refused"
			if painted := strings.Contains(got, "\x1b"); painted != colored {
				t.Errorf("%s as %+v: colors are in it: %v", name, as, painted)
			}
		}
	}
}

func TestMarkdownIsATable(t *testing.T) {
	got := written(t, comparisons["commands"](t), look{format: document.Markdown})
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
