package report

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"mmapbench/analysis"
	"mmapbench/internal/host"
	"mmapbench/report/chart"
	"mmapbench/report/reporttest"
	"mmapbench/results"
)

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
	"history": func() *analysis.History {
		var past []*analysis.PastRun
		add := func(run *results.Run) *analysis.PastRun {
			p := analysis.Condense(fmt.Sprintf("results/%s.jsonl", run.Header.Started.Format("20060102T150405Z")), analysis.Summarize(run))
			past = append(past, p)
			return p
		}
		for day := range 24 {
			shape := reporttest.Shape{Workloads: []string{"seqscan", "random"}, Backends: []string{"pread", "mmap", long},
				Records: []int64{64 << 10}, Caches: []string{results.Cold, results.Cached}, Rounds: 9}
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
	"history-few": func() *analysis.History {
		var past []*analysis.PastRun
		for i := range 3 {
			run := nightly(0, "6.12.25", reporttest.Shape{Workloads: []string{"seqscan", "append"}, Backends: []string{"pread", "mmap"}, Rounds: 3 + 3*i}, nil)
			run.Header.Started = run.Header.Started.Add(time.Duration(i) * 6 * time.Hour)
			past = append(past, analysis.Condense(fmt.Sprintf("results/%d.jsonl", i), analysis.Summarize(run)))
		}
		past[1].Baselines = []string{"main"}
		return analysis.NewHistory(past, analysis.HistoryOptions{})
	},
	// A command of the user's.
	"history-exec": func() *analysis.History {
		var past []*analysis.PastRun
		for day := range 9 {
			run := nightly(day, "6.12.25", reporttest.Shape{Rounds: 7}, map[string]float64{"pread": 1 + 0.2*float64(day/6)})
			run.Header.Plan.Arms[0] = results.Arm{Target: "sd", Workload: results.Exec, Backend: "grep", Size: 30 << 20, Cache: results.Cached}
			run.Header.Plan.Commands = []results.Command{{Name: "grep", Line: "grep -c x big.log", Files: []string{"big.log"}}}
			past = append(past, analysis.Condense(fmt.Sprintf("results/%d.jsonl", day), analysis.Summarize(run)))
		}
		return analysis.NewHistory(past, analysis.HistoryOptions{})
	},
	"history-one": func() *analysis.History {
		return analysis.NewHistory([]*analysis.PastRun{analysis.Condense("results/0.jsonl",
			analysis.Summarize(nightly(0, "6.12.25", reporttest.Shape{Rounds: 6}, nil)))}, analysis.HistoryOptions{})
	},
	"history-none": func() *analysis.History { return analysis.NewHistory(nil, analysis.HistoryOptions{}) },
}

func TestHistoryGolden(t *testing.T) {
	for name, build := range histories {
		h := build()
		for _, c := range []struct {
			file string
			opts Options
		}{
			{"80.txt", Options{Width: 80}},
			{"100-color.txt", Options{Width: 100, Color: true}},
			{"160-sparks.txt", Options{Width: 160, Sparklines: true}},
			{"md", Options{Format: Markdown}},
			{"csv", Options{Format: CSV}},
			{"json", Options{Format: JSON}},
		} {
			var buf bytes.Buffer
			if err := History(&buf, h, c.opts); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", name+"."+c.file)
			if *update {
				if err := os.WriteFile(path, buf.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), buf.String()); diff != "" {
				t.Errorf("%s (-want +got; -update writes it):\n%s", path, diff)
			}
		}
	}
	if err := History(&bytes.Buffer{}, histories["history-none"](), Options{Format: "yaml"}); err == nil {
		t.Error("an unknown format was accepted")
	}
}

// TestHistoryFits holds every line to the width, but for file names.
func TestHistoryFits(t *testing.T) {
	for name, build := range histories {
		for _, width := range []int{80, 100, 120, 160} {
			for _, sparks := range []bool{false, true} {
				var buf bytes.Buffer
				if err := History(&buf, build(), Options{Width: width, Sparklines: sparks}); err != nil {
					t.Fatal(err)
				}
				for line := range strings.Lines(buf.String()) {
					if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
						t.Errorf("%s at %d columns: a line of %d: %s", name, width, n, line)
					}
				}
				if has := strings.ContainsAny(buf.String(), string(sparks80)); has && !sparks {
					t.Errorf("%s at %d columns has a sparkline that was not asked for", name, width)
				}
			}
		}
	}
}

const sparks80 = "▁▂▃▄▅▆▇█"

func TestHistoryCharts(t *testing.T) {
	dir := t.TempDir()
	paths, err := HistoryCharts(dir, histories["history"](), []string{chart.SVG})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range paths {
		names = append(names, filepath.Base(p))
		text, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		wellFormed(t, p, text)
	}
	want := []string{"history-seqscan-cold.svg", "history-seqscan-cached.svg", "history-random-cold.svg", "history-random-cached.svg"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("charts (-want +got):\n%s", diff)
	}
	text, err := os.ReadFile(filepath.Join(dir, want[0]))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range histories["history"]().Trends[0].Changes {
		if label := changeText(c.Ratio); !bytes.Contains(text, []byte(label)) {
			t.Errorf("%s has no label %q", want[0], label)
		}
	}
	if paths, err := HistoryCharts(dir, histories["history-one"](), chart.Formats); err != nil || len(paths) != 0 {
		t.Errorf("of one run: %v, %v; want no chart", paths, err)
	}
	if _, err := HistoryCharts(dir, histories["history"](), []string{"gif"}); err == nil {
		t.Error("an unknown format was accepted")
	}
}
