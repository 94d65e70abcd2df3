package experiment_test

import (
	"strings"
	"testing"
	"time"

	"mmapbench/experiment"
	"mmapbench/results"
)

// TestPlansThatWereReadAreChecked: what was planned is accepted, and a plan with one
// field changed to what is never planned is refused by that field's name.
func TestPlansThatWereReadAreChecked(t *testing.T) {
	plan := func() *results.Plan {
		return build(t, `
rounds = 2
[[grid]]
workload = ["seqscan", "random"]
backend = ["pread", "mmap:private"]
size = ["1M"]
record = ["4k", "12k", "40"]
cache = ["cold", "cached", "mapped"]
[[grid]]
workload = ["append", "copy"]
backend = ["mmap"]
size = ["1M"]
record = ["4k", "40"]
cache = ["cold"]`, fast)
	}
	if err := experiment.CheckPlan(plan(), catalogue()); err != nil {
		t.Fatalf("a plan that was made a moment ago: %v", err)
	}
	find := func(p *results.Plan, workload string) *results.Arm {
		for i := range p.Arms {
			if p.Arms[i].Workload == workload {
				return &p.Arms[i]
			}
		}
		t.Fatalf("no arm of %s", workload)
		return nil
	}
	for _, tt := range []struct {
		workload, field, says string
		edit                  func(*results.Arm)
	}{
		{"seqscan", "record", "multiple of 8", func(a *results.Arm) { a.Record = 3 }},
		{"seqscan", "record", "multiple of 8", func(a *results.Arm) { a.Record = 12 }},
		{"seqscan", "size", "multiple of 8", func(a *results.Arm) { a.Size += 4 }},
		{"seqscan", "cache", "hot", func(a *results.Arm) { a.Cache = "hot" }},
		{"seqscan", "cache", `""`, func(a *results.Arm) { a.Cache = "" }},
		{"append", "cache", "has none", func(a *results.Arm) { a.Cache = "cold" }},
		{"copy", "workload", "for workloads that read", func(a *results.Arm) { a.Cache = "mapped" }},
		{"seqscan", "backend", "zzz", func(a *results.Arm) { a.Backend = "mmap:zzz" }},
		{"seqscan", "backend", "exec", func(a *results.Arm) { a.Backend = "exec" }},
		{"append", "backend", "append", func(a *results.Arm) { a.Backend = "null" }},
		{"seqscan", "workload", "nosuch", func(a *results.Arm) { a.Workload = "nosuch" }},
		{"seqscan", "workload", "exec", func(a *results.Arm) { a.Workload = results.Exec }},
		{"seqscan", "cache", "has none", func(a *results.Arm) { a.Workload = "append" }},
		{"append", "consumer", "has none", func(a *results.Arm) { a.Consumer = "sum" }},
		{"seqscan", "durability", "has none", func(a *results.Arm) { a.Durability = "none" }},
		{"append", "durability", "q", func(a *results.Arm) { a.Durability = "q" }},
		{"seqscan", "consumer", "eat", func(a *results.Arm) { a.Consumer = "eat" }},
		{"seqscan", "ops", "256", func(a *results.Arm) { a.Ops, a.Bytes = a.Ops*2, a.Bytes*2 }},
		{"append", "ops", "256", func(a *results.Arm) { a.Ops = 1e9 }},
		{"random", "bytes", "is 7", func(a *results.Arm) { a.Bytes = 7 }},
		{"random", "bytes", "a lap of random", func(a *results.Arm) { a.Bytes *= 2 }},
		{"append", "bytes", "1048576", func(a *results.Arm) { a.Bytes *= 2 }},
	} {
		p := plan()
		arm := find(p, tt.workload)
		tt.edit(arm)
		err := experiment.CheckPlan(p, catalogue())
		if err == nil || !strings.HasPrefix(err.Error(), "plan.arms[") ||
			!strings.Contains(err.Error(), "]."+tt.field+": ") || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%+v: error %v\nwant one of the field %s that says %s", *arm, err, tt.field, tt.says)
		}
	}
}

// TestPlansOfCommandsThatWereReadAreChecked does the same for commands.
func TestPlansOfCommandsThatWereReadAreChecked(t *testing.T) {
	e := load(t, `rounds = 1`)
	e.Commands = []results.Command{{Name: "yes", Line: "true"}}
	p, err := experiment.Build(e, catalogue(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := experiment.CheckPlan(p, catalogue()); err != nil {
		t.Fatalf("a plan that was made a moment ago: %v", err)
	}
	p.Arms[0].Bytes = 1 << 20
	if err := p.Check(); err == nil || !strings.Contains(err.Error(), "what a command moves is not known") {
		t.Errorf("bytes of a command: %v", err)
	}
	p.Arms[0].Bytes, p.Duration = 0, time.Second
	if err := experiment.CheckPlan(p, catalogue()); err == nil ||
		!strings.Contains(err.Error(), "plan.arms[0].workload: ") {
		t.Errorf("a duration for commands: %v", err)
	}
	p.Duration = 0
	p.Arms[0].Cache = results.Cold
	if err := experiment.CheckPlan(p, catalogue()); err == nil ||
		!strings.Contains(err.Error(), "plan.arms[0].cache: ") {
		t.Errorf("a cache state of no file: %v", err)
	}
	p.Commands[0].Files, p.Arms[0].Cache = []string{"f"}, "hot"
	if err := experiment.CheckPlan(p, catalogue()); err == nil ||
		!strings.Contains(err.Error(), "plan.arms[0].cache: ") {
		t.Errorf("an unknown cache state: %v", err)
	}
}
