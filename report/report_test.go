package report

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"mmapbench/analysis"
	"mmapbench/internal/golden"
	"mmapbench/internal/host"
	"mmapbench/internal/reason"
	"mmapbench/report/document"
	"mmapbench/report/reporttest"
	"mmapbench/report/words"
	"mmapbench/results"
)

// onBoard says on what a made-up run was made.
func onBoard(run *results.Run) *results.Run {
	run.Header.Host.Machine.Model = "Raspberry Pi 5 Model B Rev 1.0"
	run.Header.Host.Targets = []host.TargetFacts{{Name: "sd", FileSystem: "SanDisk SC64G",
		Device: &host.Device{Kind: host.KindOverlay}}}
	return run
}

// charts are the charts of a run.
func charts(run *results.Run) []*document.Chart {
	return Run("", analysis.Summarize(onBoard(run)), false).Charts()
}

const long = "mmap:private,populate,advise=random"

// The runs that the golden files show.
var runs = map[string]func() *results.Run{
	// Everything went well; two workloads, two cache states, two records.
	"full": func() *results.Run {
		return reporttest.Run(reporttest.Shape{Workloads: []string{"seqscan", "random"},
			Backends: []string{"pread", "mmap", long}, Records: []int64{4 << 10, 64 << 10},
			Caches: []string{results.Cold, results.Cached}, Rounds: 12, Seed: 7})
	},
	// Trials were lost in every way, and the time ran out.
	"lossy": func() *results.Run {
		run := reporttest.Run(reporttest.Shape{Workloads: []string{"random", "append"},
			Backends: []string{"pread", "mmap", "mmap:advise=random"}, Rounds: 9, Seed: 8})
		for i := range run.Trials {
			t := &run.Trials[i]
			switch {
			case t.Arm == 1 && t.Round < 2:
				t.Cache.Proof = results.ProofFailed
				t.Cache.Reasons = []reason.Reason{{Code: reason.PagesInCache, Detail: "mincore",
					Values: map[string]int64{"resident": 16000 + int64(t.Round), "pages": 16384}}}
				t.Excluded = reason.Excluded(results.Cached)
			case t.Arm == 2:
				lose(t, results.ErrorSIGBUS, "SIGBUS at 0x7f0000001000,\nin the \"mapping\"")
			case t.Arm == 5 && t.Round > 3:
				lose(t, results.ErrorTimeout, "no answer after 60 s")
			}
		}
		run.Header.Plan.Rounds = 24
		run.Header.Plan.LeftOut = []results.LeftOut{{Arm: "append with pread",
			Why: reason.Reason{Code: reason.BackendCannot, Detail: "backend pread cannot append"}}}
		run.End.Status = results.EndBudget
		return run
	},
	// Three rounds support no interval, and the file has no end.
	"few": func() *results.Run {
		run := reporttest.Run(reporttest.Shape{Backends: []string{"pread", "mmap"}, Rounds: 3, Seed: 9})
		run.Trials = run.Trials[:len(run.Trials)-1]
		run.End = nil
		return run
	},
	// All that can be known is: every cache state, latencies, warnings of the
	// machine and of trials, and a backend that cannot be observed.
	"evidence": func() *results.Run {
		run := reporttest.Run(reporttest.Shape{Workloads: []string{"random", "append"},
			Backends: []string{"pread", "mmap", long},
			Records:  []int64{16 << 10}, Caches: []string{results.DeviceCold, results.Mapped, results.DropCaches,
				results.Cold, results.Cached},
			Size: 64 << 20, Rounds: 7, Seed: 10, Latency: true})
		run.Header.Warnings = []results.Warning{
			{Code: results.WarnVirtual, Detail: "kvm"},
			{Code: results.WarnReadAhead, About: "sd", Detail: "512 KiB"}, {Code: results.WarnReadAhead, About: "nvme",
				Detail: "256 KiB"},
			{Code: "of-tomorrow", Detail: "x"}}
		for i := range run.Trials {
			t := &run.Trials[i]
			if t.Arm%3 == 1 && t.Device.OwnRead != nil {
				t.Device.DeviceRead, t.Device.DeviceWrite = nil, nil
				t.Device.Reason = map[string]string{"device_read": "no block device behind overlayfs",
					"device_write": "no block device behind overlayfs"}
			}
			if t.Arm == 3 && t.Round == 2 {
				t.Latency.Histogram = "cut"
			}
		}
		return run
	},
	// Trials of twenty seconds.
	"series": func() *results.Run {
		return reporttest.Run(reporttest.Shape{Workloads: []string{"random", "append"},
			Backends: []string{"pread", "mmap", "mmap:advise=random"},
			Records:  []int64{4 << 10}, Caches: []string{results.Cold, results.Cached}, Rounds: 3, Seed: 11,
			Seconds: 20})
	},
	// Two targets, which did the same work.
	"targets": func() *results.Run {
		return reporttest.Run(reporttest.Shape{Targets: []string{"sd", "nvme"}, Workloads: []string{"random"},
			Backends: []string{"pread", "mmap"}, Caches: []string{results.Cold, results.Cached}, Rounds: 7, Seed: 12})
	},
	// Nothing was tried yet.
	"empty": func() *results.Run {
		run := reporttest.Run(reporttest.Shape{Backends: []string{"pread", "mmap"}, Seed: 9})
		run.Header.Plan.Rounds, run.End = 5, nil
		return run
	},
}

func lose(t *results.Trial, kind, text string) {
	t.Error = &results.TrialError{Kind: kind, Text: text}
	t.Setup, t.Body, t.Sync, t.Teardown, t.Check, t.Laps = nil, nil, nil, nil, nil, 0
}

func TestGolden(t *testing.T) {
	for name, build := range runs {
		run := build()
		for _, c := range []struct {
			file string
			as   shown
		}{
			{"brief.txt", shown{width: 80, brief: true}},
			{"80.txt", shown{width: 80}},
			{"color.txt", shown{width: 100, color: true}},
			{"wide.txt", shown{}},
			{"md", shown{format: document.Markdown}},
			{"csv", shown{format: document.CSV}},
			{"json", shown{format: document.JSON}},
		} {
			if !c.as.color || name == "full" {
				golden.Check(t, name+"."+c.file, tables(t, run, c.as))
			}
		}
	}
}

// shown is how a report is written.
type shown struct {
	format string
	width  int
	color  bool
	brief  bool
}

func tables(t *testing.T, run *results.Run, as shown) string {
	t.Helper()
	var buf bytes.Buffer
	d := Run("", analysis.Summarize(onBoard(run)), !as.brief)
	if as.format == document.CSV {
		d.Records = Trials(Source{"made-up.jsonl", analysis.Summarize(run), run.Each()})
	}
	if err := document.Write(&buf, d, as.format, document.TextOptions{Width: as.width, Color: as.color}); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

var ansi = regexp.MustCompile("\x1b\\[[0-9;]*m")

// From 60 columns up no line is too long, and color changes nothing else.
func TestTablesFit(t *testing.T) {
	for name, build := range runs {
		run := build()
		for _, width := range []int{60, 70, 80, 90, 100, 110, 120, 140, 160, 200} {
			for _, brief := range []bool{false, true} {
				plain := tables(t, run, shown{width: width, brief: brief})
				for l := range strings.Lines(plain) {
					if w := utf8.RuneCountInString(strings.TrimRight(l, "\n")); w > width {
						t.Errorf("%s at %d columns, brief %v: a line of %d: %q", name, width, brief, w, l)
					}
				}
				color := tables(t, run, shown{width: width, color: true, brief: brief})
				if stripped := trimmed(ansi.ReplaceAllString(color, "")); stripped != trimmed(plain) {
					t.Errorf("%s at %d columns: color changed the text:\n%s", name, width, cmp.Diff(plain, stripped))
				}
			}
		}
	}
}

// trimmed drops the spaces at the ends of lines, which a colour's end may follow.
func trimmed(s string) string {
	var out strings.Builder
	for l := range strings.Lines(s) {
		out.WriteString(strings.TrimRight(l, " \n") + "\n")
	}
	return out.String()
}

// What is left out for want of room is named, and only that.
func TestLeftOutColumnsAreNamed(t *testing.T) {
	run := runs["full"]()
	if got := tables(t, run, shown{}); strings.Contains(got, "Hidden") {
		t.Error("without a limit of width something is left out")
	}
	if got := tables(t, run, shown{width: 80}); !strings.Contains(got,
		"Hidden, as the terminal is too narrow: the speed by processor time, the time per\naccess, the phases") {
		t.Errorf("at 80 columns the columns left out are not named:\n%s", got)
	}
}

func TestMarkdownEscapesPipes(t *testing.T) {
	run := runs["few"]()
	run.Header.Plan.Arms[1].Backend = "mmap|x"
	got := tables(t, run, shown{format: document.Markdown})
	if !strings.Contains(got, `mmap\|x`) {
		t.Errorf("the pipe is not escaped:\n%s", got)
	}
	bare := regexp.MustCompile(`(^|[^\\])\|`)
	count := 0
	for l := range strings.Lines(got) {
		if !strings.HasPrefix(l, "|") {
			continue
		}
		n := len(bare.FindAllString(l, -1))
		if count == 0 {
			count = n
		}
		if n != count {
			t.Errorf("%d cells instead of %d: %q", n-1, count-1, l)
		}
	}
	if count == 0 {
		t.Error("there is no table")
	}
}

func TestCSV(t *testing.T) {
	run := runs["lossy"]()
	text := tables(t, run, shown{format: document.CSV})
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1+len(run.Trials) {
		t.Fatalf("%d rows for %d trials", len(rows)-1, len(run.Trials))
	}
	column := map[string]int{}
	for i, h := range rows[0] {
		if _, twice := column[h]; twice {
			t.Errorf("column %s is there twice", h)
		}
		column[h] = i
	}
	for i, row := range rows[1:] {
		trial := &run.Trials[i]
		want := map[string]string{"round": fmt.Sprint(trial.Round), "error_text": "", "setup_wall_ns": "",
			"body_minor_faults": "", "check_ok": "", "sync_wall_ns": "", "total_ns_per_lap": ""}
		if trial.Error != nil {
			want["error_text"] = trial.Error.Text
		} else {
			want["setup_wall_ns"] = fmt.Sprint(int64(trial.Setup.Wall))
			want["body_minor_faults"] = fmt.Sprint(trial.Body.MinorFaults)
			want["check_ok"] = "true"
			want["total_ns_per_lap"] = fmt.Sprint(int64(trial.Total()))
		}
		if trial.Sync != nil {
			want["sync_wall_ns"] = fmt.Sprint(int64(trial.Sync.Wall))
		}
		for name, w := range want {
			if got := row[column[name]]; got != w {
				t.Errorf("trial %d: %s is %q, want %q", i, name, got, w)
			}
		}
	}
	if lines, ends := strings.Count(text, "\n"), strings.Count(text, "\r\n"); ends < len(rows) || lines < ends {
		t.Errorf("%d of %d lines end in CR LF", ends, lines)
	}
}

func TestThree(t *testing.T) {
	for f, want := range map[float64]string{0: "0", 1: "1.00", 9.996: "10.0", 99.96: "100", 123.4: "123",
		2084: "2080", 0.004567: "0.00457", 5168.4: "5170", 12345: "12300"} {
		if got := words.Significant3(f); got != want {
			t.Errorf("three(%v) = %q, want %q", f, got, want)
		}
	}
	for seconds, want := range map[float64]string{1.5: "1.50 s", 0.99949: "999 ms", 0.9996: "1.00 s",
		12e-6: "12.0 µs", 456e-9: "456 ns", 0: "0 ns", 3600: "3600 s"} {
		if got := words.Duration(seconds); got != want {
			t.Errorf("duration(%v) = %q, want %q", seconds, got, want)
		}
	}
}
