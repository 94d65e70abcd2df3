package reporttest

import (
	"math"
	"math/rand/v2"
	"time"

	"mmapbench/results"
)

// Gate returns a made-up run of a gate: two pieces of work, whose trials on each
// side take so many milliseconds, with noise of so large a part.
func Gate(rounds int, noise float64, ms func(a results.Arm) float64) *results.Run {
	run := &results.Run{Header: results.Header{Plan: results.Plan{Rounds: rounds, Gate: &results.Gate{Factor: results.GateBinary,
		Base: "./old", New: "./new", Looks: []int{12, 24, 48}, Tolerance: 0.05,
		Metrics: []results.GateMetric{{Name: "total", Tolerance: 0.05}, {Name: "faults", Tolerance: 0.1}}}}}}
	plan := &run.Header.Plan
	for _, cache := range []string{results.Cold, results.Cached} {
		for _, side := range []string{results.SideBase, results.SideControl, results.SideNew} {
			plan.Arms = append(plan.Arms, results.Arm{ID: len(plan.Arms), Target: "here", Workload: "seqscan", Backend: "pread",
				Size: 1 << 20, Record: 64 << 10, Ops: 16, Bytes: 1 << 20, Consumer: "sum", Cache: cache, Side: side})
		}
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for round := range rounds {
		for _, a := range plan.Arms {
			wall := time.Duration(1e6 * ms(a) * math.Exp(noise*rnd.NormFloat64()))
			run.Trials = append(run.Trials, results.Trial{Round: round, Arm: a.ID, Laps: 1, Setup: &results.Phase{}, Teardown: &results.Phase{},
				Body: &results.Phase{Wall: wall, MinorFaults: 500}})
		}
	}
	return run
}
