package analysis_test

import (
	"path/filepath"
	"testing"

	"mmapbench/analysis"
	"mmapbench/report/reporttest"
)

// TestReadKeepsFigures holds what each depth of reading leaves of a trial.
func TestReadKeepsFigures(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.jsonl")
	if err := reporttest.Big(path, 72, 1); err != nil {
		t.Fatal(err)
	}
	for depth, want := range map[analysis.Depth]struct{ names, latency, counters bool }{
		analysis.Times:      {},
		analysis.Names:      {names: true},
		analysis.Everything: {names: true, latency: true, counters: true},
	} {
		s, err := analysis.Read(path, depth)
		if err != nil {
			t.Fatal(err)
		}
		row := &s.Groups[0].Rows[0]
		trial := row.Measured()[0]
		if got := len(s.CounterKeys) > 0; got != want.names {
			t.Errorf("depth %d: names of counters: %v, want %v", depth, got, want.names)
		}
		if got := trial.Latency != nil && trial.Latency.P99 > 0 && row.Latency != nil; got != want.latency {
			t.Errorf("depth %d: latencies: %v, want %v", depth, got, want.latency)
		}
		if got := len(row.Counters) > 0; got != want.counters {
			t.Errorf("depth %d: counters: %v, want %v", depth, got, want.counters)
		}
		if trial.Total() <= 0 || row.Total == nil || len(row.Measured()) != row.Usable {
			t.Errorf("depth %d: the trials have no times", depth)
		}
	}
}
