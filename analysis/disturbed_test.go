package analysis

import (
	"slices"
	"testing"

	"mmapbench/analysis/verdict"
	"mmapbench/results"
)

// TestDisturbedRounds flags all trials of some rounds, in which the new side was
// slowed down: they are left out where what was flagged can reach the figure, and
// nowhere else.
func TestDisturbedRounds(t *testing.T) {
	booked := func(read, written int64) *results.DeviceIO {
		return &results.DeviceIO{OwnRead: &read, OwnWrite: &written}
	}
	command := results.Arm{Workload: results.Exec, Backend: "tool"}
	with := func(a results.Arm, change func(*results.Arm)) results.Arm { change(&a); return a }
	for name, c := range map[string]struct {
		arm    results.Arm
		code   string
		device *results.DeviceIO // the same in every trial
		metric string
		left   int // rounds left out, of those that are flagged
	}{
		"cold": {arm("pread", "cold", ""), results.WarnForeignIO, booked(1<<20, 0),
			"total", 5},
		"cold, by processor time": {arm("pread", "cold", ""), results.WarnForeignIO,
			booked(1<<20, 0), "cpu", 0},
		"cold, by faults": {arm("pread", "cold", ""), results.WarnForeignIO, booked(1<<20, 0),
			"faults", 0},
		"cold, by device bytes": {arm("pread", "cold", ""), results.WarnForeignIO, booked(1<<20, 0),
			"device-bytes", 0},
		"cold, throttled": {arm("pread", "cold", ""), results.WarnThrottled, booked(1<<20, 0),
			"total", 5},
		"cold, throttled, by faults": {arm("pread", "cold", ""), results.WarnThrottled, booked(1<<20, 0),
			"faults", 0},
		"cached": {arm("pread", "cached", ""), results.WarnForeignIO, booked(0, 0),
			"total", 0},
		"cached, nothing known": {arm("pread", "cached", ""), results.WarnForeignIO, nil, "total", 0},
		"cached, and read the device": {arm("pread", "cached", ""), results.WarnForeignIO, booked(4096, 0),
			"total", 5},
		"cached, contended": {arm("pread", "cached", ""), results.WarnContended, booked(0, 0),
			"total", 5},
		"cold, contended": {arm("pread", "cold", ""), results.WarnContended, booked(1<<20, 0),
			"total", 5},
		"contended, by processor time": {arm("pread", "cached", ""), results.WarnContended, booked(0, 0),
			"cpu", 0},
		"contended, by faults": {arm("pread", "cached", ""), results.WarnContended, booked(0, 0),
			"faults", 0},
		"cached, throttled": {arm("pread", "cached", ""), results.WarnThrottled, booked(0, 0),
			"total", 5},
		"mapped": {arm("mmap", "mapped", ""), results.WarnForeignIO, booked(0, 0),
			"total", 0},
		"writes": {with(arm("pread", "", ""), func(a *results.Arm) {
			a.Durability = "none"
		}), results.WarnForeignIO, booked(0, 0), "total", 5},
		"cached copy": {with(arm("pread", "cached", ""), func(a *results.Arm) {
			a.Durability = "data"
		}), results.WarnForeignIO, booked(0, 0), "total", 5},
		"command without a file":            {command, results.WarnForeignIO, booked(0, 0), "total", 0},
		"command that writes":               {command, results.WarnForeignIO, booked(0, 4096), "total", 5},
		"command of which nothing is known": {command, results.WarnForeignIO, nil, "total", 5},
		"command with cold files": {with(command, func(a *results.Arm) { a.Cache = "cold" }),
			results.WarnForeignIO, booked(0, 0), "total", 5},
		"command with cached files": {with(command, func(a *results.Arm) { a.Cache = "cached" }),
			results.WarnForeignIO, booked(0, 0), "total", 0},
		"a warning that is not from outside": {arm("pread", "cold", ""), results.WarnDirty, booked(1<<20, 0),
			"total", 0},
	} {
		run := gateRun(24, 1, 1)
		run.Header.Plan.Gate.Metrics = []results.GateMetric{{Name: c.metric, Tolerance: 0.05}}
		for i, side := range []string{results.SideBase, results.SideControl, results.SideNew} {
			run.Header.Plan.Arms[i] = c.arm
			run.Header.Plan.Arms[i].ID, run.Header.Plan.Arms[i].Side = i, side
		}
		for i := range run.Trials {
			tr := &run.Trials[i]
			tr.Device = c.device
			tr.Body.User = tr.Body.Wall
			if tr.Round%5 == 0 {
				tr.Warnings = []string{c.code}
				if c.left > 0 && tr.Arm == 2 {
					tr.Body.Wall *= 3 // which must not count
				}
			}
		}
		got, err := Gate(Summarize(run), true)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		i := slices.IndexFunc(got.Causes, func(x Cause) bool { return x.Name == c.code })
		var cause Cause
		if i >= 0 {
			cause = got.Causes[i]
		}
		flagged := 5
		if c.code == results.WarnDirty {
			flagged = 0
		}
		if cause.Rounds != c.left || cause.Kept != flagged-c.left || (cause.Rows == 2) != (c.left > 0) {
			t.Errorf("%s: %+v of %d rounds that are flagged; want %d left out", name, cause, flagged, c.left)
		}
		if r := got.Rows[0]; c.device != nil && r.Verdict != verdict.Pass {
			t.Errorf("%s: %v %v", name, r.Verdict, r.Reasons)
		}
	}
}

// TestOnlyWhatWaitsForTheDeviceIsDisturbed has cold arms beside cached ones in the
// same rounds.
func TestOnlyWhatWaitsForTheDeviceIsDisturbed(t *testing.T) {
	var arms []results.Arm
	for _, cache := range []string{"cold", "cached"} {
		for _, side := range []string{results.SideBase, results.SideControl, results.SideNew} {
			arms = append(arms, arm("pread", cache, side))
		}
	}
	run := madeUp(arms, 20, func(a results.Arm, round int) float64 { return 10 * wobble(a, round) })
	for i := range run.Trials {
		tr := &run.Trials[i]
		tr.Device = &results.DeviceIO{OwnRead: new(int64), OwnWrite: new(int64)}
		switch {
		case tr.Round < 10:
			tr.Warnings = []string{results.WarnForeignIO} // every trial
		case tr.Arm >= 3:
			tr.Warnings = []string{results.WarnForeignIO} // the cached ones alone
		}
	}
	run.Header.Plan.Gate = &results.Gate{Factor: results.GateBinary, Base: "old", New: "new", Looks: []int{20},
		Metrics: []results.GateMetric{{Name: "total", Tolerance: 0.05}}, Tolerance: 0.05}
	c, err := Gate(Summarize(run), true)
	if err != nil || len(c.Rows) != 2 {
		t.Fatalf("%+v, %v", c, err)
	}
	if cold, cached := c.Rows[0], c.Rows[1]; cold.Contaminated != 10 || cold.Verdict != verdict.Inconclusive ||
		cached.Contaminated != 0 || cached.Pairs != 20 {
		t.Errorf("cold: %d left out, %v; cached: %d left out, %d pairs",
			cold.Contaminated, cold.Verdict, cached.Contaminated, cached.Pairs)
	}
	if c.Causes[0].Rounds != 10 || c.Causes[0].Kept != 20 || !c.Causes[0].Spared {
		t.Errorf("causes %+v", c.Causes)
	}
}

// TestContentionEverywhereIsKept flags more than a quarter of the rounds: what falls on
// all sides all the time leaves no round out.
func TestContentionEverywhereIsKept(t *testing.T) {
	for every, left := range map[int]int{3: 0, 4: 6} {
		run := gateRun(24, 1, 1)
		for i := range run.Trials {
			if run.Trials[i].Round%every == 0 {
				run.Trials[i].Warnings = []string{results.WarnContended}
			}
		}
		got, err := Gate(Summarize(run), true)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(got.Causes, func(x Cause) bool { return x.Name == results.WarnContended })
		if c := got.Causes[i]; c.Rounds != left || c.Kept != 24/every || got.Rows[0].Verdict != verdict.Pass {
			t.Errorf("one round in %d: %+v, %v", every, c, got.Rows[0].Verdict)
		}
	}
}
