//go:build linux && !386 && !arm

package cli

import (
	"strings"
	"testing"
	"unicode/utf8"

	"mmapbench/internal/counters"
)

// TestListsFit checks that no list is wider than its terminal, but for single
// words that are.
func TestListsFit(t *testing.T) {
	for _, width := range []string{"80", "100", "120", "160"} {
		t.Setenv("COLUMNS", width)
		columns, _ := terminalWidth(&strings.Builder{})
		code, out, errs := exit(t, "list")
		if code != ExitOK {
			t.Fatalf("exit %d: %s", code, errs)
		}
		for line := range strings.Lines(out) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > columns {
				t.Errorf("at %s columns a line of %d: %s", width, n, line)
			}
		}
		for _, topic := range listTopics {
			if !strings.Contains(out, strings.ToUpper(topic)+"\n") {
				t.Errorf("no list of %s", topic)
			}
		}
	}
}

func TestColumns(t *testing.T) {
	c := &columns{}
	c.head("TITLE")
	c.add("  µs", "x", "one two three four five six seven")
	c.add("  longer", "yy", "short")
	c.add("  none")
	c.head("a heading that is broken into lines as well")
	c.add("  other", "z")
	var b strings.Builder
	if err := c.write(&b, 36); err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"TITLE",
		"  µs      x   one two three four five", // no narrower than least
		"              six seven",
		"  longer  yy  short",
		"  none",
		"",
		"a heading that is broken into lines",
		"as well",
		"  other   z",
		"",
	}, "\n")
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

// TestMetricRows gives a counter that is there, those that are not and share a
// reason, and one whose source is another.
func TestMetricRows(t *testing.T) {
	metric := func(name, scope, source, reason string) counters.Metric {
		return counters.Metric{Name: name, Unit: "pages", Scope: scope, Source: source, Reason: reason}
	}
	c := &columns{}
	metricRows(c, []counters.Metric{
		metric("a", counters.Host, "vmstat", ""),
		metric("b", counters.Host, "vmstat", "no line"),
		metric("c", counters.Host, "vmstat", "no line"),
		metric("d", counters.Device, "diskstats", "no line"),
		metric(counters.OnRequest, counters.Process, "smaps", ""),
	}, []string{"sda", "sdb"})
	var b strings.Builder
	if err := c.write(&b, 80); err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"scope host, from vmstat",
		"  a                    pages  yes",
		"  b                    pages  no: no line",
		"  c                    pages  no: the same",
		"",
		"scope device (here sda, sdb), from diskstats",
		"  d                    pages  no: no line",
		"",
		"scope process, from smaps",
		"  smaps.FilePmdMapped  pages  yes, on request",
		"",
	}, "\n")
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}
