package harness_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mmapbench/harness"
	"mmapbench/results"
	"mmapbench/target"
)

// within fails the test if f does not return in a time that nothing here needs,
// where a run once went on for minutes.
func within(t *testing.T, d time.Duration, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(d):
		t.Fatalf("not ended after %v", d)
	}
}

// TestBudgetHolds has a worker that loops, and one that is stopped, in a run of
// three seconds.
func TestBudgetHolds(t *testing.T) {
	t.Parallel()
	for workload, word := range map[string]string{"hangs": "killed", "stops": "its process was stopped"} {
		t.Run(workload, func(t *testing.T) {
			t.Parallel()
			within(t, time.Minute, func() {
				got, end, err := run(t, "rounds=6\nbudget='3s'\nsize='1M'\nrecord='4k'\ncache='warm'\nworkload='"+
					workload+"'\nbackend='pread'", nil)
				if err != nil || end.Status != results.EndBudget || len(got.Trials) != 1 {
					t.Fatalf("%d trials, ended %q: %v", len(got.Trials), end.Status, err)
				}
				e := got.Trials[0].Error
				if e == nil || e.Kind != results.ErrorTimeout || !strings.Contains(e.Text, word) ||
					!strings.Contains(e.Text, "the budget was used up") {
					t.Errorf("error %+v", e)
				}
			})
		})
	}
}

// TestArmThatHangsIsLeftOut runs an arm that never ends beside one that does.
func TestArmThatHangsIsLeftOut(t *testing.T) {
	defer harness.SetFirstLimit(time.Second)()
	late := 0
	got, end, err := run(t, "rounds=4\nsize='1M'\nrecord='4k'\ncache='warm'\nworkload=['hangs','seqscan']\n"+
		"backend='pread'", func(r *harness.Runner) {
		r.Tell = when(func(harness.Late) { late++ })
	})
	if err != nil || end.Status != results.EndComplete {
		t.Fatalf("ended %q: %v", end.Status, err)
	}
	hung, good := 0, 0
	for _, tr := range got.Trials {
		if tr.Usable() {
			good++
		} else if hung++; tr.Error.Kind != results.ErrorTimeout {
			t.Errorf("error %+v", tr.Error)
		} else if left := strings.Contains(tr.Error.Text, "the arm is left out"); left != (hung == 2) {
			t.Errorf("time-out %d says: %s", hung, tr.Error.Text)
		}
	}
	if hung != 2 || good != 4 {
		t.Errorf("%d trials hung and %d were good, want 2 and 4", hung, good)
	}
	if late != 0 {
		t.Errorf("%d trials were called late that were ended before", late)
	}
}

// TestInterruptEndsATrialThatHangs has one Ctrl-C, as the trial begins.
func TestInterruptEndsATrialThatHangs(t *testing.T) {
	for _, workload := range []string{"hangs", "stops"} {
		t.Run(workload, func(t *testing.T) {
			t.Parallel()
			fx := fixture{dir: t.TempDir(), path: filepath.Join(t.TempDir(), "run.jsonl")}
			stop := make(chan struct{})
			got, _, err := fx.run(t, "rounds=2\nsize='1M'\nrecord='4k'\ncache='warm'\nworkload='seqscan'\n"+
				"backend='pread'", nil)
			if err != nil {
				t.Fatal(err)
			}
			plan := got.Header.Plan
			plan.Arms[0].Workload = workload
			opened, err := target.Open(results.Target{Name: "here", Dir: fx.dir}, catalogue())
			if err != nil {
				t.Fatal(err)
			}
			defer opened.Dir.Close()
			path := filepath.Join(t.TempDir(), "hung.jsonl")
			w, err := results.Create(path, got.Header)
			if err != nil {
				t.Fatal(err)
			}
			exe, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			r := &harness.Runner{Plan: &plan, Catalogue: catalogue(), Targets: []*target.Target{opened},
				Worker: []string{exe}, Writer: w,
				Tell: when(func(harness.Progress) { close(stop) })}
			within(t, time.Minute, func() {
				if end, err := r.Run(context.Background(), stop); err != nil || end.Status != results.EndInterrupted {
					t.Errorf("ended %q: %v", end.Status, err)
				}
			})
			if after, err := results.Read(path); err != nil || len(after.Trials) != 0 || after.End == nil {
				t.Errorf("the run file holds %+v: %v", after, err)
			}
		})
	}
}
