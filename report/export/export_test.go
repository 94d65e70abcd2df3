package export

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"mmapbench/analysis"
	"mmapbench/analysis/verdict"
	"mmapbench/internal/golden"
	"mmapbench/internal/host"
	"mmapbench/internal/reason"
	"mmapbench/report/reporttest"
	"mmapbench/results"
)

func whatever[T any](v T) *T { return &v }

// madeUp is a run with failures: a trial that was excluded, one that failed, and
// an arm of which nothing is left. The machine is known as far as it goes.
func madeUp(seed uint64) *results.Run {
	run := reporttest.Run(reporttest.Shape{Workloads: []string{"seqscan", "random"},
		Backends: []string{"pread", "mmap:private,advise=random"},
		Caches:   []string{results.Cold, results.Cached}, Rounds: 7, Seed: seed, Latency: true})
	run.Header.Host = host.Facts{
		Machine: host.Machine{Model: "Raspberry Pi 5 Model B Rev 1.0", KernelRelease: "6.12.25+rpt-rpi-2712",
			Arch: "aarch64", PageSize: 16 << 10},
		Processor: host.Processor{Model: "Cortex-A76", CPUs: whatever(int64(4))},
		Targets: []host.TargetFacts{{Name: "sd", FileSystem: "ext4",
			Device: &host.Device{Kind: host.KindSD, Name: "mmcblk0", Model: "SC64G"}}},
	}
	last := len(run.Header.Plan.Arms) - 1
	run.Trials[0].Excluded = reason.Excluded(results.Cold)
	run.Trials[1].Error = &results.TrialError{Kind: results.ErrorIO, Text: "pread: input/output error"}
	for i := range run.Trials {
		if run.Trials[i].Arm == last {
			run.Trials[i].Error = &results.TrialError{Kind: results.ErrorSIGBUS, Text: "at 0x7f0000000000"}
		}
	}
	return run
}

// usable counts the trials that madeUp left whole, and the arms that have any.
func usable(run *results.Run) (trials, arms int) {
	seen := map[int]bool{}
	for i := range run.Trials {
		if t := &run.Trials[i]; t.Usable() {
			trials++
			seen[t.Arm] = true
		}
	}
	return trials, len(seen)
}

// odd is a run of commands whose names have all that may end something: they
// have no size, no record and no device.
func odd() *results.Run {
	run := &results.Run{Header: results.Header{Plan: results.Plan{Name: "odd\nname"}}}
	for i, name := range oddNames {
		run.Header.Plan.Arms = append(run.Header.Plan.Arms, results.Arm{ID: i, Workload: results.Exec, Backend: name})
		for round := range 2 {
			run.Trials = append(run.Trials, results.Trial{Arm: i, Round: round, Laps: 1,
				Body: &results.Phase{Wall: 5e6, User: 1e6}})
		}
	}
	return run
}

var oddNames = []string{"a b", "a_b", "a/b", "a%2Fb", "a\tb", "a|b", "v-2", "v%2D2", `say "hi" \ bye`, "line\nbreak",
	"é", "<&>", "\xff"}

func exported(t *testing.T, format string, runs ...*results.Run) string {
	t.Helper()
	var b bytes.Buffer
	if err := Run(&b, format, summarized(runs...)...); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func exportedComparison(t *testing.T, format string, c *analysis.Compared) string {
	t.Helper()
	var b bytes.Buffer
	if err := Comparison(&b, format, c); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestFormatsLookAsTheyDid leaves out the Markdown, which is the report's.
func TestFormatsLookAsTheyDid(t *testing.T) {
	for _, f := range RunFormats() {
		if f.Name != "summary" && f.Name != "comment" {
			golden.Check(t, f.Name+".golden", exported(t, f.Name, madeUp(7)))
		}
	}
	for _, name := range []string{"junit", "annotations"} {
		for kind, c := range compared(t) {
			golden.Check(t, name+"-"+kind+".golden", exportedComparison(t, name, c))
		}
	}
}

// compared are judgements of made-up gates, and one of two files.
func compared(t *testing.T) map[string]*analysis.Compared {
	t.Helper()
	out := map[string]*analysis.Compared{}
	for name, c := range map[string]struct{ noise, fresh, control float64 }{
		"pass": {0.01, 1, 1}, "regression": {0.01, 1.3, 1}, "improvement": {0.01, 1, 1}, "inconclusive": {0.3, 1, 1},
		"invalid": {0.01, 1, 1.3},
	} {
		run := reporttest.Gate(48, c.noise, func(a results.Arm) float64 {
			switch a.Side {
			case results.SideNew:
				return 10 * c.fresh
			case results.SideControl:
				return 10 * c.control
			}
			return 10
		})
		got, err := analysis.Gate(analysis.Summarize(run), true)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = got
	}
	out["improvement"].Rows[0].Verdict = verdict.Improvement // a gate calls it a pass, which it can sooner
	out["unpaired"] = files(t, false)
	out["refused"] = files(t, true)
	return out
}

// files compares two files, of two machines if they are.
func files(t *testing.T, twoMachines bool) *analysis.Compared {
	t.Helper()
	base, fresh := madeUp(7), madeUp(8)
	if twoMachines {
		fresh.Header.Host.Machine.KernelRelease = "6.13.1"
	}
	m, err := analysis.ParseMetrics("total,faults", 0.05)
	if err != nil {
		t.Fatal(err)
	}
	fresh.Header.Started = fresh.Header.Started.Add(time.Hour)
	c, err := analysis.Files(&analysis.Side{Names: []string{"old.jsonl"}, Runs: summarized(base)},
		&analysis.Side{Names: []string{"new.jsonl"}, Runs: summarized(fresh)},
		analysis.FileQuestion{Questions: analysis.Questions{Metrics: m, Rules: verdict.OneLook(7)}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestUnknownFormatsNameTheNearest(t *testing.T) {
	if err := Run(new(bytes.Buffer), "gobnech", summarized(madeUp(7))...); err == nil ||
		!strings.Contains(err.Error(), `"gobench"`) {
		t.Errorf("run: %v", err)
	}
	if err := Comparison(new(bytes.Buffer), "junti", files(t, false)); err == nil ||
		!strings.Contains(err.Error(), `"junit"`) {
		t.Errorf("comparison: %v", err)
	}
}

// TestDocumentsHoldOneRun: two JSON documents in one file are none.
func TestDocumentsHoldOneRun(t *testing.T) {
	for _, f := range RunFormats() {
		var b bytes.Buffer
		err := Run(&b, f.Name, summarized(madeUp(7), madeUp(8))...)
		if f.Several != (err == nil) || err != nil && (b.Len() > 0 || !strings.Contains(err.Error(), "one by one")) {
			t.Errorf("%s of two runs: %v, %d bytes", f.Name, err, b.Len())
		}
	}
}

// TestNothingIsExportedAsNothing: a run without trials is a valid export of each
// format, without a figure.
func TestNothingIsExportedAsNothing(t *testing.T) {
	run := madeUp(7)
	run.Trials = nil
	for name, want := range map[string]string{"gobench": "", "github-action-benchmark": "[]\n", "bencher": "{}\n"} {
		if got := exported(t, name, run); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := exported(t, "openmetrics", run); strings.Contains(got, "lap_seconds{") ||
		!strings.Contains(got, "usable_trials{") {
		t.Errorf("openmetrics:\n%s", got)
	}
}

func summarized(runs ...*results.Run) (list []*analysis.Summary) {
	for _, run := range runs {
		list = append(list, analysis.Summarize(run))
	}
	return list
}
