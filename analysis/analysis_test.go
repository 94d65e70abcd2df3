package analysis

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mmapbench/internal/reason"
	"mmapbench/results"
)

const ms = time.Millisecond

// trial takes total, of which a tenth is setup and the rest body.
func trial(round, arm int, total time.Duration) results.Trial {
	return results.Trial{
		Type: results.LineTrial, Round: round, Arm: arm, Laps: 1,
		Setup:    &results.Phase{Wall: total / 10, System: total / 10, MinorFaults: 2},
		Body:     &results.Phase{Wall: total - total/10, User: total / 2, MinorFaults: 14, MajorFaults: 4, BlocksIn: 8},
		Teardown: &results.Phase{},
	}
}

func arms(backends ...string) []results.Arm {
	out := make([]results.Arm, len(backends))
	for i, b := range backends {
		out[i] = results.Arm{ID: i, Target: "sd", Workload: "seqscan", Backend: b,
			Size: 8 << 20, Record: 4096, Ops: 2048, Bytes: 8 << 20, Cache: results.Cached}
	}
	return out
}

// run has, for every arm, the times of its rounds.
func run(arms []results.Arm, times ...[]time.Duration) *results.Run {
	r := &results.Run{Header: results.Header{Plan: results.Plan{Arms: arms}}}
	for arm := range times {
		for round, d := range times[arm] {
			r.Trials = append(r.Trials, trial(round, arm, d))
		}
	}
	return r
}

// jitter returns n times around d that differ by whole milliseconds.
func jitter(d time.Duration, n int) []time.Duration {
	out := make([]time.Duration, n)
	for i := range out {
		out[i] = d + time.Duration(i%5)*ms
	}
	return out
}

func TestGroups(t *testing.T) {
	a := arms("pread", "mmap", "pread", "mmap", "null")
	a[2].Cache, a[3].Cache, a[4].Record = results.Cold, results.Cold, 8192
	groups := Summarize(run(a)).Groups
	var got [][]string
	for _, g := range groups {
		names := []string{g.Factors.Cache}
		for _, r := range g.Rows {
			names = append(names, r.Arm.Backend)
		}
		got = append(got, names)
	}
	want := [][]string{{"cached", "pread", "mmap"}, {"cold", "pread", "mmap"}, {"cached", "null"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	r := groups[0].Rows[0]
	if r.Total != nil || r.Speed != nil || r.Phases != nil || r.MinorFaults != nil || r.BlocksIn != nil {
		t.Errorf("an arm without trials has figures: %+v", r)
	}
}

// TestTheTimeIsThatOfTheMedianLap has one lap of three take ten times as long. Faults
// and shares stay those of all laps.
func TestTheTimeIsThatOfTheMedianLap(t *testing.T) {
	r := run(arms("pread", "mmap"), jitter(120*ms, 6), jitter(120*ms, 6))
	for i := range r.Trials {
		x := &r.Trials[i]
		x.Laps = 3
		if x.Arm == 0 {
			x.LapTimes, x.Lap = []time.Duration{40 * ms, 40 * ms, 40 * ms}, 40*ms
		} else {
			x.LapTimes, x.Lap = []time.Duration{10 * ms, 100 * ms, 10 * ms}, 10*ms
		}
	}
	rows := Summarize(r).Groups[0].Rows
	mean, median := rows[0], rows[1]
	if got := mean.Total.Median; got < 0.040 || got > 0.042 {
		t.Errorf("three laps of 120 ms take %v s each", got)
	}
	if got := median.Total.Median; got != 0.010 {
		t.Errorf("the median of 10, 100 and 10 ms is %v s", got)
	}
	if *mean.MinorFaults != *median.MinorFaults || mean.Phases[0] != median.Phases[0] {
		t.Errorf("counts and shares are of all laps: %v and %v, %v and %v", *mean.MinorFaults, *median.MinorFaults,
			mean.Phases, median.Phases)
	}
	if got := median.Speed.Median; got < 4 || got > 4.2 {
		t.Errorf("10 ms are %v times as fast as 40", got)
	}
	older := r.Trials[0]
	older.Lap, older.LapTimes = 0, nil
	mixed := &results.Run{Header: r.Header, Trials: append([]results.Trial{older}, r.Trials[1:]...)}
	for _, row := range Summarize(mixed).Groups[0].Rows {
		if got := row.Total.Median; got < 0.040 || got > 0.042 {
			t.Errorf("beside a trial with a mean alone a lap by %s takes %v s", row.Name, got)
		}
	}
	if m, ok := LapOf(&r.Trials[6], r.Header.Plan.Arms[1]); !ok || m.Wall != 10e6 {
		t.Errorf("exports have %v ns", m.Wall)
	}
}

func TestRow(t *testing.T) {
	r := run(arms("pread"), []time.Duration{30 * ms, 10 * ms, 20 * ms, 40 * ms, 60 * ms, 50 * ms, 70 * ms})
	for i := range r.Trials { // two laps each: every figure is per lap
		r.Trials[i].Laps = 2
	}
	row := Summarize(r).Groups[0].Rows[0]
	if got := row.Total; got.N != 7 || got.Median != 0.020 || got.Interval.Low != 0.005 || got.Interval.High != 0.035 {
		t.Errorf("total %+v %+v, want 20 ms (5 to 35), n 7", got, got.Interval)
	}
	near(t, "rate", row.Rate.Median, 8<<20/0.020)
	near(t, "rate, low", row.Rate.Interval.Low, 8<<20/0.035)
	near(t, "rate, high", row.Rate.Interval.High, 8<<20/0.005)
	near(t, "ns/op", row.PerOp.Median, 0.020e9/2048)
	near(t, "ns/op, high", row.PerOp.Interval.High, 0.035e9/2048)
	near(t, "minor faults per MiB", *row.MinorFaults, 16./2/8)
	near(t, "major faults per MiB", *row.MajorFaults, 4./2/8)
	near(t, "blocks in", *row.BlocksIn, 4)
	shares(t, row.Phases, "setup", 0.1, "body", 0.9, "teardown", 0)
	shares(t, row.CPU, User, 0.5, System, 0.1, Waiting, 0.4)
	if row.Standing != Reference || row.Speed.Median != 1 || row.Speed.Interval != nil {
		t.Errorf("first row: standing %q, speed %+v, want exactly 1 without interval", row.Standing, row.Speed)
	}
}

// Accounts that run ahead of the clock leave nothing to wait for.
func TestWaitingIsNeverNegative(t *testing.T) {
	r := run(arms("pread"), jitter(10*ms, 6))
	for i := range r.Trials {
		r.Trials[i].Body.User = 20 * ms
		r.Trials[i].Setup.System = 0
	}
	shares(t, Summarize(r).Groups[0].Rows[0].CPU, User, 1, System, 0, Waiting, 0)
}

// Medians of shares need not add up to one; what is shown must.
func TestSharesAddUp(t *testing.T) {
	r := run(arms("mmap"), jitter(100*ms, 9))
	for i := range r.Trials {
		p := &r.Trials[i]
		p.Setup.Wall = []time.Duration{1 * ms, 50 * ms, 90 * ms}[i%3]
		p.Body.Wall = []time.Duration{80 * ms, 3 * ms, 40 * ms}[i%3]
		p.Teardown.Wall = []time.Duration{9 * ms, 30 * ms, 2 * ms}[i%3]
	}
	row := Summarize(r).Groups[0].Rows[0]
	for _, list := range [][]Share{row.Phases, row.CPU} {
		var all float64
		for _, s := range list {
			all += s.Fraction
		}
		near(t, "sum of shares", all, 1)
	}
}

func TestLeftOut(t *testing.T) {
	r := run(arms("pread"), jitter(10*ms, 8))
	for i, n := range []int64{300, 311} {
		r.Trials[i].Excluded = reason.Excluded(results.Cold)
		r.Trials[i].Cache = &results.CacheState{Proof: results.ProofFailed,
			Reasons: []reason.Reason{{Code: reason.NotPopulated,
				Values: map[string]int64{"faults": n, "pages": 1}}}}
	}
	r.Trials[2].Error = &results.TrialError{Kind: results.ErrorSIGBUS, Text: "first"}
	r.Trials[3].Error = &results.TrialError{Kind: results.ErrorSIGBUS, Text: "second"}
	r.Trials[4].Error = &results.TrialError{Kind: results.ErrorIO, Text: "third"}
	r.Trials[5].Laps = 0
	row := Summarize(r).Groups[0].Rows[0]
	if row.Trials != 8 || row.Usable != 2 || row.Total.N != 2 {
		t.Errorf("%d trials, usable %d, n %d; want 8, 2, 2", row.Trials, row.Usable, row.Total.N)
	}
	if diff := cmp.Diff([]Count{{What: "not cold", Code: "not-cold", N: 2,
		First: "the page tables were not populated: 300 faults on 1 pages"}, {What: "no time was measured", N: 1}},
		row.Excluded); diff != "" {
		t.Errorf("excluded (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Count{{What: "sigbus", N: 2, First: "first"}, {What: "io", N: 1, First: "third"}},
		row.Errors); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
}

// A disturbance that hits whole rounds widens the intervals of the medians and
// leaves that of the paired ratio alone.
func TestSpeedIsPaired(t *testing.T) {
	var slow, fast []time.Duration
	for i := range 12 {
		d := time.Duration(i+1) * 10 * ms
		slow, fast = append(slow, d), append(fast, d/2)
	}
	rows := Summarize(run(arms("pread", "mmap"), slow, fast)).Groups[0].Rows
	s := rows[1].Speed
	near(t, "speed", s.Median, 2)
	near(t, "speed, low", s.Interval.Low, 2)
	near(t, "speed, high", s.Interval.High, 2)
	if s.N != 12 || rows[1].Standing != Faster {
		t.Errorf("n %d, standing %q; want 12 pairs, faster", s.N, rows[1].Standing)
	}
	// Rounds that one of the two lacks do not count.
	r := run(arms("pread", "mmap"), slow, fast)
	r.Trials[0].Excluded = "x"
	r.Trials[12+5].Excluded = "x"
	if n := Summarize(r).Groups[0].Rows[1].Speed.N; n != 10 {
		t.Errorf("%d pairs, want 10", n)
	}
}

func TestStandings(t *testing.T) {
	base := jitter(100*ms, 12)
	mixed := slices.Clone(base)
	for i := range mixed {
		mixed[i] += []time.Duration{-3 * ms, 3 * ms}[i%2]
	}
	for _, c := range []struct {
		name  string
		other []time.Duration
		want  Standing
	}{
		{"faster", jitter(50*ms, 12), Faster},
		{"slower", jitter(150*ms, 12), Slower},
		{"the same", mixed, NoDifference},
		{"identical", base, NoDifference},
		{"five rounds", jitter(50*ms, 5), TooFew},
		{"none", nil, TooFew},
	} {
		if got := Summarize(run(arms("a", "b"), base, c.other)).Groups[0].Rows[1].Standing; got != c.want {
			t.Errorf("%s: standing %q, want %q", c.name, got, c.want)
		}
	}
}

func TestRounds(t *testing.T) {
	r := run(arms("a", "b"), jitter(ms, 5), jitter(ms, 3))
	if complete, begun := rounds(r); complete != 3 || begun != 5 {
		t.Errorf("%d complete, %d begun; want 3, 5", complete, begun)
	}
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9*math.Max(1, math.Abs(want)) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// shares takes names and fractions in turn.
func shares(t *testing.T, got []Share, want ...any) {
	t.Helper()
	if len(got) != len(want)/2 {
		t.Fatalf("shares %v, want %v", got, want)
	}
	for i, s := range got {
		f, isFloat := want[2*i+1].(float64)
		if !isFloat {
			f = float64(want[2*i+1].(int))
		}
		if s.Name != want[2*i] || math.Abs(s.Fraction-f) > 1e-9 {
			t.Errorf("share %d: %v, want %v %v", i, s, want[2*i], f)
		}
	}
}
