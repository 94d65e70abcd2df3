package analysis

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mmapbench/internal/host"
	"mmapbench/internal/reason"
	"mmapbench/results"
)

var day0 = time.Date(2026, 1, 1, 3, 0, 0, 0, time.UTC)

// board is a machine with a card, mounted as name.
func board(kernel, name, model string) host.Facts {
	return host.Facts{
		Machine: host.Machine{Model: "board", KernelRelease: kernel},
		Targets: []host.TargetFacts{{Name: name, Dir: "/mnt/" + name, FileSystem: "ext4",
			Device: &host.Device{Kind: host.KindSD, Model: model}}},
	}
}

// past is the run of a day, seven trials for each backend, around one time each.
func past(day int, facts host.Facts, times map[string]time.Duration) *results.Run {
	names := []string{}
	for _, b := range []string{"pread", "mmap", "null"} {
		if times[b] > 0 {
			names = append(names, b)
		}
	}
	list := arms(names...)
	var all [][]time.Duration
	for i := range list {
		list[i].Target = facts.Targets[0].Name
		all = append(all, around(times[list[i].Backend]))
	}
	r := run(list, all...)
	r.Header.Started = day0.AddDate(0, 0, day)
	r.Header.Host = facts
	r.Header.Plan.Name = "nightly"
	for _, t := range facts.Targets {
		r.Header.Plan.Targets = append(r.Header.Plan.Targets, results.Target{Name: t.Name, Dir: t.Dir})
	}
	r.End = &results.End{Status: results.EndComplete}
	return r
}

// around are seven times with the median d and a scatter of a percent.
func around(d time.Duration) []time.Duration {
	var out []time.Duration
	for i := -3; i <= 3; i++ {
		out = append(out, d+d*time.Duration(i)/300)
	}
	return out
}

func condense(runs ...*results.Run) []*PastRun {
	var out []*PastRun
	for i, r := range runs {
		out = append(out, Condense(fmt.Sprintf("%d.jsonl", i), Summarize(r), ""))
	}
	return out
}

// TestHistoryFindsTheDay makes one of two backends slower on the tenth day, and
// gives the runs in a wrong order.
func TestHistoryFindsTheDay(t *testing.T) {
	var runs []*results.Run
	rng := rand.New(rand.NewPCG(1, 1))
	for day := range 14 {
		slower := 1.0
		if day >= 10 {
			slower = 1.1
		}
		noisy := func(d time.Duration, by float64) time.Duration {
			return time.Duration(float64(d) * by * math.Exp(0.005*rng.NormFloat64()))
		}
		runs = append(runs, past(day, board("6.12", "sd", "SC64G"),
			map[string]time.Duration{"pread": noisy(40*ms, 1), "mmap": noisy(20*ms, slower)}))
	}
	rng.Shuffle(len(runs), func(i, j int) { runs[i], runs[j] = runs[j], runs[i] })
	h := NewHistory(condense(runs...), HistoryOptions{})
	if len(h.Runs) != 14 || len(h.LeftOut) != 0 || len(h.Trends) != 2 {
		t.Fatalf("%d runs, %d trends, left out %+v", len(h.Runs), len(h.Trends), h.LeftOut)
	}
	if !slices.IsSortedFunc(h.Runs, func(a, b *PastRun) int { return a.Started.Compare(b.Started) }) {
		t.Error("the runs are not in the order of time")
	}
	pread, mmap := h.Trends[0], h.Trends[1]
	if pread.Arm.Backend != "pread" || len(pread.Changes) != 0 || pread.VsLevel.Interval == nil ||
		!pread.VsLevel.Interval.Contains(1) || pread.VsLevel.Runs != 13 {
		t.Errorf("pread: %+v, %+v", pread.Changes, pread.VsLevel)
	}
	if len(mmap.Changes) != 1 || mmap.Changes[0].At != 10 || math.Abs(mmap.Changes[0].Ratio-1.1) > 0.02 {
		t.Fatalf("mmap: %+v, want one change at 10 by 1.1", mmap.Changes)
	}
	if day := mmap.Points[10].Run.Started; !day.Equal(day0.AddDate(0, 0, 10)) {
		t.Errorf("the change is on %v", day)
	}
	if e := mmap.VsLevel; e.Runs != 3 || e.Interval == nil || !e.Interval.Contains(1) || e.Interval.High > 1.05 {
		t.Errorf("against its level: %+v, %+v", e, e.Interval)
	}
	if s := pread.Smallest; s == nil || *s < 0.005 || *s > 0.025 {
		t.Errorf("the smallest change to be seen is %v, of a scatter of half a percent", s)
	}
	if len(h.Together) != 1 || h.Together[0].Run != h.Runs[10] || h.Together[0].Arms != 2 ||
		len(h.Together[0].Changes) != 1 || !h.Together[0].Slower() {
		t.Errorf("together: %+v", h.Together)
	}
}

// TestHistoryLeavesOut has one run for each reason, beside three good ones.
func TestHistoryLeavesOut(t *testing.T) {
	here, both := board("6.12", "sd", "SC64G"), map[string]time.Duration{"pread": 40 * ms, "mmap": 20 * ms}
	good := func(day int) *results.Run { return past(day, here, both) }
	torn, unusable, plan := good(3), good(4), good(6)
	torn.Torn = true
	for i := range unusable.Trials {
		unusable.Trials[i].Excluded = reason.Excluded(results.Cold)
	}
	for i := range plan.Header.Plan.Arms {
		plan.Header.Plan.Arms[i].Record = 1 << 20
	}
	other := past(5, board("6.6", "sd", "SC64G"), both)
	runs := condense(good(0), good(1), good(2), good(1), torn, unusable, other, plan)
	gate := good(7)
	gate.Header.Plan.Gate = &results.Gate{Factor: results.GateBinary}
	runs = append(runs, Condense("8.jsonl", Summarize(gate), ""))
	h := NewHistory(runs, HistoryOptions{})
	got := map[string]string{}
	for _, l := range h.LeftOut {
		got[l.File+" "+string(l.Kind)] = l.Reason
	}
	want := map[string]string{
		"3.jsonl copy":     "the same run as 1.jsonl",
		"4.jsonl torn":     "the last line is torn, as by a crash; run --resume completes it",
		"8.jsonl gate":     "a gate: it compares two sides with each other",
		"5.jsonl unusable": "no usable trial",
		"6.jsonl machine":  "another machine, " + runs[6].Machine + " (kernel: 6.6 in one, 6.12 in the other)",
		"7.jsonl plan":     "another plan: no other run has one of its arms",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}
	if len(h.Runs) != 3 || len(h.Trends) != 2 || len(h.Trends[0].Points) != 3 {
		t.Errorf("%d runs, %d trends", len(h.Runs), len(h.Trends))
	}
	// The other machine has a history of its own.
	h = NewHistory(runs, HistoryOptions{Machine: runs[6].Machine[:6]})
	if len(h.Runs) != 1 || h.Runs[0].File != "6.jsonl" || len(h.Trends) != 2 || h.Host.Machine.KernelRelease != "6.6" {
		t.Errorf("history of the other machine: %+v", h)
	}
	if h := NewHistory(runs, HistoryOptions{Machine: "none"}); len(h.Runs) != 0 || len(h.Trends) != 0 ||
		h.Machine != "" {
		t.Errorf("history of no machine: %+v", h)
	}
	if h := NewHistory(nil, HistoryOptions{}); len(h.Runs)+len(h.Trends)+len(h.LeftOut) != 0 {
		t.Errorf("history of nothing: %+v", h)
	}
}

// TestTrendsAreOfOneThing lists what must and must not be one trend.
func TestTrendsAreOfOneThing(t *testing.T) {
	base := func() *results.Run {
		return past(0, board("6.12", "sd", "SC64G"), map[string]time.Duration{"pread": 40 * ms})
	}
	for _, c := range []struct {
		name   string
		change func(*results.Run)
		one    bool
	}{
		{"nothing", func(*results.Run) {}, true},
		{"another directory", func(r *results.Run) {
			r.Header.Plan.Targets[0].Dir, r.Header.Host.Targets[0].Dir = "/elsewhere", "/elsewhere"
		}, true},
		{"another name of the target", func(r *results.Run) { rename(r, "card") }, true},
		{"another place in the plan", func(r *results.Run) {
			r.Header.Plan.Arms = append(arms("null"), r.Header.Plan.Arms...)
			r.Header.Plan.Arms[1].ID = 1
			for i := range r.Trials {
				r.Trials[i].Arm = 1
			}
		}, true},
		{"one more target", func(r *results.Run) {
			r.Header.Plan.Targets = append(r.Header.Plan.Targets, results.Target{Name: "nvme"})
			r.Header.Host.Targets = append(r.Header.Host.Targets, host.TargetFacts{Name: "nvme", FileSystem: "xfs"})
		}, true},
		{"another card", func(r *results.Run) { r.Header.Host.Targets[0].Device.Model = "EVO" }, false},
		{"another file system", func(r *results.Run) { r.Header.Host.Targets[0].FileSystem = "vfat" }, false},
		{"another cache state", func(r *results.Run) { r.Header.Plan.Arms[0].Cache = results.Cold }, false},
		{"other options", func(r *results.Run) { r.Header.Plan.Arms[0].Backend = "pread:direct" }, false},
		{"trials of a duration", func(r *results.Run) { r.Header.Plan.Duration = time.Second }, false},
		{"every access timed", func(r *results.Run) { r.Header.Plan.Latency = "on" }, false},
		{"counters by phase", func(r *results.Run) { r.Header.Plan.PhaseCounters = true }, false},
		{"the least of cold laps", func(r *results.Run) { r.Header.Plan.ColdLaps = 2 }, false},
		{"a command", func(r *results.Run) { asCommand(r, "grep x big.log") }, false},
		{"the same card twice", func(r *results.Run) {
			twin := r.Header.Host.Targets[0]
			twin.Name = "twin"
			r.Header.Plan.Targets = append(r.Header.Plan.Targets, results.Target{Name: "twin"})
			r.Header.Host.Targets = append(r.Header.Host.Targets, twin)
		}, false},
	} {
		a, b := base(), base()
		b.Header.Started = b.Header.Started.Add(time.Hour)
		c.change(b)
		h := NewHistory(condense(a, b), HistoryOptions{})
		if one := len(h.Trends) == 1 && len(h.Trends[0].Points) == 2; one != c.one {
			t.Errorf("%s: one trend: %v, want %v; left out: %+v", c.name, one, c.one, h.LeftOut)
		}
	}
}

func TestTrendsSayHowTheyWereMeasured(t *testing.T) {
	r := past(0, board("6.12", "sd", "SC64G"), map[string]time.Duration{"pread": 40 * ms})
	r.Header.Plan.Latency = "auto"
	if how := NewHistory(condense(r), HistoryOptions{}).Trends[0].Settings; how != "" {
		t.Errorf("as by default: %q", how)
	}
	r.Header.Plan.Duration, r.Header.Plan.Latency, r.Header.Plan.NoCounters = 30*time.Second, "on", true
	if how := NewHistory(condense(r), HistoryOptions{}).Trends[0].Settings; how != "trials of 30s, "+
		"every access timed, no counters read" {
		t.Errorf("measured by %q", how)
	}
}

// asCommand makes the arms run a command.
func asCommand(r *results.Run, line string) {
	for i := range r.Header.Plan.Arms {
		a := &r.Header.Plan.Arms[i]
		*a = results.Arm{ID: a.ID, Target: a.Target, Workload: results.Exec, Backend: "grep"}
	}
	r.Header.Plan.Commands = []results.Command{{Name: "grep", Line: line, Files: []string{"big.log"}}}
}

// TestCommandsAreKnownByTheirLine: two commands of one name are not one.
func TestCommandsAreKnownByTheirLine(t *testing.T) {
	var all []*PastRun
	for day, line := range []string{"grep x big.log", "grep y big.log", "grep x big.log", "grep y big.log"} {
		r := past(day, board("6.12", "sd", "SC64G"), map[string]time.Duration{"pread": 40 * ms})
		asCommand(r, line)
		all = append(all, Condense(line, Summarize(r), ""))
	}
	h := NewHistory(all, HistoryOptions{})
	for _, tr := range h.Trends {
		if len(tr.Points) != 2 || tr.Points[0].Run.File != tr.Line || tr.Points[1].Run.File != tr.Line {
			t.Errorf("trend %+v, want that of one command", tr)
		}
	}
	if len(h.Trends) != 2 {
		t.Errorf("%d trends, want one for each command", len(h.Trends))
	}
}

func rename(r *results.Run, name string) {
	r.Header.Plan.Targets[0].Name, r.Header.Host.Targets[0].Name = name, name
	for i := range r.Header.Plan.Arms {
		r.Header.Plan.Arms[i].Target = name
	}
}

// TestBaselinesAreNotCountedTwice: a baseline gives its name to the run of which
// it is a copy, and stands for it where that is gone.
func TestBaselinesAreNotCountedTwice(t *testing.T) {
	file := func(day int, name string, baselines ...string) *PastRun {
		p := Condense(name,
			Summarize(past(day, board("6.12", "sd", "SC64G"), map[string]time.Duration{"pread": 40 * ms})), "")
		p.Baselines = baselines
		return p
	}
	h := NewHistory([]*PastRun{file(0, "baselines/main.jsonl", "main"), file(0, "day0.jsonl"), file(1, "day1.jsonl"),
		file(2, "baselines/v1.jsonl", "v1")}, HistoryOptions{})
	var got []string
	for _, r := range h.Runs {
		got = append(got, r.File+" "+strings.Join(r.Baselines, ","))
	}
	if diff := cmp.Diff([]string{"day0.jsonl main", "day1.jsonl ", "baselines/v1.jsonl v1"}, got); diff != "" {
		t.Errorf("runs (-want +got):\n%s", diff)
	}
	if len(h.LeftOut) != 0 {
		t.Errorf("left out: %+v", h.LeftOut)
	}
	longer := file(0, "longer.jsonl")
	longer.trials++
	h = NewHistory([]*PastRun{file(0, "day0.jsonl"), longer}, HistoryOptions{})
	if len(h.Runs) != 1 || h.Runs[0].File != "longer.jsonl" || len(h.LeftOut) != 1 {
		t.Errorf("of a run and the same resumed: %+v, left out %+v", h.Runs, h.LeftOut)
	}
}

func TestHistoryKeeps(t *testing.T) {
	runs := condense(past(0, board("6.12", "sd", "A"), map[string]time.Duration{"pread": 40 * ms, "mmap": 20 * ms}),
		past(1, board("6.12", "sd", "A"), map[string]time.Duration{"pread": 40 * ms}))
	h := NewHistory(runs, HistoryOptions{Keep: func(a results.Arm) bool { return a.Backend == "mmap" }})
	if len(h.Trends) != 1 || h.Trends[0].Arm.Backend != "mmap" || len(h.Runs) != 1 {
		t.Errorf("trends %+v", h.Trends)
	}
	if len(h.LeftOut) != 1 || h.LeftOut[0].Kind != LeftOutUnusable {
		t.Errorf("left out %+v", h.LeftOut)
	}
	if e := h.Trends[0].VsLevel; e != nil {
		t.Errorf("a single run has a ratio to those before it: %+v", e)
	}
}

// TestHistoryInTheOrderOfALabel runs an old commit again on the last day.
func TestHistoryInTheOrderOfALabel(t *testing.T) {
	for _, c := range []struct {
		name, want string
		values     []string
	}{
		{"numbers", "n=9 n=10 n=10 n=100", []string{"10", "100", "9", "10", ""}},
		{"words", "n=10 n=9 n=v2", []string{"9", "v2", "10"}},
	} {
		var runs []*results.Run
		for day, v := range c.values {
			r := past(day, board("6.12", "sd", "A"), map[string]time.Duration{"pread": 40 * ms})
			if v != "" {
				r.Header.Labels = results.Labels{"n": v}
			}
			runs = append(runs, r)
		}
		h := NewHistory(condense(runs...), HistoryOptions{Order: "n"})
		var got []string
		for _, p := range h.Trends[0].Points {
			got = append(got, p.Run.Place)
		}
		if strings.Join(got, " ") != c.want || len(h.LeftOut) != len(c.values)-len(got) {
			t.Errorf("%s: %q, left out %+v", c.name, got, h.LeftOut)
		}
	}
}

// TestHistoryOverAnAnchor has a machine whose speed wanders by 20 % from run to run, and a
// program that becomes slower by 10 %: only the ratio shows that.
func TestHistoryOverAnAnchor(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 12))
	var runs []*results.Run
	for day := range 20 {
		machine, slower := math.Exp(0.2*rng.NormFloat64()), 1.0
		if day >= 12 {
			slower = 1.1
		}
		if day == 19 {
			machine = 3
		}
		runs = append(runs, past(day, board("6.12", "sd", "A"), map[string]time.Duration{
			"pread": time.Duration(float64(40*ms) * machine),
			"mmap":  time.Duration(float64(20*ms) * machine * slower)}))
	}
	var anchored []*PastRun
	for i, r := range runs {
		anchored = append(anchored, Condense(fmt.Sprint(i), Summarize(r), "pread"))
	}
	plain, over := NewHistory(condense(runs...), HistoryOptions{}), NewHistory(anchored, HistoryOptions{})
	if len(plain.Together) != 0 || len(plain.Trends[1].Changes) != 0 {
		t.Errorf("in seconds: %+v", plain.Trends[1].Changes)
	}
	pread, mmap := &over.Trends[0], &over.Trends[1]
	if c := mmap.Changes; len(c) != 1 || c[0].At != 12 || math.Abs(c[0].Ratio-1.1) > 0.01 || mmap.Anchor != "pread" ||
		math.Abs(mmap.Points[0].Estimate.Median-0.5) > 0.01 {
		t.Errorf("over the anchor: %+v, %+v", mmap.Changes, mmap.Points[0].Estimate)
	}
	if !over.IsAnchor(pread) || over.IsAnchor(mmap) || pread.VsLevel.Interval.Contains(1) {
		t.Errorf("the anchor itself, on a slow day: %+v, %+v", pread.VsLevel, pread.VsLevel.Interval)
	}
	if len(over.Together) != 1 || over.Together[0].Arms != 1 {
		t.Errorf("together: %+v", over.Together)
	}
	if mmap.ID == plain.Trends[1].ID || pread.ID != plain.Trends[0].ID {
		t.Error("a change in seconds and one over an anchor have one name")
	}
}
