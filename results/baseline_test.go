package results_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mmapbench/results"
)

// runFile writes a small run file that ended so; "" leaves the end out.
func runFile(t *testing.T, status string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run.jsonl")
	w, err := results.Create(path, results.Header{Plan: results.Plan{Rounds: 1,
		Arms: []results.Arm{{Workload: "seqscan", Backend: "pread", Size: 1, Record: 1, Ops: 1, Bytes: 1}}}})
	if err != nil {
		t.Fatal(err)
	}
	if status == "" {
		err = w.Flush()
	} else {
		err = w.Close(results.End{Status: status, Ended: time.Now()})
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestBaselines(t *testing.T) {
	store := t.TempDir()
	if _, err := results.Baseline(store, "main"); err == nil || !strings.Contains(err.Error(), "run --baseline main") {
		t.Errorf("of an empty store: %v", err)
	}
	for i, want := range []bool{false, true} {
		replaced, err := results.KeepBaseline(store, "main", runFile(t, results.EndComplete))
		if err != nil || replaced != want {
			t.Errorf("kept for the %d. time: replaced %v, %v", i+1, replaced, err)
		}
	}
	path, err := results.Baseline(store, "main")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := results.Read(path); err != nil {
		t.Errorf("the baseline cannot be read: %v", err)
	}
	if _, err := results.Baseline(store, "mian"); err == nil || !strings.Contains(err.Error(), `did you mean "main"?`) {
		t.Errorf("of a name mistyped: %v", err)
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("the folder holds %v, want the baseline alone", left)
	}
	for _, status := range []string{"", results.EndInterrupted, results.EndError} {
		if _, err := results.KeepBaseline(store, "main", runFile(t, status)); err == nil {
			t.Errorf("a run that ended %q was kept", status)
		}
	}
	for _, name := range []string{"", ".hidden", "a/b", "../x", "*"} {
		if _, err := results.KeepBaseline(store, name, runFile(t, results.EndComplete)); err == nil {
			t.Errorf("the name %q was accepted", name)
		}
	}
}
