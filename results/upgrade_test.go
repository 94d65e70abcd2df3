package results_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mmapbench/internal/reason"
	"mmapbench/results"
)

// A file that version 2 wrote is read as it was meant: its sentences stay, and what
// was left out is left out.
func TestVersion2IsRead(t *testing.T) {
	run, err := results.Read(filepath.Join("testdata", "version-2.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(run.Trials); n != 24 || run.End == nil || run.Torn {
		t.Fatalf("%d trials, end %v, torn %v; want 24 and an end", n, run.End, run.Torn)
	}
	lost, weak := run.Trials[0], run.Trials[1]
	if lost.Usable() || lost.Excluded != reason.Excluded(lost.Cache.Want) || lost.Exclusion() != "not "+lost.Cache.Want+
		": 17 of 256 pages were in the page cache before the trial (mincore and cachestat)" {
		t.Errorf("excluded for %q: %s", lost.Excluded, lost.Exclusion())
	}
	want := []reason.Reason{{Code: reason.Older,
		Detail: "no block device is behind the file: its reads are not counted"}}
	if diff := cmp.Diff(want, weak.Cache.Reasons); diff != "" || !weak.Usable() || weak.Cache.Reason != "" {
		t.Errorf("weak proof (-want +got):\n%s", diff)
	}
	for _, trial := range run.Trials[2:] {
		if !trial.Usable() || len(trial.Cache.Reasons) > 0 && trial.Cache.Proof == results.ProofStrong {
			t.Errorf("trial %+v", trial)
		}
	}
}

// A file of this version whose reasons are sentences still has them as they stand.
func TestSentencesOfOlderFilesAreRead(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "version-2.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitN(text, []byte("\n"), 3)
	lines[0] = bytes.Replace(lines[0], []byte(`"arms":[`),
		[]byte(`"left_out":[{"arm":"copy by direct","reason":"it cannot"}],"arms":[`), 1)
	lines[1] = bytes.Replace(lines[1], []byte(`{"type":"trial"`),
		[]byte(`{"type":"trial","counter_reasons":{"vmstat.pgfault":"gone"}`), 1)
	path := filepath.Join(t.TempDir(), "old.jsonl")
	if err := os.WriteFile(path, bytes.Join(lines, []byte("\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	run, err := results.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := run.Header.Plan.LeftOut; len(got) != 1 || got[0].Why.String() != "it cannot" || got[0].Reason != "" {
		t.Errorf("left out %+v", got)
	}
	if got := run.Trials[0]; got.CountersLost["vmstat.pgfault"].String() != "gone" || got.CounterReasons != nil {
		t.Errorf("counters lost %v, %v", got.CountersLost, got.CounterReasons)
	}
}
