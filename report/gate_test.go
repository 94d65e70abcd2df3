package report_test

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mmapbench/analysis"
	"mmapbench/report"
	"mmapbench/report/document"
	"mmapbench/report/reporttest"
	"mmapbench/results"
)

// A gate's sides stand beside each other under their names, compared with the base.
func TestGateNamesItsSides(t *testing.T) {
	match := reporttest.Match{Workloads: []string{"seqscan"}, Rounds: 12, Noise: 0.01,
		Took: func(a results.Arm, _ int) float64 {
			return map[string]float64{results.SideNew: 5}[a.Side] + 5
		}}
	for _, c := range []struct {
		factor, base, new string
		names             []string
	}{
		{results.GateBinary, "./old", "./new", []string{"base", "control", "new"}},
		{results.GateBackend, "pread", "mmap", []string{"base (pread)", "control (pread)", "new (mmap)"}},
	} {
		match.Factor, match.Base, match.New = c.factor, c.base, c.new
		s := analysis.Summarize(reporttest.Play(match))
		for _, g := range s.Groups {
			var names []string
			for _, r := range g.Rows {
				names = append(names, r.Name)
			}
			if diff := cmp.Diff(c.names, names); diff != "" {
				t.Errorf("by %s: (-want +got):\n%s", c.factor, diff)
			}
			if v := g.Rows[2].Speed.Median; g.Rows[2].Standing != analysis.Slower || math.Abs(v-0.5) > 0.05 {
				t.Errorf("by %s: the new side is %.2f times as fast, %s", c.factor, v, g.Rows[2].Standing)
			}
		}
		var text bytes.Buffer
		d := report.Run("", s, true)
		if err := document.WriteText(&text, d, document.TextOptions{}); err != nil {
			t.Fatal(err)
		}
		for _, want := range append(c.names, " side ", "times as fast as "+c.names[0]) {
			if !strings.Contains(text.String(), want) {
				t.Errorf("by %s: no %q in\n%s", c.factor, want, text.String())
			}
		}
		if n := len(d.Tables()); n != 2 { // the answer and the times
			t.Errorf("by %s: %d tables", c.factor, n)
		}
	}
}
