package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mmapbench/report/chart"
	"mmapbench/report/reporttest"
	"mmapbench/results"
)

func TestCommandsLookAsTheyDid(t *testing.T) {
	run := reporttest.Commands(9)
	for file, opts := range map[string]Options{"80.txt": {Width: 80}, "100-color.txt": {Width: 100, Color: true}, "160.txt": {Width: 160},
		"md": {Format: Markdown}, "json": {Format: JSON}} {
		opts.Labels = labels
		golden(t, "commands."+file, tables(t, run, opts))
	}
	golden(t, "commands.closing.txt", closing(t, run))
}

func closing(t *testing.T, run *results.Run) string {
	t.Helper()
	var buf bytes.Buffer
	if err := Closing(&buf, run, Options{Width: 80}); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

// TestCommandsHaveNoRate wants nothing that is a figure per byte, access or
// phase where a command was run as a whole.
func TestCommandsHaveNoRate(t *testing.T) {
	run := reporttest.Commands(9)
	for _, width := range []int{60, 80, 100, 120, 160, 0} {
		text := tables(t, run, Options{Width: width})
		for _, never := range []string{"MiB/s", "per\naccess", "teardown", "record", "/MiB", "per lap", "0 B of", "backend"} {
			if strings.Contains(text, never) {
				t.Errorf("at %d columns: %q in\n%s", width, never, text)
			}
		}
		for line := range strings.Lines(text) {
			if n := textWidth(strings.TrimRight(line, "\n")); width > 0 && n > width {
				t.Errorf("a line of %d columns, not %d: %s", n, width, line)
			}
		}
	}
	text := tables(t, run, Options{})
	for _, want := range []string{"command", "64 MiB", "grep: nofile: No such file", "the command and the children"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if got := closing(t, run); !strings.Contains(got, "Commands, cold cache: wc was ") || strings.Contains(got, "records of") {
		t.Errorf("closing: %s", got)
	}
	if got := closing(t, reporttest.Commands(3)); !strings.Contains(got, "to tell the commands apart") {
		t.Errorf("closing of three rounds: %s", got)
	}
	var s Summary
	if err := json.Unmarshal([]byte(tables(t, run, Options{Format: JSON})), &s); err != nil {
		t.Fatal(err)
	}
	if r := s.Groups[0].Rows[1]; r.Rate != nil || r.MinorFaults != nil || r.MinorPerRun == nil || *r.MinorPerRun != 97 {
		t.Errorf("summary: %+v", r)
	}
}

func TestChartsOfCommands(t *testing.T) {
	run := reporttest.Commands(9)
	var names []string
	var text bytes.Buffer
	for _, ch := range AllCharts(run, labels) {
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
	if err := chart.Write(&text, timeChart(figure{section: &sections(reporttest.Commands(3))[0], run: run}), chart.SVG); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), "* no interval: fewer than") {
		t.Error("the chart of three rounds does not say why it has no whiskers")
	}
}
