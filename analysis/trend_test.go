package analysis

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mmapbench/results"
)

// trendOf is a trend of so many runs, a day apart, with these logarithms of medians, each
// known to so much by its own run.
func trendOf(id string, logs []float64, within float64) Trend {
	t := Trend{ID: id, Arm: results.Arm{Workload: "random", Backend: id}}
	for day, x := range logs {
		e := &Estimate{N: 12, Median: math.Exp(x),
			Interval: &Interval{math.Exp(x - 2*within), math.Exp(x + 2*within), Confidence}}
		run := &PastRun{Started: day0.AddDate(0, 0, day)}
		t.Points = append(t.Points, TrendPoint{Run: run, Index: day, Estimate: e})
	}
	return t
}

// TestLastRunIsJudgedByTheScatterBetweenRuns has runs that differ twice as much as each
// of them knows of itself: one last run in twenty is outside, not one in four.
func TestLastRunIsJudgedByTheScatterBetweenRuns(t *testing.T) {
	const suites, within = 2000, 0.03
	rng := rand.New(rand.NewPCG(8, 10))
	for _, runs := range []int{4, 6, 11, 21} {
		outside := 0
		for range suites {
			logs := make([]float64, runs)
			for i := range logs {
				logs[i] = 2*within*rng.NormFloat64() + within*rng.NormFloat64()
			}
			tr := trendOf("a", logs, within)
			if tr.analyze(nil); !tr.VsLevel.Interval.Contains(1) {
				outside++
			}
		}
		t.Logf("%d runs: %d of %d outside", runs, outside, suites)
		if off := math.Abs(float64(outside) - 0.05*suites); off > 3.5*math.Sqrt(0.05*0.95*suites) {
			t.Errorf("%d runs: %d of %d last runs are outside, want one in twenty", runs, outside, suites)
		}
	}
	for _, c := range []struct {
		logs []float64
		runs int
	}{{[]float64{1, 2}, 1}, {[]float64{1, 2, 3}, 2}} {
		tr := trendOf("a", c.logs, within)
		if tr.analyze(nil); tr.VsLevel.Interval != nil || tr.VsLevel.Runs != c.runs ||
			(tr.Smallest != nil) != (c.runs == 2) {
			t.Errorf("%d runs: %+v", len(c.logs), tr.VsLevel)
		}
	}
}

// steps are trends of 20 runs that scatter by 1 %, of which the first become slower by a
// share from the tenth on.
func steps(arms, slower int, by float64) *History {
	rng := rand.New(rand.NewPCG(9, 11))
	h := &History{}
	for i := range arms {
		logs := make([]float64, 20)
		for day := range logs {
			if logs[day] = 0.01 * rng.NormFloat64(); day >= 10 && i < slower {
				logs[day] += math.Log1p(by)
			}
		}
		h.Trends = append(h.Trends, trendOf(fmt.Sprintf("arm%d", i), logs, 0.005))
	}
	for _, p := range h.Trends[0].Points {
		h.Runs = append(h.Runs, p.Run)
	}
	for i := range h.Trends {
		t := &h.Trends[i]
		for k := range t.Points {
			t.Points[k].Run = h.Runs[k]
		}
		if i < slower {
			t.Arm.Workload = "append"
		}
		t.analyze(nil)
	}
	h.together()
	return h
}

func TestArmsOfARunAreReadAsOne(t *testing.T) {
	h := steps(40, 7, 0.1)
	if len(h.Together) != 1 {
		t.Fatalf("%+v", h.Together)
	}
	g := h.Together[0]
	if g.Index < 9 || g.Index > 11 || g.Arms != 40 || len(g.Changes) != 7 {
		t.Errorf("at run %d %d of %d arms changed, want 7 of 40 at 10", g.Index, len(g.Changes), g.Arms)
	}
	if low, high := g.Range(); low < 1.08 || high > 1.12 {
		t.Errorf("by %g to %g", low, high)
	}
	if c := g.Common(h); len(c) != 1 || c[0].Key != "workload" {
		t.Errorf("in common: %v", c)
	}
	// Found, and too small to count.
	h = steps(8, 8, 0.03)
	if found := h.Trends[0].Changes; len(found) != 1 || !found[0].Small || len(h.Together) != 0 {
		t.Errorf("of 3 %%: %+v, %+v", found, h.Together)
	}
	// One arm of forty whose change is as likely by chance.
	weak := []ChangedArm{{Change: &TrendChange{P: 0.04}}, {Change: &TrendChange{P: 0.002}}}
	if kept := discoveries(slices.Clone(weak), 40); len(kept) != 0 {
		t.Errorf("of forty arms %+v are kept", kept)
	}
	if kept := discoveries(slices.Clone(weak), 2); len(kept) != 2 {
		t.Errorf("of two arms %+v are kept", kept)
	}
}

// TestChangesAreKnown: what is said of a change holds when it moves by a run, and what
// else is in the file stays in it.
func TestChangesAreKnown(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, KnownFile)
	const before = "# ours\ncolor = 'blue'\n[[change]]\nchange = 'gone@20200101T000000Z'\nstate = 'hidden'\nby = 'me'"
	if err := os.WriteFile(file, []byte(before), 0o644); err != nil {
		t.Fatal(err)
	}
	h := steps(3, 2, 0.2)
	say := KnownChange{State: ChangeAcknowledged, Note: `it's "checksums"`, Ticket: "DB-17"}
	if n, err := h.Mark(dir, []string{"arm0"}, say); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if c := h.Trends[0].Changes[0]; c.State != ChangeAcknowledged || !h.Together[0].Slower() {
		t.Errorf("%+v, %+v", c, h.Together)
	}
	if n, err := h.Mark(dir, []string{"all"}, KnownChange{State: ChangeHidden}); n != 1 || err != nil ||
		h.Together[0].Slower() {
		t.Error(n, err, h.Together)
	}
	if _, err := h.Mark(dir, []string{"arm2"}, say); err == nil {
		t.Error("a change that is none was marked")
	}
	text, err := os.ReadFile(file)
	if err != nil || !strings.HasPrefix(string(text), before) {
		t.Errorf("%s, %v", text, err)
	}
	known, err := ReadKnown(dir)
	if err != nil || len(known) != 3 {
		t.Fatalf("%+v, %v", known, err)
	}
	tr := &h.Trends[0]
	at := tr.Changes[0].At
	say.Change = tr.ID + "@" + tr.Points[at].Run.Started.Format(changeTime)
	if diff := cmp.Diff(say, known[1]); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
	for off, want := range map[int]ChangeState{
		-3: ChangeNew, -2: ChangeAcknowledged, 1: ChangeAcknowledged, 3: ChangeNew} {
		if k := tr.known(at+off, known); k.State != want {
			t.Errorf("%d runs beside: %s", off, k.State)
		}
	}
	tr.Points = slices.Delete(tr.Points, at, at+1) // the run is deleted
	if k := tr.known(at, known); k.State != ChangeAcknowledged {
		t.Errorf("without its run: %s", k.State)
	}
	for _, bad := range []string{"[[change]]\nstate = 'nwe'", "change = 3", "]["} {
		if err := os.WriteFile(file, []byte(bad), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadKnown(dir); err == nil || !strings.Contains(err.Error(), KnownFile) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
