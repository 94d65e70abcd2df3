package export

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/perf/benchfmt"

	"mmapbench/analysis"
	"mmapbench/analysis/verdict"
	"mmapbench/report/reporttest"
	"mmapbench/results"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

func madeUp(seed uint64) *results.Run {
	return reporttest.Run(reporttest.Shape{Workloads: []string{"seqscan", "random"}, Backends: []string{"pread", "mmap:private,advise=random"},
		Caches: []string{results.Cold, results.Cached}, Rounds: 7, Seed: seed})
}

func exported(t *testing.T, format string, run *results.Run) string {
	t.Helper()
	var b bytes.Buffer
	if err := Run(&b, format, run); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFormatsLookAsTheyDid(t *testing.T) {
	for _, f := range RunFormats() {
		golden(t, f.Name+".golden", exported(t, f.Name, madeUp(7)))
	}
	for _, f := range ComparisonFormats() {
		for name, c := range compared(t) {
			var b bytes.Buffer
			if err := Comparison(&b, f.Name, c); err != nil {
				t.Fatal(err)
			}
			golden(t, f.Name+"-"+name+".golden", b.String())
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// compared are judgements of made-up gates.
func compared(t *testing.T) map[string]*analysis.Compared {
	t.Helper()
	out := map[string]*analysis.Compared{}
	for name, c := range map[string]struct {
		noise       float64
		fresh, base float64
	}{"pass": {0.01, 1, 1}, "regression": {0.01, 1.3, 1}, "inconclusive": {0.3, 1, 1}, "invalid": {0.01, 1, 1.3}} {
		run := reporttest.Gate(48, c.noise, func(a results.Arm) float64 {
			switch a.Side {
			case results.SideNew:
				return 10 * c.fresh
			case results.SideControl:
				return 10 * c.base
			}
			return 10
		})
		got, err := analysis.Gate(run, true)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = got
	}
	return out
}

// TestGoBenchIsReadByItsReader reads what was written and compares every figure.
func TestGoBenchIsReadByItsReader(t *testing.T) {
	run := madeUp(7)
	r := benchfmt.NewReader(strings.NewReader(exported(t, "gobench", run)), "made-up")
	lines, units := 0, 0
	for r.Scan() {
		switch rec := r.Result().(type) {
		case *benchfmt.Result:
			arm := run.Header.Plan.Arms[run.Trials[lines].Arm]
			ns, ok := rec.Value("sec/op") // the reader tidies ns/op into seconds
			want := run.Trials[lines].Total().Seconds()
			if !ok || math.Abs(ns-want) > 1e-9*want+1e-9 || !strings.Contains(rec.Name.String(), "/cache="+arm.Cache) {
				t.Errorf("line %d: %s has %v s, want %v of %+v", lines, rec.Name, ns, want, arm)
			}
			if rec.GetConfig("goos") != "linux" {
				t.Errorf("line %d: configuration %v", lines, rec.Config)
			}
			lines++
		case *benchfmt.UnitMetadata:
			units++
		case *benchfmt.SyntaxError:
			t.Error(rec)
		}
	}
	if err := r.Err(); err != nil || lines != len(run.Trials) || units != 10 {
		t.Errorf("%d lines and %d facts of units of %d trials: %v", lines, units, len(run.Trials), err)
	}
}

// TestBenchstatComparesTwoExports runs benchstat itself.
func TestBenchstatComparesTwoExports(t *testing.T) {
	dir := t.TempDir()
	slow := madeUp(7)
	for i := range slow.Trials {
		slow.Trials[i].Body.Wall *= 3
	}
	for name, run := range map[string]*results.Run{"old": madeUp(7), "new": slow} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(exported(t, "gobench", run)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Command("go", "tool", "benchstat", filepath.Join(dir, "old"), filepath.Join(dir, "new")).CombinedOutput()
	if err != nil {
		t.Fatalf("benchstat: %v\n%s", err, out)
	}
	if !regexp.MustCompile(`Seqscan.*\+\d+.*p=0\.00`).Match(out) || !bytes.Contains(out, []byte("sec/op")) {
		t.Errorf("benchstat does not see that scans became slower:\n%s", out)
	}
}

func TestJSONFormatsHoldTheirFields(t *testing.T) {
	run := madeUp(7)
	arms := len(run.Header.Plan.Arms)
	var action []map[string]any
	decode(t, exported(t, "github-action-benchmark", run), &action)
	names := map[string]bool{}
	for _, e := range action {
		name, _ := e["name"].(string)
		value, ok := e["value"].(float64)
		if unit, _ := e["unit"].(string); name == "" || unit == "" || !ok || value <= 0 || names[name] {
			t.Errorf("entry %v", e)
		}
		names[name] = true
	}
	if len(action) != arms {
		t.Errorf("%d entries of %d arms", len(action), arms)
	}
	var bencher map[string]map[string]map[string]float64
	decode(t, exported(t, "bencher", run), &bencher)
	for name, measures := range bencher {
		m := measures["latency"]
		if !(m["lower_value"] <= m["value"] && m["value"] <= m["upper_value"]) || m["value"] <= 0 {
			t.Errorf("%s: %v", name, m)
		}
	}
	if len(bencher) != arms {
		t.Errorf("%d benchmarks of %d arms", len(bencher), arms)
	}
	var google struct {
		Context    map[string]any
		Benchmarks []googleRun
	}
	decode(t, exported(t, "google-benchmark", run), &google)
	iterations, aggregates := 0, 0
	for _, b := range google.Benchmarks {
		switch b.RunType {
		case "iteration":
			iterations++
		case "aggregate":
			aggregates++
		}
		if b.RealTime <= 0 || b.TimeUnit != "ns" || b.RunName == "" {
			t.Errorf("%+v", b)
		}
	}
	if iterations != len(run.Trials) || aggregates != arms || google.Context["date"] == nil {
		t.Errorf("%d iterations and %d aggregates of %d trials", iterations, aggregates, len(run.Trials))
	}
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}

// TestOpenMetricsIsWellFormed holds the text against the ABNF of OpenMetrics 1.0,
// as far as gauges go.
func TestOpenMetricsIsWellFormed(t *testing.T) {
	text := exported(t, "openmetrics", madeUp(7))
	if !strings.HasSuffix(text, "\n# EOF\n") || strings.Count(text, "# EOF") != 1 {
		t.Error("it does not end in # EOF")
	}
	meta := regexp.MustCompile(`^# (TYPE|UNIT|HELP) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$`)
	sample := regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)\{([a-zA-Z_][a-zA-Z0-9_]*="(\\["\\n]|[^"\\\n])*"(,[a-zA-Z_][a-zA-Z0-9_]*="(\\["\\n]|[^"\\\n])*")*)?\} [-+0-9.eE]+$`)
	family, seen, series := "", map[string]bool{}, map[string]bool{}
	for line := range strings.Lines(strings.TrimSuffix(text, "# EOF\n")) {
		line = strings.TrimSuffix(line, "\n")
		if m := meta.FindStringSubmatch(line); m != nil {
			if m[1] == "TYPE" {
				if family = m[2]; seen[family] || m[3] != "gauge" {
					t.Errorf("family %s comes twice, or is no gauge", family)
				}
				seen[family] = true
			}
			if m[2] != family || m[1] == "UNIT" && !strings.HasSuffix(family, "_"+m[3]) {
				t.Errorf("%q within family %s", line, family)
			}
			continue
		}
		m := sample.FindStringSubmatch(line)
		if m == nil || m[1] != family || series[m[1]+m[2]] {
			t.Errorf("%q within family %s", line, family)
			continue
		}
		series[m[1]+m[2]] = true
	}
	if len(seen) < 5 {
		t.Errorf("only %d families", len(seen))
	}
}

func TestJUnitSaysWhatCISystemsRead(t *testing.T) {
	for name, c := range compared(t) {
		var b bytes.Buffer
		if err := Comparison(&b, "junit", c); err != nil {
			t.Fatal(err)
		}
		var got junitSuites
		if err := xml.Unmarshal(b.Bytes(), &got); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		failures, errors, skipped := 0, 0, 0
		for _, x := range got.Suite.Cases {
			switch {
			case x.Failure != nil:
				failures++
			case x.Error != nil:
				errors++
			case x.Skipped != nil:
				skipped++
			}
			if x.Name == "" || x.Class == "" {
				t.Errorf("%s: a case without a name: %+v", name, x)
			}
		}
		if got.Tests != len(c.Rows) || got.Failures != failures || got.Errors != errors || got.Suite.Skipped != skipped {
			t.Errorf("%s: counts %+v, found %d failures, %d errors, %d skipped", name, got, failures, errors, skipped)
		}
		want := map[string]bool{"pass": failures+errors+skipped == 0, "regression": failures > 0, "inconclusive": skipped > 0 && failures == 0, "invalid": errors == len(c.Rows)}
		if !want[name] {
			t.Errorf("%s: %d failures, %d errors, %d skipped", name, failures, errors, skipped)
		}
	}
}

func TestAnnotationsAreOneLineEach(t *testing.T) {
	line := regexp.MustCompile(`^::(error|warning|notice) title=[^:,\n]*::[^\n]*$`)
	for name, c := range compared(t) {
		var b bytes.Buffer
		if err := Comparison(&b, "annotations", c); err != nil {
			t.Fatal(err)
		}
		n := 0
		for l := range strings.Lines(b.String()) {
			n++
			if !line.MatchString(strings.TrimSuffix(l, "\n")) {
				t.Errorf("%s: %q", name, l)
			}
		}
		if (name == "pass") != (n == 0) {
			t.Errorf("%s: %d annotations", name, n)
		}
	}
}

func FuzzEscapes(f *testing.F) {
	for _, s := range []string{"", "a:b,c%d\r\ne", `back\slash "quoted"`, "::error::"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if p := escapeProperty(s); strings.ContainsAny(p, ":,\r\n") {
			t.Errorf("property %q of %q", p, s)
		}
		if d := escapeData(s); strings.ContainsAny(d, "\r\n") {
			t.Errorf("data %q of %q", d, s)
		}
		back := strings.NewReplacer("%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%")
		if got := back.Replace(escapeProperty(s)); got != s {
			t.Errorf("%q comes back as %q", s, got)
		}
		if l := escapeLabel(s); strings.Contains(l, "\n") || regexp.MustCompile(`(^|[^\\])(\\\\)*"`).MatchString(l) {
			t.Errorf("label %q of %q", l, s)
		}
	})
}

// TestMarkdownKeepsItsLimit cuts whole lines and says how many.
func TestMarkdownKeepsItsLimit(t *testing.T) {
	c := compared(t)["regression"]
	for range 12 { // 4,096 times as many rows
		c.Rows = append(c.Rows, c.Rows...)
	}
	for _, format := range []string{"summary", "comment"} {
		most := map[string]int{"summary": summaryMax, "comment": commentMax}[format]
		var b bytes.Buffer
		if err := Comparison(&b, format, c); err != nil {
			t.Fatal(err)
		}
		if b.Len() >= most || !strings.Contains(b.String(), "lines were cut off") || !strings.Contains(b.String(), "regression") {
			t.Errorf("%s: %d bytes of at most %d", format, b.Len(), most)
		}
	}
	if c.Outcome != verdict.Regressed {
		t.Error("the outcome has changed")
	}
}
