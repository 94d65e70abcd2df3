package analysis

import (
	"math"
	"slices"
	"strings"
	"testing"

	"mmapbench/results"
)

// What all arms of a round share falls out of the ratio to the anchor.
func TestAnchor(t *testing.T) {
	list := []results.Arm{arm("pread", results.Cached, ""), arm("mmap", results.Cached, ""),
		arm("pread", results.Cold, ""), arm("mmap", results.Cold, "")}
	day := func(scale float64) []Row {
		return rowsOf(madeUp(list, 6, func(a results.Arm, round int) float64 {
			took := map[string]float64{"pread": 4, "mmap": 6}[a.Backend] * scale * float64(1+round)
			if a.Backend == "pread" && round == 2 {
				return math.NaN()
			}
			return took
		}))
	}
	total := Metrics()[0]
	for _, scale := range []float64{1, 1.3} {
		rows := day(scale)
		logs := total.Logs(&rows[1], Anchor("pread").Of(rows, rows[1].Arm))
		if len(logs) != 5 || math.Abs(slices.Max(logs)-math.Log(1.5)) > 1e-6 ||
			math.Abs(slices.Min(logs)-math.Log(1.5)) > 1e-6 {
			t.Errorf("at %v: %v, want ln 1.5 in the five rounds that both have", scale, logs)
		}
	}
	rows := day(1)
	for _, c := range []struct {
		anchor Anchor
		arm    int
		want   int // -1: none
	}{
		{"pread", 1, 0}, {"pread", 3, 2}, {"pread", 0, -1}, {"", 1, -1},
		{"seqscan 4k cached pread", 3, 0}, {"seqscan 4k cached pread on here", 2, 0},
		{"seqscan 4k cached pread", 0, -1},
	} {
		var want *Row
		if c.want >= 0 {
			want = &rows[c.want]
		}
		if got := c.anchor.Of(rows, rows[c.arm].Arm); got != want {
			t.Errorf("the anchor %q of arm %d: %+v, want arm %d", c.anchor, c.arm, got, c.want)
		}
	}
	if err := Anchor("praed").Check(list); err == nil || !strings.Contains(err.Error(), `did you mean "pread"?`) {
		t.Errorf("an anchor that no arm is: %v", err)
	}
	if err := Anchor("seqscan 4k cold mmap").Check(list); err != nil {
		t.Error(err)
	}
}
