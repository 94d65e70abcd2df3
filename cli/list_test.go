//go:build linux && !386 && !arm

package cli

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"mmapbench/internal/counters"
	"mmapbench/io/backend"
	"mmapbench/workloads"
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

// TestBackendsAreListed: with what an option is, whether it is here, and where it shows;
// what backends share is described once.
func TestBackendsAreListed(t *testing.T) {
	t.Setenv("COLUMNS", "80")
	shared := backend.Option{Name: "much", Kind: backend.Size, Doc: "so much", Since: "Linux 9.9", Default: "1M"}
	a := &app{catalogue: workloads.Catalogue{Backends: []backend.Backend{
		described{Name: "one", Summary: "the first", Options: []backend.Option{shared,
			{Name: "way", Kind: backend.Choice, Values: []string{"a", "b", "c"}, Doc: "which way", Seen: "strace",
				Probe: func(dir, v string) error {
					if v == "b" && dir == "." {
						return errors.New("not on this file system")
					}
					return nil
				}},
			{Name: "dead", Doc: "nothing", Probe: func(string, string) error { return errors.ErrUnsupported }}}},
		described{Name: "two", Summary: "the second", Options: []backend.Option{shared}},
	}}}
	c := &columns{}
	a.listBackends(c)
	var b strings.Builder
	if err := c.write(&b, 80); err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"  one               the first",
		"    much=SIZE  yes  so much; default 1M; since Linux 9.9; nothing shows the",
		"                    effect",
		"    way=            which way; seen: strace",
		"               yes  a, c",
		"               no   b: not on this file system",
		"    dead       no   nothing; nothing shows the effect; here: unsupported",
		"                    operation",
		"  two               the second",
		"    as one          much",
	}, "\n")
	if !strings.HasPrefix(b.String(), want) {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

// TestBackendsAreDocumented looks in docs/backends.md for every backend in a heading, and
// below it for its options and their values.
func TestBackendsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../docs/backends.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := strings.Split(string(page), "\n## ")[1:]
	for _, b := range catalogue().Backends {
		info, section := b.Info(), ""
		for _, s := range sections {
			heading, _, _ := strings.Cut(s, "\n")
			if slices.Contains(strings.Split(heading, ", "), info.Name) {
				section = s
			}
		}
		if section == "" {
			t.Errorf("docs/backends.md has no heading that names %s", info.Name)
			continue
		}
		for _, o := range info.Options {
			if !strings.Contains(section, "`"+o.Name+"`") && !strings.Contains(section, "`"+o.Name+"=") {
				t.Errorf("docs/backends.md does not name the option %s of %s", o.Name, info.Name)
			}
			for _, v := range o.Values {
				if !strings.Contains(section, "`"+v+"`") && !strings.Contains(section, "`"+o.Name+"="+v+"`") {
					t.Errorf("docs/backends.md does not name the value %s=%s of %s", o.Name, v, info.Name)
				}
			}
		}
	}
}

// described is a backend that can do nothing but describe itself.
type described backend.Info

func (d described) Info() backend.Info { return backend.Info(d) }

func (described) Configure(backend.Verb, string, backend.Options) (backend.Access, error) {
	return backend.Access{}, nil
}
