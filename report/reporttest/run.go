// Package reporttest makes runs that were never measured, for tests of what
// reads runs.
//
// Its attitude: the figures are a crude model of a small board with a slow
// card, near enough to the real thing that tables and charts look as they will,
// and the same for the same Shape on every machine.
package reporttest

import (
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"mmapbench/results"
)

// Shape is what a made-up run consists of. What is left empty is one of each.
type Shape struct {
	Targets   []string
	Workloads []string
	Backends  []string
	Records   []int64
	Caches    []string
	Size      int64
	Rounds    int
	Seed      uint64
	Latency   bool // single accesses are timed
	Seconds   int  // how long a trial reports by the second; 0: one lap's work
}

func (s *Shape) fill() {
	first := func(list *[]string, value string) {
		if len(*list) == 0 {
			*list = []string{value}
		}
	}
	first(&s.Targets, "sd")
	first(&s.Workloads, "seqscan")
	first(&s.Backends, "pread")
	first(&s.Caches, results.Cached)
	if len(s.Records) == 0 {
		s.Records = []int64{64 << 10}
	}
	if s.Size == 0 {
		s.Size = 256 << 20
	}
}

// Run returns the made-up run of that shape, complete and without failures.
func Run(s Shape) *results.Run {
	s.fill()
	started := time.Date(2025, 11, 3, 9, 30, 0, 0, time.UTC)
	run := &results.Run{Header: results.Header{
		Type: results.LineHeader, Format: results.Format, Schema: results.SchemaVersion,
		Tool: results.Tool{Version: "v1.0.0", Go: "go1.26"}, Started: started,
		Plan: results.Plan{Name: "made-up", Seed: s.Seed, Rounds: s.Rounds,
			Measure: results.Measure{Duration: time.Duration(s.Seconds) * time.Second}},
		Metrics: metrics,
	}}
	for _, t := range s.Targets {
		run.Header.Plan.Targets = append(run.Header.Plan.Targets, results.Target{Name: t, Dir: "/mnt/" + t})
	}
	run.Header.Plan.Arms = s.arms()
	rng := rand.New(rand.NewPCG(s.Seed, 54))
	evidence := rand.New(rand.NewPCG(s.Seed, 55))
	clock := started
	for round := range s.Rounds {
		weather := math.Exp(0.03 * rng.NormFloat64()) // what a whole round shares
		for _, i := range rng.Perm(len(run.Header.Plan.Arms)) {
			noise := weather * math.Exp(0.015*rng.NormFloat64())
			t := trial(run.Header.Plan.Arms[i], noise)
			s.observe(&t, run.Header.Plan.Arms[i], evidence)
			t.Round, t.Started = round, clock
			clock = clock.Add(t.Total() + 200*time.Millisecond)
			run.Trials = append(run.Trials, t)
		}
	}
	run.End = &results.End{Type: results.LineEnd, Status: results.EndComplete, Ended: clock, Trials: len(run.Trials)}
	return run
}

func (s *Shape) arms() []results.Arm {
	var arms []results.Arm
	for _, target := range s.Targets {
		for _, workload := range s.Workloads {
			for _, record := range s.Records {
				for _, cache := range s.Caches {
					for _, backend := range s.Backends {
						a := results.Arm{ID: len(arms), Target: target, Workload: workload,
							Backend: backend, Size: s.Size, Record: record, Ops: s.Size / record,
							Bytes: s.Size, Consumer: "sum", Cache: cache}
						if workload == "random" {
							a.Ops = min(a.Ops, 4096)
							a.Bytes, a.Consumer = a.Ops*record, "touch"
						}
						if workload == "append" {
							if cache != s.Caches[0] {
								continue // it has no cache state
							}
							a.Cache, a.Consumer, a.Durability = "", "", "data"
						}
						arms = append(arms, a)
					}
				}
			}
		}
	}
	return arms
}

const page = 16 << 10 // the page size of the board that is modeled

// trial is what the model says of one arm, its times multiplied by noise.
func trial(a results.Arm, noise float64) results.Trial {
	mapped := strings.HasPrefix(a.Backend, "mmap")
	populate := strings.Contains(a.Backend, "populate")
	setup := &results.Phase{Wall: 18 * time.Microsecond, System: 16 * time.Microsecond}
	body := &results.Phase{}
	teardown := &results.Phase{Wall: 6 * time.Microsecond, System: 6 * time.Microsecond}

	cpu, device := bodyTime(a, mapped)
	body.Wall = scale(cpu+device, noise)
	body.User, body.System = scale(cpu, 0.35*noise), scale(cpu, 0.6*noise)
	if mapped {
		body.MinorFaults = max(1, a.Bytes/(64<<10))
		body.User, body.System = body.System, body.User
		teardown.Wall = scale(float64(a.Bytes)/40e9, noise)
		teardown.System = teardown.Wall
	}
	if mapped && populate {
		setup.MinorFaults, body.MinorFaults = 1, 0
		setup.Wall = scale(device+0.3*cpu, noise)
		setup.System = scale(0.3*cpu, noise)
		body.Wall = scale(0.55*cpu, noise)
		body.User, body.System = scale(0.54*cpu, noise), 0
	}
	state := &results.CacheState{Want: a.Cache, How: "posix_fadvise", Proof: results.ProofStrong,
		Pages: a.Size / page, Before: some(0)}
	if results.IsCold(a.Cache) {
		body.BlocksIn = a.Bytes / 512
		body.VoluntarySwitches = a.Ops
		state.After = some(min(a.Bytes, a.Size) / page)
		if mapped {
			body.MajorFaults = max(1, a.Bytes/(128<<10))
		}
	} else {
		state.How, state.Before, state.After = "read", &state.Pages, &state.Pages
	}
	t := results.Trial{Type: results.LineTrial, Arm: a.ID, Laps: 1, Setup: setup, Body: body,
		Teardown: teardown, Cache: state, Prepare: 120 * time.Millisecond, Verify: 30 * time.Millisecond,
		Check: &results.Check{OK: true, Got: "8f3a", Want: "8f3a"}}
	if a.Durability == "data" {
		t.Sync = &results.Phase{Wall: scale(float64(a.Bytes)/30e6, noise), BlocksOut: a.Bytes / 512}
	}
	if a.Cache == "" {
		t.Cache = nil
	}
	return t
}

// bodyTime returns the seconds that the model's processor and device need.
func bodyTime(a results.Arm, mapped bool) (cpu, device float64) {
	bytes, ops := float64(a.Bytes), float64(a.Ops)
	cpu = ops*900e-9 + bytes/4.2e9 // a system call and a copy
	if mapped {
		cpu = bytes/(64<<10)*1.6e-6 + bytes/7.5e9 // a fault every 64 KiB
	}
	if strings.Contains(a.Backend, "private") {
		cpu *= 1.01
	}
	if !results.IsCold(a.Cache) {
		return cpu, 0
	}
	device = bytes / 88e6
	if a.Workload == "random" {
		device = ops*450e-6 + bytes/88e6
		if mapped && !strings.Contains(a.Backend, "advise=random") {
			device += ops * (128 << 10) / 88e6 // read-ahead that nobody needs
		}
	}
	return cpu, device
}

func some(n int64) *int64 { return &n }

func scale(seconds, by float64) time.Duration {
	return time.Duration(seconds * by * float64(time.Second))
}
