package reporttest

import (
	"math"
	"math/rand/v2"
	"time"

	"mmapbench/results"
)

// A Match is what a made-up run of a gate consists of. What is left empty is one
// of each.
type Match struct {
	Factor    string // what the sides differ in
	Base, New string
	Metrics   []results.GateMetric
	Targets   []string
	Workloads []string
	Caches    []string
	Rounds    int
	Seed      uint64
	Noise     float64 // how much the times scatter, as a part of them
	// Took is the milliseconds of a trial without the noise.
	Took func(a results.Arm, round int) float64
	// Faults of a trial; nil: 500.
	Faults func(a results.Arm) int64
	// Bytes that a trial moved on the device; nil: not known.
	Bytes func(a results.Arm) int64
}

func (m *Match) fill() {
	if m.Factor == "" {
		m.Factor, m.Base, m.New = results.GateBinary, "./old", "./new"
	}
	if m.Metrics == nil {
		m.Metrics = []results.GateMetric{{Name: "total", Tolerance: 0.05}}
	}
	if m.Targets == nil {
		m.Targets = []string{"here"}
	}
	if m.Workloads == nil {
		m.Workloads = []string{"seqscan"}
	}
	if m.Caches == nil {
		m.Caches = []string{results.Cold, results.Cached}
	}
	if m.Faults == nil {
		m.Faults = func(results.Arm) int64 { return 500 }
	}
}

// Gate returns a made-up run of a gate: two pieces of work, whose trials on each
// side take so many milliseconds, with noise of so large a part.
func Gate(rounds int, noise float64, ms func(a results.Arm) float64) *results.Run {
	return Play(Match{Rounds: rounds, Noise: noise, Took: func(a results.Arm, _ int) float64 { return ms(a) },
		Metrics: []results.GateMetric{{Name: "total", Tolerance: 0.05}, {Name: "faults", Tolerance: 0.1}}})
}

// Play returns the made-up run of that match, without failures.
func Play(m Match) *results.Run {
	m.fill()
	run := &results.Run{Header: results.Header{Plan: results.Plan{Rounds: m.Rounds,
		Gate: &results.Gate{Factor: m.Factor,
			Base: m.Base, New: m.New, Looks: []int{12, 24, 48}, Tolerance: 0.05, Metrics: m.Metrics}}}}
	plan := &run.Header.Plan
	plan.Arms = m.arms()
	rnd := rand.New(rand.NewPCG(1, 2+m.Seed))
	for round := range m.Rounds {
		for _, a := range plan.Arms {
			wall := time.Duration(1e6 * m.Took(a, round) * math.Exp(m.Noise*rnd.NormFloat64()))
			t := results.Trial{Round: round, Arm: a.ID, Laps: 1, Setup: &results.Phase{}, Teardown: &results.Phase{},
				Body: &results.Phase{Wall: wall, MinorFaults: m.Faults(a)}}
			if a.Workload == results.Exec {
				t.Setup, t.Teardown = nil, nil
			}
			if m.Bytes != nil {
				t.Device = &results.DeviceIO{OwnRead: some(m.Bytes(a)), OwnWrite: some(0)}
			}
			run.Trials = append(run.Trials, t)
		}
	}
	return run
}

func (m *Match) arms() (arms []results.Arm) {
	for _, target := range m.Targets {
		for _, workload := range m.Workloads {
			for _, cache := range m.Caches {
				for _, side := range []string{results.SideBase, results.SideControl, results.SideNew} {
					a := results.Arm{ID: len(arms), Target: target, Workload: workload, Backend: "pread", Size: 1 << 20,
						Record: 64 << 10, Ops: 16, Bytes: 1 << 20, Consumer: "sum", Cache: cache, Side: side}
					switch {
					case workload == results.Exec:
						a.Backend, a.Record, a.Ops, a.Bytes, a.Consumer = side, 0, 1, 0, ""
					case workload == "append" && cache == m.Caches[0]:
						a.Cache, a.Consumer, a.Durability = "", "", "data"
					case workload == "append":
						continue // it has no cache state
					}
					switch { // what the sides differ in
					case m.Factor == results.GateBackend && side == results.SideNew:
						a.Backend = m.New
					case m.Factor == results.GateBackend:
						a.Backend = m.Base
					}
					arms = append(arms, a)
				}
			}
		}
	}
	return arms
}
