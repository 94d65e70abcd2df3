package reporttest

import (
	"math"
	"math/rand/v2"
	"time"

	"mmapbench/internal/reason"
	"mmapbench/results"
)

// Commands returns a made-up run of three commands, cold and cached: one that
// reads all of its files, one that looks at their sizes alone, and one that fails.
func Commands(rounds int) *results.Run {
	started := time.Date(2025, 11, 3, 9, 30, 0, 0, time.UTC)
	run := &results.Run{Header: results.Header{Type: results.LineHeader, Format: results.Format,
		Schema:  results.SchemaVersion,
		Started: started, Plan: results.Plan{Name: "exec", Rounds: rounds, Commands: []results.Command{
			{Name: "wc", Line: "wc -c big", Files: []string{"big"}},
			{Name: "sum", Line: "cksum big", Files: []string{"big"}},
			{Name: "bad", Line: "grep -q z nofile", Files: []string{"big"}}}}}}
	plan := &run.Header.Plan
	for _, cache := range []string{results.Cold, results.Cached} {
		for _, c := range plan.Commands {
			plan.Arms = append(plan.Arms, results.Arm{ID: len(plan.Arms), Target: "here", Workload: results.Exec,
				Backend: c.Name,
				Size:    64 << 20, Ops: 1, Cache: cache})
		}
	}
	rng := rand.New(rand.NewPCG(1, 56))
	for round := range rounds {
		for _, a := range plan.Arms {
			run.Trials = append(run.Trials, command(a, round, math.Exp(0.05*rng.NormFloat64())))
		}
	}
	run.End = &results.End{Type: results.LineEnd, Status: results.EndComplete, Ended: started, Trials: len(run.Trials)}
	return run
}

func command(a results.Arm, round int, noise float64) results.Trial {
	t := results.Trial{Type: results.LineTrial, Round: round, Arm: a.ID, Laps: 1}
	if a.Backend == "bad" {
		t.Error = &results.TrialError{Kind: results.ErrorCommand,
			Text: "command \"grep -q z nofile\": exit status 2\ngrep: nofile: No such file or directory"}
		return t
	}
	pages := a.Size / (4 << 10)
	t.Body = &results.Phase{Wall: scale(1.6e-3, noise), User: 500_000, System: 600_000, MinorFaults: 80}
	t.Cache = &results.CacheState{Want: a.Cache, How: "posix_fadvise", Proof: results.ProofStrong, Pages: pages,
		Before: some(0), After: &pages}
	read := some(0)
	switch {
	case a.Cache == results.Cached:
		t.Cache.How, t.Cache.Before = "read", &pages
	case a.Backend == "sum":
		read = &a.Size
	default:
		t.Cache.Proof, t.Cache.Reasons, t.Cache.After = results.ProofWeak,
			[]reason.Reason{{Code: reason.NeedUnknown}}, some(0)
		t.Warnings = []string{results.WarnColdWeak}
	}
	if a.Backend == "sum" {
		t.Body = &results.Phase{Wall: scale(8e-3+float64(*read)/4e9, noise), User: 7_000_000, System: 700_000,
			MinorFaults: 97, BlocksIn: *read / 512}
	}
	t.Device = &results.DeviceIO{Names: []string{"vda"}, OwnRead: read, OwnWrite: some(0), DeviceRead: read,
		DeviceWrite: some(0)}
	return t
}
