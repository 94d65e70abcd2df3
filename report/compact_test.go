package report

import (
	"strings"
	"testing"
	"time"

	"mmapbench/analysis"
	"mmapbench/report/document"
	"mmapbench/report/reporttest"
	"mmapbench/results"
)

// TestABriefReportIsShort wants all arms of a run like the default one in tables of 80
// columns that say their notes once, and each warning in a line.
func TestABriefReportIsShort(t *testing.T) {
	run := reporttest.Run(reporttest.Shape{Workloads: []string{"seqscan", "random", "append"},
		Backends: []string{"pread", "mmap", "mmap:advise=random"}, Records: []int64{4 << 10, 64 << 10},
		Caches: []string{results.Cold, results.Cached}, Rounds: 12, Seed: 7})
	run.Header.Warnings = []results.Warning{{Code: results.WarnVirtual, Detail: "kvm"}}
	for i := range run.Trials {
		run.Trials[i].Warnings = []string{results.WarnForeignIO}
	}
	text := tables(t, run, shown{width: 80, brief: true})
	_, text, _ = strings.Cut(text, "seqscan on sd:") // behind the answer
	if n, most := strings.Count(text, "\n"), len(run.Header.Plan.Arms)+28; n > most {
		t.Errorf("%d lines, want at most %d:\n%s", n, most, text)
	}
	for _, once := range []string{"Time: median lap", "Cache state: ", "12 usable trials per arm",
		"\nforeign-io in 360 of 360 trials: ",
		"\nvirtual-machine (kvm): ", "--detail"} {
		if n := strings.Count(text, once); n != 1 {
			t.Errorf("%q stands there %d times, want once:\n%s", once, n, text)
		}
	}
	for _, never := range []string{"p99", "proof\n", "setup", "Hidden", "Settling"} {
		if strings.Contains(text, never) {
			t.Errorf("%q stands there:\n%s", never, text)
		}
	}
}

// TestTheColumnThatExplains wants the weightiest figure in which backends differ, or none.
func TestTheColumnThatExplains(t *testing.T) {
	none, some, many := 0.0, 3.0, 200.0
	for _, c := range []struct {
		name                  string
		read, written, faults [2]*float64
		want, cellText        string
	}{
		{"alike", [2]*float64{&some, &some}, [2]*float64{&none, &none}, [2]*float64{&many, &many}, "", ""},
		{"read", [2]*float64{&some, &many}, [2]*float64{&none, &many}, [2]*float64{&none, &many}, "read", "200"},
		{"written", [2]*float64{&some, &some}, [2]*float64{&none, &many}, [2]*float64{&none, &many}, "written", "200"},
		{"faults", [2]*float64{&some, &some}, [2]*float64{&none, &none}, [2]*float64{&none, &many}, "faults", "400"},
		{"unknown", [2]*float64{}, [2]*float64{&none, nil}, [2]*float64{nil, &many}, "", ""},
	} {
		rows := make([]analysis.Row, 2)
		for i := range rows {
			rows[i].DeviceRead.Median, rows[i].DeviceWrite.Median = c.read[i], c.written[i]
			rows[i].MinorFaults, rows[i].MajorFaults = c.faults[i], c.faults[i]
		}
		s := section{groups: []analysis.Group{{Rows: rows}}}
		why, got := s.why(), ""
		if why != nil {
			got = why.heading
		}
		if got != c.want {
			t.Errorf("%s: the column is %q, want %q", c.name, got, c.want)
			continue
		}
		if why != nil && why.cell(&rows[1]).Text != c.cellText {
			t.Errorf("%s: the cell is %q, want %q", c.name, why.cell(&rows[1]).Text, c.cellText)
		}
	}
}

// TestAContradictedSpeedIsMarked wants a mark behind a speed that the medians of the times
// contradict, and one note on it, in both kinds of tables.
func TestAContradictedSpeedIsMarked(t *testing.T) {
	run := reporttest.Run(reporttest.Shape{Backends: []string{"pread", "mmap"}, Records: []int64{4 << 10}, Rounds: 15})
	took := [][2]float64{{10, 11}, {50, 19}, {20, 21}} // the medians are 20 and 19
	for i := range run.Trials {
		trial := &run.Trials[i]
		ms := took[trial.Round%3][0]
		if run.Header.Plan.Arms[trial.Arm].Backend == "mmap" {
			ms = took[trial.Round%3][1]
		}
		*trial.Setup, *trial.Teardown = results.Phase{}, results.Phase{}
		*trial.Body = results.Phase{Wall: time.Duration(ms * 1e6)}
	}
	for _, brief := range []bool{true, false} {
		text := tables(t, run, shown{width: 100, brief: brief})
		if !strings.Contains(text, "0.95! (0.91–2.63)") || strings.Count(text, "!: the medians") != 1 {
			t.Errorf("brief %t: no mark, or not one note:\n%s", brief, text)
		}
	}
}

// TestBriefGroups wants the records of one cache state below each other without a gap.
func TestBriefGroups(t *testing.T) {
	s := analysis.Summarize(runs["full"]())
	for _, b := range tableBlocks(s, sections(s), nil, false) {
		if table, is := b.(*document.Table); is && (len(table.Groups) != 2 || len(table.Groups[0].Rows) != 6) {
			t.Errorf("%d groups, of which the first has %d rows; want one of 6 rows a cache state",
				len(table.Groups), len(table.Groups[0].Rows))
		}
	}
}
