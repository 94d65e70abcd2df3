package report

import (
	"slices"
	"strings"
	"testing"

	"mmapbench/report/document"
	"mmapbench/report/reporttest"
	"mmapbench/results"
)

// TestMemoryIsShown gives the arms of a run 12 and 268 MiB: a column and a chart say so,
// and a run that does not know has neither.
func TestMemoryIsShown(t *testing.T) {
	run := reporttest.Run(reporttest.Shape{Backends: []string{"pread", "mmap"}, Rounds: 12})
	drawn := func() bool {
		return slices.ContainsFunc(charts(run), func(c *document.Chart) bool { return c.Name == "seqscan-memory" })
	}
	if text := tables(t, run, shown{width: 200}); strings.Contains(text, "memory") || drawn() {
		t.Errorf("memory that nobody measured:\n%s", text)
	}
	for i := range run.Trials {
		run.Trials[i].Memory = &results.Memory{Peak: new(int64(12<<20 + run.Trials[i].Arm*256<<20))}
	}
	text := tables(t, run, shown{width: 200})
	for _, want := range []string{"memory", "12 MiB", "268 MiB", "by processor", "Within timed laps: "} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing:\n%s", want, text)
		}
	}
	if !drawn() {
		t.Error("there is no chart")
	}
}
