package analysis_test

import (
	"slices"
	"testing"
	"time"

	"mmapbench/analysis"
	"mmapbench/results"
)

// TestReflinksAreNotRanked: of three backends the fastest by far shares blocks with its
// source. It is called a reflink, has no speed, and is never the best.
func TestReflinksAreNotRanked(t *testing.T) {
	run := &results.Run{}
	plan := &run.Header.Plan
	plan.Rounds = 12
	took := map[string]time.Duration{"pread": 100, "copy_file_range": 1, "reflink": 1, "mmap": 50}
	for i, b := range []string{"pread", "copy_file_range", "mmap", "reflink"} {
		plan.Arms = append(plan.Arms, results.Arm{ID: i, Workload: "copy", Backend: b, Bytes: 1 << 20, Ops: 1})
		for round := range plan.Rounds {
			phase := &results.Phase{Wall: took[b] * time.Millisecond}
			trial := results.Trial{Arm: i, Round: round, Laps: 1, Setup: phase, Body: phase, Teardown: phase,
				Check: &results.Check{OK: true}}
			if took[b] == 1 {
				trial.Counted = map[string]int64{"shared-bytes": 4096}
			}
			run.Trials = append(run.Trials, trial)
		}
	}
	g := analysis.Summarize(run).Groups[0]
	names := []string{"pread", "copy_file_range (reflink)", "mmap", "reflink"}
	for i, r := range g.Rows {
		if r.Name != names[i] || (r.Reflinks > 0) == (r.Speed != nil) {
			t.Errorf("row %d: %s, %d reflinks, speed %v; want %s", i, r.Name, r.Reflinks, r.Speed, names[i])
		}
	}
	o := g.Rank()
	if o.Kind != analysis.Won || !slices.Equal(o.Order, []int{2, 0}) || !slices.Equal(o.Best, []int{2}) {
		t.Errorf("ranked %v, best %v (%v); want mmap before pread, and nothing else", o.Order, o.Best, o.Kind)
	}
}
