package analysis_test

import (
	"math"
	"testing"
	"time"

	"mmapbench/analysis"
	"mmapbench/results"
)

// TestRatesAreOfTheAccessesMade: a search of 18 accesses is 18 accesses, whatever
// the plan took it for.
func TestRatesAreOfTheAccessesMade(t *testing.T) {
	arm := results.Arm{Target: "here", Workload: "search", Backend: "mmap", Size: 1 << 20, Record: 4096, Ops: 100,
		Bytes: 100 * 9 * 4096, Consumer: "sum", Cache: results.Cached}
	for name, lasting := range map[string]bool{"laps": false, "a duration": true} {
		t.Run(name, func(t *testing.T) {
			run := &results.Run{Header: results.Header{Plan: results.Plan{Arms: []results.Arm{arm}}}}
			for round := range 8 {
				tr := results.Trial{Round: round, Laps: 2, Accesses: 3600, Bytes: 3600 * 4096,
					Check: &results.Check{OK: true},
					Body:  &results.Phase{Wall: 3600 * time.Microsecond, MinorFaults: 3600 / 256}}
				if lasting {
					tr.Laps, tr.Ops = 1, tr.Accesses
				}
				run.Trials = append(run.Trials, tr)
			}
			r := analysis.Summarize(run).Groups[0].Rows[0]
			near := func(what string, got, want float64) {
				if math.Abs(got/want-1) > 0.01 {
					t.Errorf("%s: %v, want %v", what, got, want)
				}
			}
			near("time per access, ns", r.PerOp.Median, 1000)
			near("bytes per second", r.Rate.Median, 4096e6)
			near("faults per MiB", *r.MinorFaults, 14.0/(3600*4096.0/(1<<20)))
			perLap := 3600e-6 / 2
			if lasting {
				perLap = 3600e-6 / 4 // 3,600 accesses are four laps as planned
			}
			near("seconds per lap", r.Total.Median, perLap)
		})
	}
}
