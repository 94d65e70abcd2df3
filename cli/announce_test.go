//go:build linux && !386 && !arm

package cli

import (
	"testing"
	"time"

	"mmapbench/results"
)

// TestLevelsOfThePlan: every factor that varies is shown, by the name of its flag. The
// number of accesses is, where it does not follow from the other factors.
func TestLevelsOfThePlan(t *testing.T) {
	arm := results.Arm{Workload: "random", Backend: "mmap", Size: 1 << 20, Record: 4096, Ops: 256, Bytes: 1 << 20,
		Consumer: "sum", Cache: results.Cold}
	with := func(change func(*results.Arm)) results.Arm {
		a := arm
		change(&a)
		return a
	}
	for _, tt := range []struct {
		name  string
		other results.Arm
		want  string
	}{
		{"nothing", arm, "size 1M; record 4k; cache cold; backend mmap"},
		{"consumer", with(func(a *results.Arm) { a.Consumer = "touch" }),
			"size 1M; record 4k; cache cold; consumer sum, touch; backend mmap"},
		{"record", with(func(a *results.Arm) { a.Record, a.Ops = 8192, 128 }),
			"size 1M; record 4k, 8k; cache cold; backend mmap"},
		{"ops", with(func(a *results.Arm) { a.Ops, a.Bytes = 128, 1<<19 }),
			"size 1M; record 4k; cache cold; ops 256, 128; backend mmap"},
	} {
		if got := levels([]results.Arm{arm, tt.other}); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// A plan whose budget ends it says what fits into the budget, and the most there can be.
func TestWhatAPlanTakes(t *testing.T) {
	for _, tt := range []struct {
		name               string
		expected, budget   time.Duration
		takes, reads, over string
	}{
		{"ended by its budget", 200 * time.Second, 80 * time.Second,
			"80 s, the budget; all 40 rounds would take about 3m20s",
			"reads about 20 GiB from the device, writes about 4 GiB to it in that time, at most 10 GiB", "at most 40"},
		{"all rounds fit", 20 * time.Second, 80 * time.Second, "about 20 s; the budget is 80 s",
			"reads about 50 GiB from the device, writes at most 10 GiB to it", "40"},
		{"no budget", 20 * time.Second, 0, "about 20 s",
			"reads about 50 GiB from the device, writes at most 10 GiB to it", "40"},
	} {
		p := &results.Plan{Rounds: 40, Expected: tt.expected, Budget: tt.budget,
			ReadBytes: 50 << 30, WriteBytes: 10 << 30}
		if got := howLong(p); got != tt.takes {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.takes)
		}
		if got := moved(p, "about"); got != tt.reads {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.reads)
		}
		b := &progress{}
		if b.standings.run.Header.Plan = *p; b.rounds() != tt.over {
			t.Errorf("%s: round 1 of %s, want of %s", tt.name, b.rounds(), tt.over)
		}
	}
}
