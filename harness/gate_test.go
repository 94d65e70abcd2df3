package harness_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mmapbench/experiment"
	"mmapbench/harness"
	"mmapbench/results"
	"mmapbench/target"
)

// runGate carries out a gate of two workers, which are the same unless change
// says otherwise.
func runGate(t *testing.T, looks []int, change func(*harness.Runner)) (*results.Run, results.End, error) {
	t.Helper()
	fx := fixture{dir: t.TempDir(), path: filepath.Join(t.TempDir(), "run.jsonl")}
	e, err := experiment.Parse("gate.toml", []byte("rounds=6\nsize='1M'\nrecord='64k'\nworkload='seqscan'\n"+
		"backend='pread'\ncache='cached'\nlatency='off'"))
	if err != nil {
		t.Fatal(err)
	}
	opened, err := target.Open(results.Target{Name: "here", Dir: fx.dir}, catalogue())
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	e.Gate = &results.Gate{Factor: results.GateBinary, Base: "a", New: "b", Looks: looks,
		Metrics: []results.GateMetric{{Name: "total", Tolerance: 0.05}}, Tolerance: 0.05}
	plan, err := experiment.Build(e, catalogue(), []target.Site{opened.Site})
	if err != nil {
		t.Fatal(err)
	}
	w, err := results.Create(fx.path, results.Header{Plan: *plan})
	if err != nil {
		t.Fatal(err)
	}
	return fx.carryOut(t, plan, opened, w, change)
}

// TestReview ends a gate after its fourth round, and leaves one of its arms out after the
// second.
func TestReview(t *testing.T) {
	var asked []int
	got, end, err := runGate(t, []int{2, 4, 6}, func(r *harness.Runner) {
		r.Review = func(rounds int) ([]int, bool, error) {
			asked = append(asked, rounds)
			if rounds >= 2 {
				return []int{1}, rounds == 4, nil
			}
			return nil, false, nil
		}
	})
	if err != nil || end.Status != results.EndDecided || len(got.Trials) != 4*3-2 {
		t.Errorf("ended %q after %d trials: %v", end.Status, len(got.Trials), err)
	}
	if !slices.Equal(asked, []int{1, 2, 3, 4}) {
		t.Errorf("asked after %v rounds, want each", asked)
	}
	if len(got.Dropped) != 1 || got.Dropped[0].Rounds != 2 || !slices.Equal(got.Dropped[0].Arms, []int{1}) {
		t.Errorf("the file says that %+v were dropped, want arm 1 after 2 rounds, once", got.Dropped)
	}
	if planned := got.Planned(); !slices.Equal(planned, []int{6, 2, 6}) {
		t.Errorf("planned are %v rounds, want 6, 2 and 6", planned)
	}
	for _, tr := range got.Trials {
		if tr.Error != nil || got.Header.Plan.Arms[tr.Arm].Side == "" {
			t.Errorf("%+v of side %q", tr.Error, got.Header.Plan.Arms[tr.Arm].Side)
		}
	}
}

// TestSidesHaveTheirWorkers gives the new side a worker that cannot work: the
// gate ends with its error.
func TestSidesHaveTheirWorkers(t *testing.T) {
	script := filepath.Join(t.TempDir(), "worker")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho this build is broken >&2\nexit 3\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	got, end, err := runGate(t, []int{2, 4}, func(r *harness.Runner) {
		r.Workers = map[string][]string{results.SideNew: {script}}
	})
	if err == nil || !strings.Contains(err.Error(), "side new") ||
		end.Said != "this build is broken" || end.Status != results.EndError {
		t.Errorf("ended %q: %v", end.Status, err)
	}
	for _, tr := range got.Trials {
		if fails := got.Header.Plan.Arms[tr.Arm].Side == results.SideNew; fails != (tr.Error != nil) {
			t.Errorf("side %s: %+v", got.Header.Plan.Arms[tr.Arm].Side, tr.Error)
		}
	}
	if len(got.Trials) != 0 {
		t.Errorf("%d trials, want none: the examination shows it", len(got.Trials))
	}
}
