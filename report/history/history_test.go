package history_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"mmapbench/analysis"
	"mmapbench/internal/golden"
	"mmapbench/internal/host"
	"mmapbench/report/document"
	"mmapbench/report/history"
	"mmapbench/report/reporttest"
	"mmapbench/results"
)

// long is a backend whose name is broken in narrow tables.
const long = "mmap:private,populate,advise=random"

// nightly is one run of a board in the night after so many days, whose weather
// differs from night to night; slower makes the arms of a backend slower.
func nightly(day int, kernel string, shape reporttest.Shape, slower map[string]float64) *results.Run {
	shape.Seed = uint64(day) + 1
	run := reporttest.Run(shape)
	h := &run.Header
	h.Started = time.Date(2026, 3, 1+day, 2, 30, 0, 0, time.UTC)
	h.Plan.Name = "nightly"
	h.Host = host.Facts{
		Machine: host.Machine{Model: "Raspberry Pi 5 Model B Rev 1.0", KernelRelease: kernel, PageSize: 16 << 10},
		Targets: []host.TargetFacts{{Name: "sd", FileSystem: "ext4",
			Device: &host.Device{Kind: host.KindSD, Name: "mmcblk0", Model: "SC64G"}}},
	}
	rng := rand.New(rand.NewPCG(uint64(day), 77))
	for i := range run.Trials {
		t := &run.Trials[i]
		by := math.Exp(0.01 * rng.NormFloat64())
		if f := slower[h.Plan.Arms[t.Arm].Backend]; f > 0 {
			by *= f
		}
		for _, p := range t.Phases() {
			if p.Phase != nil {
				p.Wall = time.Duration(float64(p.Wall) * by)
			}
		}
	}
	return run
}

// histories are what the golden files show.
var histories = map[string]func() *analysis.History{
	// A regression that comes and is mended for one backend, an improvement of
	// another, a third that has but four runs; and files of every kind that are
	// left out.
	"daily": func() *analysis.History {
		var past []*analysis.PastRun
		add := func(run *results.Run) *analysis.PastRun {
			p := analysis.Condense(fmt.Sprintf("results/%s.jsonl", run.Header.Started.Format("20060102T150405Z")),
				analysis.Summarize(run), "")
			past = append(past, p)
			return p
		}
		for day := range 24 {
			shape := reporttest.Shape{Workloads: []string{"seqscan", "random"},
				Backends: []string{"pread", "mmap", long},
				Records:  []int64{64 << 10}, Caches: []string{results.Cold, results.Cached}, Rounds: 9}
			if day >= 20 {
				shape.Backends = append(shape.Backends, "mmap:advise=random")
			}
			slower := map[string]float64{}
			if day >= 8 && day < 15 {
				slower["mmap"] = 1.12
			}
			if day >= 17 {
				slower["pread"] = 0.85
			}
			run := nightly(day, "6.12.25", shape, slower)
			switch day {
			case 5:
				run.Torn = true
			case 6:
				run.Header.Host.Machine.KernelRelease = "6.6.31"
			case 11:
				run.Trials = run.Trials[:len(run.Header.Plan.Arms)*4]
				run.End = nil
			}
			add(run)
		}
		add(nightly(26, "6.12.25", reporttest.Shape{Size: 1 << 20, Rounds: 6}, nil))
		h := analysis.NewHistory(past, analysis.HistoryOptions{})
		h.LeftOut = append(h.LeftOut, analysis.LeftOutRun{File: "results/notes.jsonl", Kind: analysis.LeftOutUnread,
			Reason: "not a run file of mmapbench: its first line is not a header"})
		return h
	},
	// Three runs, two of one day.
	"few": func() *analysis.History {
		var past []*analysis.PastRun
		for i := range 3 {
			run := nightly(0, "6.12.25", reporttest.Shape{Workloads: []string{"seqscan", "append"},
				Backends: []string{"pread", "mmap"}, Rounds: 3 + 3*i}, nil)
			run.Header.Started = run.Header.Started.Add(time.Duration(i) * 6 * time.Hour)
			past = append(past, analysis.Condense(fmt.Sprintf("results/%d.jsonl", i), analysis.Summarize(run), ""))
		}
		past[1].Baselines = []string{"main"}
		return analysis.NewHistory(past, analysis.HistoryOptions{})
	},
	// A command of the user's.
	"exec": func() *analysis.History {
		var past []*analysis.PastRun
		for day := range 9 {
			run := nightly(day, "6.12.25", reporttest.Shape{Rounds: 7},
				map[string]float64{"pread": 1 + 0.2*float64(day/6)})
			run.Header.Plan.Arms[0] = results.Arm{Target: "sd", Workload: results.Exec, Backend: "grep", Size: 30 << 20,
				Cache: results.Cached}
			run.Header.Plan.Commands = []results.Command{{Name: "grep", Line: "grep -c x big.log",
				Files: []string{"big.log"}}}
			past = append(past, analysis.Condense(fmt.Sprintf("results/%d.jsonl", day), analysis.Summarize(run), ""))
		}
		return analysis.NewHistory(past, analysis.HistoryOptions{})
	},
	"one": func() *analysis.History {
		run := analysis.Summarize(nightly(0, "6.12.25", reporttest.Shape{Rounds: 6}, nil))
		past := []*analysis.PastRun{analysis.Condense("results/0.jsonl", run, "")}
		return analysis.NewHistory(past, analysis.HistoryOptions{})
	},
	"none": func() *analysis.History { return analysis.NewHistory(nil, analysis.HistoryOptions{}) },
}

// A look is a document in one format.
type look struct {
	format     string
	width      int
	color      bool
	sparklines bool
}

func written(t *testing.T, h *analysis.History, as look) string {
	t.Helper()
	var got bytes.Buffer
	options := document.TextOptions{Width: as.width, Color: as.color}
	if err := document.Write(&got, history.Document(h, as.sparklines), as.format, options); err != nil {
		t.Fatal(err)
	}
	return got.String()
}

func TestGolden(t *testing.T) {
	for name, build := range histories {
		h := build()
		for ending, as := range map[string]look{
			"80.txt": {width: 80}, "100-color.txt": {width: 100, color: true},
			"160-sparks.txt": {width: 160, sparklines: true},
			"md":             {format: document.Markdown},
			"csv":            {format: document.CSV}, "json": {format: document.JSON},
		} {
			golden.Check(t, name+"."+ending, written(t, h, as))
		}
	}
}

// TestFits holds every line to the width, except for file names.
func TestFits(t *testing.T) {
	for name, build := range histories {
		h := build()
		for _, width := range []int{80, 100, 120, 160} {
			for _, with := range []bool{false, true} {
				got := written(t, h, look{width: width, sparklines: with})
				for line := range strings.Lines(got) {
					if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
						t.Errorf("%s at %d columns: a line of %d: %s", name, width, n, line)
					}
				}
				if has := strings.ContainsAny(got, sparks); has && !with {
					t.Errorf("%s at %d columns has a sparkline that was not asked for", name, width)
				}
			}
		}
	}
}

const sparks = "▁▂▃▄▅▆▇█"

// TestCharts holds one chart for each group, with a panel for each backend, and every
// change of level on the panel with its label.
func TestCharts(t *testing.T) {
	h := histories["daily"]()
	var names []string
	for _, ch := range history.Document(h, false).Charts() {
		names = append(names, ch.Name)
		for _, p := range ch.Plots.Panels {
			if len(p.Curves) != 1 || p.Curves[0].Name != p.Title {
				t.Errorf("%s: a panel %s with %d curves", ch.Name, p.Title, len(p.Curves))
			}
		}
	}
	want := []string{"history-seqscan-cold", "history-seqscan-cached", "history-random-cold", "history-random-cached"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("charts (-want +got):\n%s", diff)
	}
	first := history.Document(h, false).Charts()[0].Plots.Panels[0]
	changes := h.Trends[0].Changes
	if first.Title != h.Trends[0].Arm.Backend || len(changes) == 0 || len(first.Changes) != len(changes) {
		t.Fatalf("%s: %d changes, want %d of %s", first.Title, len(first.Changes), len(changes),
			h.Trends[0].Arm.Backend)
	}
	for i, c := range changes {
		if label := fmt.Sprintf("%+.1f%%", 100*(c.Ratio-1)); first.Changes[i].Label != label {
			t.Errorf("label %q, want %q", first.Changes[i].Label, label)
		}
	}
	if n := len(history.Document(histories["one"](), false).Charts()); n != 0 {
		t.Errorf("of one run: %d charts", n)
	}
}
