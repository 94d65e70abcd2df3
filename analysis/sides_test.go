package analysis

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mmapbench/analysis/verdict"
	"mmapbench/internal/reason"
	"mmapbench/results"
)

// madeUp is a run of n rounds whose arms take so long, as a function of arm and
// round, in milliseconds; NaN is a trial that failed.
func madeUp(arms []results.Arm, n int, ms func(a results.Arm, round int) float64) *results.Run {
	run := &results.Run{Header: results.Header{Plan: results.Plan{Rounds: n}}}
	for i, a := range arms {
		a.ID = i
		run.Header.Plan.Arms = append(run.Header.Plan.Arms, a)
	}
	for round := range n {
		for _, a := range run.Header.Plan.Arms {
			t := results.Trial{Round: round, Arm: a.ID, Laps: 1, Setup: &results.Phase{}, Teardown: &results.Phase{}}
			if took := ms(a, round); math.IsNaN(took) {
				t.Error = &results.TrialError{Kind: results.ErrorIO, Text: "on purpose"}
			} else {
				t.Body = &results.Phase{Wall: time.Duration(took * 1e6), MinorFaults: 1000}
			}
			run.Trials = append(run.Trials, t)
		}
	}
	return run
}

func arm(backend, cache, side string) results.Arm {
	return results.Arm{Target: "here", Workload: "seqscan", Backend: backend, Size: 1 << 20, Record: 4096, Ops: 256,
		Bytes: 1 << 20, Cache: cache, Side: side}
}

// wobble is noise of 1 % that an arm's trials share with none.
func wobble(a results.Arm, round int) float64 {
	return math.Exp(0.01 * rand.New(rand.NewPCG(uint64(round), uint64(a.ID))).NormFloat64())
}

func questions(t *testing.T, metrics string, rules verdict.Rules) Questions {
	t.Helper()
	m, err := ParseMetrics(metrics, 0.05)
	if err != nil {
		t.Fatal(err)
	}
	return Questions{Metrics: m, Rules: rules}
}

// TestByAnyFactor: every factor in which the arms differ can be compared by, and the
// base is named as the flags or as the tables have it.
func TestByAnyFactor(t *testing.T) {
	few, many := arm("pread", "cold", ""), arm("pread", "cold", "")
	few.Record, few.Ops = 64<<10, 16
	half := many
	half.Ops, half.Bytes = 128, 1<<19
	for _, tt := range []struct {
		factor, base string
		other        results.Arm
		want         string
	}{
		{"record", "64k", few, "64 KiB"},
		{"record", "64 KiB", few, "64 KiB"},
		{"ops", "128", half, "128"},
	} {
		run := madeUp([]results.Arm{many, tt.other}, 12,
			func(a results.Arm, round int) float64 { return wobble(a, round) })
		c, err := By(Summarize(run), tt.factor, tt.base, questions(t, "total", verdict.OneLook(12)))
		if err != nil || c.Base != tt.want || len(c.Rows) != 1 {
			t.Errorf("%s, base %s: %+v, %v", tt.factor, tt.base, c, err)
		}
	}
}

func TestByComparesLevelsWithinTheirKeys(t *testing.T) {
	arms := []results.Arm{arm("pread", "cold", ""), arm("mmap", "cold", ""), arm("pread", "cached", ""),
		arm("mmap", "cached", ""), arm("read", "cached", "")}
	run := madeUp(arms, 24, func(a results.Arm, round int) float64 {
		ms := 10 * wobble(a, round)
		if a.Cache == "cold" {
			ms *= 5
		}
		if a.Backend == "mmap" {
			ms *= 1.2
		}
		return ms
	})
	c, err := By(Summarize(run), "backend", "", questions(t, "total,faults", verdict.OneLook(24)))
	if err != nil {
		t.Fatal(err)
	}
	if c.Base != "pread" || c.New != "" || len(c.Rows) != 6 {
		t.Fatalf("base %q, new %q, %d rows: %+v", c.Base, c.New, len(c.Rows), c.Rows)
	}
	for _, r := range c.Rows {
		want := verdict.Equal
		if r.New == "mmap" && r.Metric.Name == "total" {
			want = verdict.Slower
		}
		if r.Verdict != want || r.Base != "pread" || r.Arm.Backend != "" || r.BaseMedian == nil {
			t.Errorf("%s by %s: %v (%v), want %v", r.Name, r.Metric.Name, r.Verdict, r.Reasons, want)
		}
		if r.New == "mmap" && r.Metric.Name == "total" && math.Abs(*r.Ratio-1.2) > 0.01 {
			t.Errorf("%s: ratio %v, want 1.2", r.Name, *r.Ratio)
		}
	}
	// From the other side it is faster.
	c, err = By(Summarize(run), "backend", "mmap", questions(t, "total", verdict.OneLook(24)))
	if err != nil || c.Outcome != verdict.Answered ||
		!slices.ContainsFunc(c.Rows, func(r Comparison) bool { return r.Verdict == verdict.Faster }) {
		t.Errorf("from mmap: %v, %v", c, err)
	}
}

func TestByErrors(t *testing.T) {
	run := madeUp([]results.Arm{arm("pread", "cold", "")}, 6, func(results.Arm, int) float64 { return 1 })
	for name, c := range map[string]struct{ factor, base, want string }{
		"factor": {"bakend", "", `did you mean "backend"?`},
		"level":  {"cache", "warm", "unknown level of cache"},
		"one":    {"backend", "", "one backend, pread"},
	} {
		if _, err := By(Summarize(run), c.factor, c.base, questions(t, "total", verdict.OneLook(6))); err == nil ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func gateRun(n int, newIsSlowerBy, controlBy float64) *results.Run {
	arms := []results.Arm{arm("pread", "cached", results.SideBase), arm("pread", "cached", results.SideControl),
		arm("pread", "cached", results.SideNew)}
	run := madeUp(arms, n, func(a results.Arm, round int) float64 {
		switch a.Side {
		case results.SideNew:
			return 10 * wobble(a, round) * newIsSlowerBy
		case results.SideControl:
			return 10 * wobble(a, round) * controlBy
		}
		return 10 * wobble(a, round)
	})
	run.Header.Plan.Gate = &results.Gate{Factor: results.GateBinary, Base: "old", New: "new", Looks: []int{12, 24, 48},
		Metrics:   []results.GateMetric{{Name: "total", Tolerance: 0.05}, {Name: "faults", Tolerance: 0.1}},
		Tolerance: 0.05}
	return run
}

func TestGateOutcomes(t *testing.T) {
	for name, c := range map[string]struct {
		run  *results.Run
		want verdict.Outcome
	}{
		"the same":       {gateRun(12, 1, 1), verdict.Passed},
		"slower":         {gateRun(48, 1.1, 1), verdict.Regressed},
		"faster":         {gateRun(12, 0.9, 1), verdict.Passed},
		"too few rounds": {gateRun(5, 1.1, 1), verdict.Undecided},
		"no control":     {gateRun(48, 1.1, 1.1), verdict.Void},
	} {
		got, err := Gate(Summarize(c.run), true)
		if err != nil || got.Outcome != c.want {
			t.Errorf("%s: %v; want %v (%v)", name, got.Outcome, c.want, err)
			for _, r := range slices.Concat(got.Rows, got.Controls) {
				t.Logf("  %s %s by %s: %v, ratio %.3f, %+v %+v, memory %.2f, %v",
					r.New, r.Name, r.Metric.Name, r.Verdict, *r.Ratio, r.Fail, r.Pass, r.Memory, r.Reasons)
			}
			continue
		}
		if len(got.Rows) != 2 || len(got.Controls) != 2 || got.Rows[0].Name == "" || got.Controls[1].Name == "" ||
			!got.Controls[1].Control || got.Rows[1].Metric.Tolerance != 0.1 {
			t.Errorf("%s: rows %+v, controls %+v", name, got.Rows, got.Controls)
		}
	}
	if _, err := Gate(Summarize(madeUp([]results.Arm{arm("pread", "cold", "")}, 6, func(results.Arm, int) float64 {
		return 1
	})), true); err == nil {
		t.Error("a run that no gate made was judged as one")
	}
}

func ref(n int64) *int64 { return &n }

// TestOneSideThatWaits reads a file on the new side alone.
func TestOneSideThatWaits(t *testing.T) {
	run := gateRun(12, 1, 1)
	for i := range run.Trials {
		tr := &run.Trials[i]
		tr.Device = &results.DeviceIO{OwnRead: new(int64), OwnWrite: new(int64)}
		if run.Header.Plan.Arms[tr.Arm].Side == results.SideNew {
			tr.Device.OwnRead = ref(1 << 20)
			tr.Warnings = []string{results.WarnForeignIO}
		}
	}
	c, err := Gate(Summarize(run), true)
	if err != nil {
		t.Fatal(err)
	}
	if c.Rows[0].Contaminated != 12 || c.Controls[0].Contaminated != 0 {
		t.Errorf("%d rounds left out of the row, %d of the control; want all and none",
			c.Rows[0].Contaminated, c.Controls[0].Contaminated)
	}
}

func TestFailedTrialsAreMissing(t *testing.T) {
	run := gateRun(12, 1, 1)
	run.Trials[2].Error = &results.TrialError{Kind: results.ErrorKilled, Text: "no memory"}
	run.Trials[5].Excluded = reason.Excluded(results.Cached)
	run.Trials = run.Trials[:len(run.Trials)-1] // the last of the new side
	c, err := Gate(Summarize(run), true)
	if err != nil || c.Rows[0].Missing != 3 || c.Rows[0].Pairs != 9 {
		t.Errorf("%d pairs, %d missing: %v", c.Rows[0].Pairs, c.Rows[0].Missing, err)
	}
	want := []Count{{What: results.ErrorKilled, N: 1, First: "no memory"},
		{What: "not cached", Code: "not-cached", N: 1}, {What: "not tried before the end", N: 1}}
	if diff := cmp.Diff(want, c.Rows[0].Lost); diff != "" {
		t.Errorf("what was lost (-want +got):\n%s", diff)
	}
}

func TestParseMetrics(t *testing.T) {
	got, err := ParseMetrics("total, faults=10%,device-bytes=0.2", 0.03)
	if err != nil || len(got) != 3 || got[0].Tolerance != 0.03 || got[1].Tolerance != 0.1 || got[2].Tolerance != 0.2 {
		t.Errorf("%+v, %v", got, err)
	}
	for _, text := range []string{"", "totl", "total,total", "total=0", "total=-5%", "total=x", "faults=2000%"} {
		if _, err := ParseMetrics(text, 0.05); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}
