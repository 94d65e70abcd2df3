package report

import (
	"slices"
	"strings"
	"testing"
	"time"

	"mmapbench/analysis"
	"mmapbench/internal/prose"
	"mmapbench/report/reporttest"
	"mmapbench/results"
)

// Whatever is found of a work with three record sizes and three backends, as in the default
// experiment, takes two lines; and none of the shorter texts is there in vain. One choice of
// patterns in seven is tried.
func TestAWorkTakesTwoLines(t *testing.T) {
	backends := []string{"pread", "mmap", "mmap:populate"}
	records := []int64{4 << 10, 64 << 10, 1 << 20}
	// Times in milliseconds of the backends, and by what share they swing.
	patterns := [][3][2]float64{
		{{10, 0}, {20, 0}, {30, 0}}, {{30, 0}, {10, 0}, {20, 0}}, {{30, 0}, {20, 0}, {10, 0}}, // one wins
		{{30, 0}, {10, 0.3}, {10, 0}}, {{10, 0.3}, {30, 0}, {10, 0}}, {{10, 0}, {10, 0.1}, {30, 0}}, // two lead
		{{25, 0}, {10, 0.3}, {10, 0}},                                // by less
		{{10, 0.3}, {10, 0}, {10, 0.2}}, {{10, 0}, {10, 0}, {10, 0}}, // all may
	}
	seen := map[detail]bool{}
	n := len(patterns)
	for choice := 0; choice < n*n*n; choice += 7 {
		of := []int{choice % n, choice / n % n, choice / n / n}
		run := reporttest.Run(reporttest.Shape{Backends: backends, Records: records, Rounds: 7})
		for i := range run.Trials {
			trial := &run.Trials[i]
			arm := run.Header.Plan.Arms[trial.Arm]
			p := patterns[of[slices.Index(records, arm.Record)]][slices.Index(backends, arm.Backend)]
			*trial.Setup, *trial.Teardown = results.Phase{}, results.Phase{}
			*trial.Body = results.Phase{Wall: time.Duration(1e6 * p[0] * (1 + p[1]*float64(trial.Round%2*2-1)))}
			if arm.Backend == "pread" { // so that there is something to be said of why
				trial.Body.System = trial.Body.Wall
			}
		}
		w := sections(analysis.Summarize(run))[0].works()[0]
		texts := w.texts()
		if len(texts) != 1 || strings.Count(prose.Wrap(texts[0], workWidth), "\n") >= workLines {
			t.Errorf("patterns %v: %q", of, texts)
			continue
		}
		for d := full; d <= names; d++ {
			if w.text(d) == texts[0] {
				seen[d] = true
				break
			}
		}
	}
	for d := full; d <= names; d++ {
		if !seen[d] {
			t.Errorf("no data make the text of detail %d appear", d)
		}
	}
}
