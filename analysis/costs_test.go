package analysis

import (
	"math"
	"testing"
	"time"

	"mmapbench/internal/reason"
	"mmapbench/results"
)

// timedRun has one arm that is cached and one that writes; each trial takes 100 ms, of
// which 20 and 60 ms are timed.
func timedRun(rounds int) *results.Run {
	a := arms("pread", "mmap")
	a[1].Cache, a[1].Durability = "", "data"
	r := &results.Run{Header: results.Header{Plan: results.Plan{Arms: a, Rounds: rounds}}}
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for round := range rounds {
		for arm, timed := range []time.Duration{20 * ms, 60 * ms} {
			t := trial(round, arm, timed)
			t.Started, t.Prepare, t.Verify, t.Settle = at, 10*ms, 2*ms, ms
			at = at.Add(100 * ms)
			r.Trials = append(r.Trials, t)
		}
	}
	r.End = &results.End{Ended: at}
	return r
}

func TestCosts(t *testing.T) {
	check := func(name string, r *results.Run, want ...Cost) {
		t.Helper()
		got := Summarize(r).Costs()
		if len(got) != len(want) {
			t.Fatalf("%s: %+v", name, got)
		}
		for i, w := range want {
			if got[i] != w {
				t.Errorf("%s: %+v, want %+v", name, got[i], w)
			}
		}
	}
	cost := func(state string, n int, took, timed time.Duration) Cost {
		k := time.Duration(n)
		return Cost{State: state, Trials: n, Took: took, Timed: timed, Settle: k * ms, Prepare: k * 10 * ms,
			Verify: k * 2 * ms}
	}
	check("whole", timedRun(3), cost(AllTrials, 6, 600*ms, 240*ms), cost(results.Cached, 3, 300*ms, 60*ms),
		cost(Writing, 3, 300*ms, 180*ms))
	if share := Summarize(timedRun(3)).Costs()[0].Share(); math.Abs(share-0.4) > 1e-9 {
		t.Errorf("share %v, want 0.4", share)
	}
	r := timedRun(3)
	r.End = nil
	check("cut short: the last took nobody knows how long", r, cost(AllTrials, 5, 500*ms, 180*ms),
		cost(results.Cached, 3, 300*ms, 60*ms), cost(Writing, 2, 200*ms, 120*ms))
	r = timedRun(3)
	r.Resumes = []results.Resume{{Started: r.Trials[2].Started.Add(-ms)}}
	check("gone on with after the second", r, cost(AllTrials, 5, 500*ms, 180*ms),
		cost(results.Cached, 3, 300*ms, 60*ms), cost(Writing, 2, 200*ms, 120*ms))
	r = timedRun(3)
	r.Trials[2].Cool = 30 * ms
	check("cooled before the third", r, cost(AllTrials, 6, 570*ms, 240*ms), cost(results.Cached, 3, 300*ms, 60*ms),
		cost(Writing, 3, 270*ms, 180*ms))
	check("no trial", &results.Run{Header: r.Header})
}

// TestLapPlan makes two laps that differ by 0.1 in the logarithm from their middle, and
// trials that differ by so much. By F14 of Kalibera and Jones the best is the root of
// 79.5/10.25 (ms beside the laps and of one) times 0.02/0.0357 (variance of laps, and of
// trials without what laps add to it).
func TestLapPlan(t *testing.T) {
	for between, want := range map[float64]float64{0.2: 2.0839, 0: 0} {
		r := timedRun(8)
		for i := range r.Trials {
			x := &r.Trials[i]
			if x.Arm != 0 {
				continue
			}
			level := 10e6 * math.Exp(between*float64(1-2*(x.Round%2)))
			x.Laps = 2
			x.LapTimes = []time.Duration{time.Duration(level * math.Exp(-0.1)), time.Duration(level * math.Exp(0.1))}
			x.Lap = (x.LapTimes[0] + x.LapTimes[1]) / 2
			x.Setup.Wall, x.Body.Wall = 0, x.LapTimes[0]+x.LapTimes[1]
		}
		groups := Summarize(r).Groups
		got := groups[0].Rows[0].Laps
		if got == nil || got.Made != 2 || (got.Best != nil) != (want > 0) {
			t.Fatalf("between trials %v: %+v", between, got)
		}
		if got.Best != nil && math.Abs(*got.Best-want) > 1e-3 {
			t.Errorf("between trials %v: best %v, want %v", between, *got.Best, want)
		}
		if plan := groups[1].Rows[0].Laps; plan != nil {
			t.Errorf("an arm of single laps has a plan: %+v", plan)
		}
	}
}

func TestMemoryAndProcessorTime(t *testing.T) {
	r := run(arms("pread", "mmap"), jitter(120*ms, 6), jitter(60*ms, 6))
	for i := range r.Trials {
		x := &r.Trials[i]
		mine := int64(10<<20 + x.Round)
		x.Memory = &results.Memory{Peak: &mine, File: &mine}
		if x.Arm == 1 && x.Round == 3 {
			x.Memory = &results.Memory{Reasons: map[string]reason.Reason{
				"peak_bytes": {Code: reason.NotCounted, Detail: "why"}}}
		}
	}
	rows := Summarize(r).Groups[0].Rows
	if m := rows[0].Memory; m.Peak == nil || *m.Peak != 10<<20+2.5 || m.File == nil || m.Anonymous != nil ||
		m.Reason != "" {
		t.Errorf("known: %+v", m)
	}
	if m := rows[1].Memory; m.Peak != nil || m.Reason != "why" {
		t.Errorf("unknown of one trial: %+v", m)
	}
	// Of the time 0.6 are processor time in either: see trial.
	if s := rows[1].CPUSpeed; s == nil || s.N != 6 || math.Abs(s.Median/rows[1].Speed.Median-1) > 0.01 {
		t.Errorf("by processor time %+v, by time %+v", s, rows[1].Speed)
	}
	if rows[0].CPUSpeed != nil {
		t.Errorf("the first row beside itself: %+v", rows[0].CPUSpeed)
	}
}
