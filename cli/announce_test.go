//go:build linux && !386 && !arm

package cli

import (
	"testing"

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
