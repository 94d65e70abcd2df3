package counters

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// UsageMetrics describes what getrusage(2) and the clock tell of a phase. Every
// kernel has these counters, but for blocks: a kernel without accounting of I/O
// shows them as 0.
func UsageMetrics() []Metric { return usageMetrics("/") }

func usageMetrics(root string) []Metric {
	const clock, rusage = "clock_gettime(2), monotonic", "getrusage(2), RUSAGE_THREAD"
	// ru_inblock and /proc/self/io come from the same account
	// (include/linux/task_io_accounting_ops.h).
	noBlocks := ""
	if _, err := os.Stat(filepath.Join(root, ioPath)); errors.Is(err, fs.ErrNotExist) {
		noBlocks = noIO + " and shows 0"
	}
	return []Metric{
		{Name: "wall", Unit: "ns", Scope: Thread, Source: clock},
		{Name: "user", Unit: "ns", Scope: Thread, Source: rusage},
		{Name: "system", Unit: "ns", Scope: Thread, Source: rusage},
		{Name: "minor_faults", Unit: "faults", Scope: Thread, Source: rusage},
		{Name: "major_faults", Unit: "faults", Scope: Thread, Source: rusage},
		{Name: "voluntary_switches", Unit: "switches", Scope: Thread, Source: rusage},
		{Name: "involuntary_switches", Unit: "switches", Scope: Thread, Source: rusage},
		{Name: "blocks_in", Unit: "512 bytes", Scope: Thread, Source: rusage, Reason: noBlocks},
		{Name: "blocks_out", Unit: "512 bytes", Scope: Thread, Source: rusage, Reason: noBlocks},
	}
}
