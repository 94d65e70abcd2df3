package analysis

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"mmapbench/analysis/verdict"
	"mmapbench/internal/host"
	"mmapbench/results"
)

// sideOf makes a side of runs of 24 rounds, one for each factor by which its times and
// those of mmap differ from the others'.
func sideOf(name string, list []results.Arm, day int, factors ...[2]float64) *Side {
	s := &Side{}
	for i, f := range factors {
		run := madeUp(list, 24, func(a results.Arm, round int) float64 {
			took := 10 * f[0] * wobble(a, round+100*day+i)
			if a.Backend == "mmap" {
				took *= f[1]
			}
			return took
		})
		run.Header.Started = time.Unix(int64(1e9+86400*(10*day+i)), 0)
		s.Names, s.Runs = append(s.Names, fmt.Sprintf("%s%d", name, i)), append(s.Runs, Summarize(run))
	}
	return s
}

// Two files of one program on two days are called a regression by their trials alone: how
// much runs differ is not in them. So one run a side decides no time, whatever the bounds.
func TestTwoFilesNeverDecideOnTimes(t *testing.T) {
	list := []results.Arm{arm("pread", "cached", ""), arm("mmap", "cached", "")}
	few, slow := [2]float64{1, 1}, [2]float64{1.3, 1}
	three := [][2]float64{{1, 1}, {1.02, 1}, {0.98, 1}}
	eight := append(slices.Clone(three), three[0], three[1], three[2], three[1], three[2])
	mmapSlower := [][2]float64{{1, 1.3}, {1.02, 1.3}, {0.98, 1.3}}
	for _, c := range []struct {
		name        string
		base, fresh [][2]float64
		past        [][2]float64
		anchor      Anchor
		metrics     string
		want        verdict.Outcome
		reason      verdict.Reason
	}{
		{name: "two files", base: [][2]float64{few}, fresh: [][2]float64{slow}, want: verdict.Undecided,
			reason: verdict.FewRuns},
		{name: "two alike", base: [][2]float64{few}, fresh: [][2]float64{few}, want: verdict.Undecided,
			reason: verdict.FewRuns},
		{name: "two each", base: three[:2], fresh: [][2]float64{slow, slow}, want: verdict.Undecided,
			reason: verdict.FewRuns},
		{name: "three each, slower", base: three, fresh: [][2]float64{{1.3, 1}, {1.31, 1}, {1.28, 1}},
			want: verdict.Regressed},
		{name: "three each, alike", base: three, fresh: three, want: verdict.Passed},
		{name: "three each, that differ by as much", base: [][2]float64{{1, 1}, {1.3, 1}, {0.8, 1}},
			fresh: [][2]float64{{1.2, 1}, {1.5, 1}, {1, 1}}, want: verdict.Undecided},
		{name: "eight of a history", base: three[:1], past: eight[1:], fresh: [][2]float64{slow},
			want: verdict.Regressed},
		{name: "seven of a history", base: three[:1], past: eight[2:], fresh: [][2]float64{slow},
			want: verdict.Undecided, reason: verdict.FewRuns},
		{name: "a slow day, anchored", base: [][2]float64{few}, fresh: [][2]float64{slow}, anchor: "pread",
			want: verdict.Passed},
		{name: "slower, anchored", base: [][2]float64{few}, fresh: [][2]float64{{0.9, 1.3}}, anchor: "pread",
			want: verdict.Regressed},
		{name: "three each, slower, anchored", base: three, fresh: mmapSlower, anchor: "pread",
			want: verdict.Regressed},
		{name: "the machine changed", base: three, fresh: [][2]float64{{1.5, 1.3}, {1.52, 1.3}, {1.49, 1.3}},
			anchor: "pread", want: verdict.Undecided, reason: verdict.AnchorMoved},
		{name: "counters", base: [][2]float64{few}, fresh: [][2]float64{slow}, metrics: "faults", want: verdict.Passed},
	} {
		if c.metrics == "" {
			c.metrics = "total"
		}
		q := FileQuestion{Questions: questions(t, c.metrics, verdict.OneLook(24)), Anchor: c.anchor}
		if c.past != nil {
			q.Past = sideOf("past", list, 0, c.past...).Runs
		}
		got, err := Files(sideOf("a", list, 1, c.base...), sideOf("b", list, 2, c.fresh...), q)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if got.Outcome != c.want || c.reason != "" && !slices.Contains(got.Rows[len(got.Rows)-1].Reasons, c.reason) {
			t.Errorf("%s: %v, want %v: %+v", c.name, got.Outcome, c.want, got.Rows[0].Answer)
		}
		if c.anchor != "" && (len(got.Rows) != 1 || got.Rows[0].Arm.Backend != "mmap") {
			t.Errorf("%s: the anchor is compared: %d rows", c.name, len(got.Rows))
		}
	}
}

func TestFilesThatCannotBeCompared(t *testing.T) {
	list := []results.Arm{arm("pread", "cached", ""), arm("mmap", "cached", "")}
	one := [2]float64{1, 1}
	base, fresh := sideOf("a", list, 1, one), sideOf("b", append(list[:1:1], arm("read", "cached", "")), 2, one)
	q := FileQuestion{Questions: questions(t, "total", verdict.OneLook(24))}
	c, err := Files(base, fresh, q)
	if err != nil || !c.Unpaired || len(c.Rows) != 1 || len(c.Alone) != 2 {
		t.Fatalf("%+v, %v", c, err)
	}
	fresh.Runs[0].Header.Host = host.Facts{Machine: host.Machine{KernelRelease: "6.1"}}
	if c, err = Files(base, fresh, q); err != nil || c.Outcome != verdict.Void || len(c.Refused) == 0 {
		t.Errorf("of two machines: %+v, %v", c, err)
	}
	q.Across = true
	if c, err = Files(base, fresh, q); err != nil || c.Outcome == verdict.Void || len(c.Across) == 0 {
		t.Errorf("across: %+v, %v", c, err)
	}
	if _, err := Files(base, sideOf("c", []results.Arm{arm("read", "cold", "")}, 3, one), q); err == nil {
		t.Error("two files without a common arm were compared")
	}
	same := sideOf("same", list, 1, one)
	if _, err := Files(base, same, q); err == nil || !strings.Contains(err.Error(), "are the same run") {
		t.Errorf("a run against itself: %v", err)
	}
	q.Anchor = "mmpa"
	if _, err := Files(base, sideOf("b", list, 2, one), q); err == nil || !strings.Contains(err.Error(), `"mmap"`) {
		t.Errorf("an anchor that there is not: %v", err)
	}
}

// A question has the figures of a report, at 12 rounds too, and no verdict.
func TestQuestionsAreAnswered(t *testing.T) {
	list := []results.Arm{arm("pread", "cached", ""), arm("mmap", "cached", ""), arm("read", "cached", ""),
		arm("direct", "cold", ""), arm("pread", "cold", ""), arm("mmap", "cold", "")}
	run := madeUp(list, 12, func(a results.Arm, round int) float64 {
		factor := map[string]float64{"pread": 1, "mmap": 0.3, "read": 1.01, "direct": 3}[a.Backend]
		if a.Cache == "cold" && a.Backend == "mmap" {
			factor = 1 + 0.5*math.Sin(float64(7*round)) // now faster, now slower
		}
		return 10 * factor * wobble(a, round)
	})
	s := Summarize(run)
	c, err := By(s, "backend", "pread", questions(t, "total", verdict.OneLook(12)))
	if err != nil || c.Outcome != verdict.Answered || c.Outcome.ExitCode(verdict.FailInconclusive) != 0 {
		t.Fatalf("%+v, %v", c, err)
	}
	want := map[string]verdict.Verdict{"mmap cached": verdict.Faster, "read cached": verdict.Equal,
		"direct cold": verdict.Slower, "mmap cold": verdict.Open}
	for i := range c.Rows {
		r := &c.Rows[i]
		if v := want[r.New+" "+r.Arm.Cache]; r.Verdict != v || r.Fail == nil {
			t.Errorf("%s %s: %v, want %v; %+v", r.New, r.Arm.Cache, r.Verdict, v, r.Fail)
		}
	}
}
