package report

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"mmapbench/analysis"
	"mmapbench/internal/golden"
	"mmapbench/report/chart"
	"mmapbench/report/document"
	"mmapbench/report/reporttest"
)

func TestCommandsLookAsTheyDid(t *testing.T) {
	run := reporttest.Commands(9)
	for file, as := range map[string]shown{"brief.txt": {width: 80, brief: true},
		"80.txt": {width: 80}, "color.txt": {width: 100, color: true},
		"wide.txt": {},
		"md":       {format: document.Markdown}, "json": {format: document.JSON}} {
		golden.Check(t, "commands."+file, tables(t, run, as))
	}
}

// TestCommandsHaveNoRate wants nothing that is a figure per byte, access or
// phase where a command was run as a whole.
func TestCommandsHaveNoRate(t *testing.T) {
	run := reporttest.Commands(9)
	for _, width := range []int{60, 80, 100, 120, 160, 0} {
		text := tables(t, run, shown{width: width})
		for _, never := range []string{"MiB/s", "per\naccess", "teardown", "record", "/MiB", "per lap", "0 B of",
			"backend"} {
			if strings.Contains(text, never) {
				t.Errorf("at %d columns: %q in\n%s", width, never, text)
			}
		}
		for line := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); width > 0 && n > width {
				t.Errorf("a line of %d columns, not %d: %s", n, width, line)
			}
		}
	}
	text := tables(t, run, shown{})
	for _, want := range []string{"command", "64 MiB", "grep: nofile: No such file", "the command and the children"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if !strings.Contains(text, "commands cold    wc wins: ") || strings.Contains(text, "records of") {
		t.Errorf("answer: %s", text)
	}
	if got := tables(t, reporttest.Commands(3), shown{}); !strings.Contains(got, "To tell who wins takes") {
		t.Errorf("answer of three rounds: %s", got)
	}
	s := readJSON(t, run)
	if r := s.Groups[0].Rows[1]; r.Rate != nil || r.FaultsPer != analysis.PerRun || r.MinorFaults == nil ||
		*r.MinorFaults != 97 {
		t.Errorf("summary: %+v", r)
	}
}

func TestChartsOfCommands(t *testing.T) {
	run := reporttest.Commands(9)
	var names []string
	var text bytes.Buffer
	for _, ch := range charts(run) {
		names = append(names, ch.Name)
		if err := chart.Write(&text, ch, chart.SVG); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"exec-time", "exec-faults", "exec-cpu"}, names); diff != "" {
		t.Errorf("charts (-want +got):\n%s", diff)
	}
	for _, never := range []string{"MiB/s", "per MiB", "per lap", "measuring thread"} {
		if strings.Contains(text.String(), never) {
			t.Errorf("%q is in a chart of commands", never)
		}
	}
	text.Reset()
	if err := chart.Write(&text, timeChart(figuresOf(reporttest.Commands(3))[0]),
		chart.SVG); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), "* no interval: fewer than") {
		t.Error("the chart of three rounds does not say why it has no whiskers")
	}
}
