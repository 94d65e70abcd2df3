package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"mmapbench/analysis"
	"mmapbench/report/document"
	"mmapbench/report/reporttest"
	"mmapbench/results"
)

// answerOf is the answer of a run alone.
func answerOf(s *analysis.Summary) []document.Block {
	targets, alike := contests(s)
	return answer(s, sections(s), targetGroups(targets, alike))
}

// answers returns the rows of the answer as "work: text".
func answers(run *results.Run) (rows []string) {
	for _, b := range answerOf(analysis.Summarize(run)) {
		if t, is := b.(*document.Table); is {
			for _, g := range t.Groups {
				for _, r := range g.Rows {
					rows = append(rows, r[0].Text+": "+r[1].Text)
				}
			}
		}
	}
	return rows
}

// Every kind of answer has data that make it appear. The times are in milliseconds, by
// backend, one for each record size; a time t with a swing s takes turns at t·(1±s).
func TestAnswers(t *testing.T) {
	type times struct{ ms, swing float64 }
	for _, c := range []struct {
		name   string
		rounds int
		took   map[string][]times
		want   []string
	}{
		{"one wins", 12, map[string][]times{"pread": {{20, 0}}, "mmap": {{10, 0}}},
			[]string{"seqscan cached: mmap wins: 2.00x as fast as pread (2.00–2.00)"}},
		{"both ends of a range have their sizes", 12,
			map[string][]times{"pread": {{30, 0}, {25, 0}, {20, 0}}, "mmap": {{10, 0}, {10, 0}, {10, 0}}},
			[]string{"seqscan cached: mmap wins: 3.00x as fast as pread at 4 KiB (3.00–3.00), " +
				"2.00x at 1 MiB (2.00–2.00)"}},
		{"from a size on", 12,
			map[string][]times{"pread": {{10, 0}, {20, 0}, {20, 0}}, "mmap": {{20, 0}, {10, 0}, {10, 0}}},
			[]string{"seqscan cached: At 4 KiB pread wins: 2.00x as fast as mmap (2.00–2.00). " +
				"From 64 KiB mmap wins: 2.00x as fast as pread at 64 KiB (2.00–2.00)"}},
		{"equal", 12, map[string][]times{"pread": {{10, 0}}, "mmap": {{10, 0.02}}},
			[]string{"seqscan cached: pread and mmap are equal within 3%"}},
		{"open in percent", 12, map[string][]times{"pread": {{10, 0}}, "mmap": {{10, 0.1}}},
			[]string{"seqscan cached: open: mmap may be 9% slower to 11% faster than pread"}},
		{"open by more", 12, map[string][]times{"pread": {{10, 0}}, "mmap": {{10, 0.5}}},
			[]string{"seqscan cached: open: mmap may be 0.67x to 2.00x as fast as pread"}},
		{"two lead", 12, map[string][]times{"pread": {{20, 0}}, "mmap": {{10, 0}}, "mmap:x": {{10, 0.1}}},
			[]string{"seqscan cached: mmap and mmap:x are within 12% of each other; mmap is " +
				"2.00x as fast as pread (2.00–2.00)"}},
		{"two lead and are equal", 12, map[string][]times{"pread": {{20, 0}}, "mmap": {{10, 0}}, "mmap:x": {{10, 0}}},
			[]string{"seqscan cached: mmap and mmap:x are equal within 1%; " +
				"mmap is 2.00x as fast as pread (2.00–2.00)"}},
		{"open between three", 12,
			map[string][]times{"pread": {{10, 0.2}}, "mmap": {{10, 0}}, "mmap:x": {{10, 0.3}}},
			[]string{"seqscan cached: open: any backend may be the fastest, up to 1.43x apart"}},
		{"one of two near leaders", 12,
			map[string][]times{"pread": {{20, 0}}, "mmap": {{10, 0}}, "mmap:x": {{10, 0.3}}},
			[]string{"seqscan cached: open: mmap or mmap:x may be the fastest, up to 1.43x apart; " +
				"mmap is 2.00x as fast as pread (2"}},
		{"too few", 3, map[string][]times{"pread": {{20, 0}}, "mmap": {{10, 0}}}, nil},
	} {
		var backends []string
		for _, b := range []string{"pread", "mmap", "mmap:x"} {
			if c.took[b] != nil {
				backends = append(backends, b)
			}
		}
		records := []int64{4 << 10, 64 << 10, 1 << 20}[:len(c.took["pread"])]
		run := reporttest.Run(reporttest.Shape{Backends: backends, Records: records, Rounds: c.rounds})
		for i := range run.Trials {
			trial := &run.Trials[i]
			arm := run.Header.Plan.Arms[trial.Arm]
			of := c.took[arm.Backend][slices.Index(records, arm.Record)]
			took := of.ms * (1 + of.swing*float64(trial.Round%2*2-1))
			*trial.Setup, *trial.Teardown = results.Phase{}, results.Phase{}
			*trial.Body = results.Phase{Wall: time.Duration(took * 1e6)}
		}
		got := answers(run)
		for i, want := range c.want {
			if i >= len(got) || !strings.HasPrefix(got[i], want) {
				t.Errorf("%s: %q, want %q", c.name, got, c.want)
				break
			}
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: %d answers: %q", c.name, len(got), got)
		}
	}
}

// row is a row that takes so many seconds, of which the shares are user and system time.
func row(backend string, seconds, user, system float64) *analysis.Row {
	r := &analysis.Row{Name: backend, FaultsPer: analysis.PerMiB,
		Total: &analysis.Estimate{N: 12, Median: seconds}, MinorFaults: new(0.0), MajorFaults: new(0.0),
		CPU: analysis.Shares{{Name: analysis.User, Fraction: user}, {Name: analysis.System, Fraction: system},
			{Name: analysis.Waiting, Fraction: 1 - user - system}}}
	r.Backend = backend
	return r
}

// Every because has data that make it appear, and what is just short of its rule does not.
func TestBecauses(t *testing.T) {
	faulty := func(r *analysis.Row, minor, major float64) *analysis.Row {
		r.MinorFaults, r.MajorFaults = &minor, &major
		return r
	}
	reads := func(r *analysis.Row, bytes float64) *analysis.Row {
		r.DeviceRead.Median = &bytes
		return r
	}
	syncs := func(r *analysis.Row, seconds float64) *analysis.Row {
		r.Sync = &analysis.Spread{N: 12, Median: seconds}
		return r
	}
	seen := map[string]bool{}
	for _, c := range []struct {
		rule string
		p    rivalry
		says string
	}{
		{"read-ahead", rivalry{true, reads(row("pread", 1, 0.1, 0.1), 1), reads(row("mmap", 3, 0.1, 0.1), 64)},
			"mmap makes the device read 64 bytes for each one asked for (pread: 1.0)"},
		{"waiting", rivalry{true, reads(row("pread", 1, 0.1, 0.1), 1), reads(row("mmap", 3, 0.1, 0.1), 1.9)},
			"mmap waits longer for the device (2.40 s; pread: 800 ms)"},
		{"a wait for each page", rivalry{true, faulty(row("pread", 1, 0.1, 0.1), 0, 0),
			faulty(row("mmap", 3, 0.1, 0.1), 0, 256)}, "mmap waits for the device 256 times per MiB"},
		{"sync", rivalry{false, syncs(row("pread", 1, 0.1, 0.1), 0.8), syncs(row("mmap", 3, 0.1, 0.1), 2.5)},
			"making the writes durable takes 2.50 s with mmap, 800 ms with pread"},
		{"faults", rivalry{false, row("pread", 1, 0.1, 0.9), faulty(row("mmap", 3, 0.1, 0.9), 255, 1)},
			"mmap takes 256 page faults per MiB"},
		{"system time", rivalry{false, row("pread", 1, 0.1, 0.9), faulty(row("mmap", 3, 0.1, 0.9), 15, 0)},
			"the kernel works 2.70 s for mmap, 900 ms for pread"},
		{"copies", rivalry{false, row("mmap", 1, 0.9, 0.1), row("pread", 3, 0.3, 0.7)},
			"pread copies (70% of its time in the kernel)"},
		{"user time", rivalry{false, row("mmap", 1, 0.9, 0.1), row("pread", 3, 0.9, 0.1)},
			"the program itself works 2.70 s with pread, 900 ms with mmap"},
		{"", rivalry{false, row("mmap", 1, 0.1, 0.1), row("pread", 3, 0.1, 0.1)}, ""}, // waits, not for the device
		{"", rivalry{true, row("mmap", 3, 0.1, 0.1), row("pread", 3, 0.1, 0.1)}, ""},  // the medians show no difference
	} {
		i := slices.IndexFunc(becauses, func(b because) bool { return b.holds(&c.p) })
		if i < 0 {
			if c.rule != "" {
				t.Errorf("no rule holds, want %s", c.rule)
			}
			continue
		}
		seen[becauses[i].name] = true
		if got := becauses[i].says(&c.p); becauses[i].name != c.rule || got != c.says {
			t.Errorf("rule %q: %q, want %q: %q", becauses[i].name, got, c.rule, c.says)
		}
	}
	for _, b := range becauses {
		if !seen[b.name] {
			t.Errorf("no data make %q appear", b.name)
		}
	}
}

func TestLimits(t *testing.T) {
	cold := func(waiting float64) analysis.Row {
		r := *row("pread", 1, 0, 1-waiting)
		r.Cache = results.Cold
		return r
	}
	durable := *row("pread", 1, 0.5, 0.5)
	durable.Phases = analysis.Shares{{Name: "sync", Fraction: 0.9}}
	for _, c := range []struct {
		rows []analysis.Row
		want string
	}{
		{[]analysis.Row{cold(0.6), cold(0.8)}, "; the device is the limit: each waits for it 60 to 80% of the time"},
		{[]analysis.Row{cold(0.4), cold(0.8)}, ""},
		{[]analysis.Row{durable, durable},
			"; the device is the limit: each spends 90% of the time making the writes durable"},
	} {
		f := finding{groups: []analysis.Group{{Rows: c.rows}},
			rankings: []analysis.Ranking{{Kind: analysis.Equal, Best: []int{0, 1}}}}
		if got := f.limit(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// What limits the answer is told once, and only where it matters.
func TestAnswerEndsWithItsLimits(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"few", "2 of 3 rounds and part of 1 more, cut short. To tell who wins takes 6 rounds in which all were " +
			"measured; too few: seqscan cached."},
		{"lossy", "9 of 24 rounds, stopped by its time budget."},
		{"lossy", "See below the tables: 16 of 54 trials left out, warning foreign-io in 7 of 54 trials."},
		{"targets", "One unit of each: this tells these two apart, not their kinds."},
	} {
		blocks := answerOf(analysis.Summarize(onBoard(runs[c.name]())))
		lines := blocks[len(blocks)-1].(document.Lines)
		if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, c.want) }) {
			t.Errorf("%s: no %q in %q", c.name, c.want, lines)
		}
	}
}

// Two targets are set beside each other, paired by round, with the work of each end.
func TestTargetsBesideEachOther(t *testing.T) {
	run := reporttest.Run(reporttest.Shape{Targets: []string{"sd", "nvme"}, Backends: []string{"pread", "mmap"},
		Records: []int64{4 << 10, 64 << 10}, Rounds: 12})
	for i := range run.Trials {
		trial := &run.Trials[i]
		arm := run.Header.Plan.Arms[trial.Arm]
		*trial.Setup, *trial.Teardown = results.Phase{}, results.Phase{}
		*trial.Body = results.Phase{Wall: 40 * time.Millisecond}
		if arm.Target == "nvme" {
			trial.Body.Wall /= 4
			if arm.Backend == "mmap" && arm.Record == 4<<10 {
				trial.Body.Wall /= 2
			}
		}
	}
	want := "seqscan cached: nvme is 4.00x as fast as sd with pread at 4 KiB (4.00–4.00) " +
		"to 8.00x with mmap at 4 KiB (8.00–8.00)"
	if got := answers(run); got[len(got)-1] != want {
		t.Errorf("%q, want last %q", got, want)
	}
}

// A gate's run is answered by its two sides; the base's second run is none.
func TestAnswerOfAGate(t *testing.T) {
	match := reporttest.Match{Workloads: []string{"seqscan"}, Rounds: 12, Factor: results.GateBinary,
		Base: "./old", New: "./new",
		Took: func(a results.Arm, _ int) float64 { return map[string]float64{results.SideNew: 5}[a.Side] + 5 }}
	got := fmt.Sprint(answers(reporttest.Play(match)))
	if !strings.Contains(got, "base wins: 2.00x as fast as new (2.00–2.00)") || strings.Contains(got, "control") {
		t.Errorf("%s", got)
	}
}
