package export

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"mmapbench/results"
)

// An openMetricsReader is a strict one, after the ABNF and the rules of
// OpenMetrics 1.0 (github.com/prometheus/OpenMetrics, specification), for the one
// type that is written here.
type openMetricsReader struct {
	family, kind string
	meta         map[string]bool // of the family
	samples      int             // of the family
	families     map[string]bool
	series       map[string]float64
}

var (
	metaLine   = regexp.MustCompile(`^# (TYPE|UNIT|HELP) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$`)
	sampleLine = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$`)
	labelPair  = regexp.MustCompile(`^([a-zA-Z_][a-zA-Z0-9_]*)="((?:\\["\\n]|[^"\\\n])*)"(,|$)`)
	realNumber = regexp.MustCompile(`^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$`)
)

func readOpenMetrics(text string) (*openMetricsReader, error) {
	r := &openMetricsReader{families: map[string]bool{}, series: map[string]float64{}}
	body, ok := strings.CutSuffix(text, "# EOF\n")
	if !ok || !utf8.ValidString(text) || body != "" && !strings.HasSuffix(body, "\n") {
		return nil, fmt.Errorf("it does not end in # EOF, or is not UTF-8")
	}
	for line := range strings.Lines(body) {
		if err := r.line(strings.TrimSuffix(line, "\n")); err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
	}
	return r, nil
}

func (r *openMetricsReader) line(line string) error {
	if m := metaLine.FindStringSubmatch(line); m != nil {
		return r.metadata(m[1], m[2], m[3])
	}
	m := sampleLine.FindStringSubmatch(line)
	if m == nil {
		return fmt.Errorf("neither metadata nor a sample")
	}
	if m[1] != r.family {
		return fmt.Errorf("a sample of %s within family %s", m[1], r.family)
	}
	names := map[string]bool{}
	for rest := m[2]; rest != ""; {
		pair := labelPair.FindStringSubmatch(rest)
		if pair == nil || names[pair[1]] || strings.HasSuffix(rest, ",") {
			return fmt.Errorf("labels at %q", rest)
		}
		names[pair[1]] = true
		rest = rest[len(pair[0]):]
	}
	if _, twice := r.series[m[1]+m[2]]; twice {
		return fmt.Errorf("the series comes twice")
	}
	value, err := strconv.ParseFloat(m[3], 64)
	if err != nil || !realNumber.MatchString(m[3]) {
		return fmt.Errorf("value %q of a %s", m[3], r.kind)
	}
	r.series[m[1]+m[2]] = value
	r.samples++
	return nil
}

func (r *openMetricsReader) metadata(what, name, value string) error {
	if what == "TYPE" {
		if r.families[name] || value != "gauge" {
			return fmt.Errorf("the family comes twice, or its type is not known")
		}
		r.families[name] = true
		r.family, r.kind, r.meta, r.samples = name, value, map[string]bool{}, 0
	}
	switch {
	case name != r.family || r.meta[what] || r.samples > 0:
		return fmt.Errorf("metadata of another family, twice, or after samples")
	case what == "UNIT" && !strings.HasSuffix(name, "_"+value):
		return fmt.Errorf("the name does not end in the unit")
	case what == "HELP" && strings.ContainsAny(value, "\\\""):
		return fmt.Errorf("escapes, which no help here needs")
	}
	r.meta[what] = true
	return nil
}

func TestOpenMetricsIsRead(t *testing.T) {
	for _, run := range []*results.Run{madeUp(7), odd()} {
		r, err := readOpenMetrics(exported(t, "openmetrics", run))
		if err != nil {
			t.Fatal(err)
		}
		laps, trials := 0, 0.0
		command := run.Header.Plan.Arms[0].Workload == results.Exec
		for name, value := range r.series {
			switch {
			case strings.Contains(name, "_faults_per_mebibyte") && command,
				strings.Contains(name, "_faults_per_run") && !command:
				t.Errorf("%s of a run of commands: %v", name, command)
			case strings.HasPrefix(name, "mmapbench_lap_seconds"):
				laps++
			case strings.HasPrefix(name, "mmapbench_usable_trials"),
				strings.HasPrefix(name, "mmapbench_left_out_trials"):
				trials += value
			}
		}
		if _, arms := usable(run); laps != arms || int(trials) != len(run.Trials) ||
			start(r.series) != float64(run.Header.Started.Unix()) {
			t.Errorf("%d laps of %d arms, %v trials of %d", laps, arms, trials, len(run.Trials))
		}
	}
}

func start(series map[string]float64) float64 {
	for name, value := range series {
		if strings.HasPrefix(name, "mmapbench_run_start_time_seconds") {
			return value
		}
	}
	return 0
}

// TestTheOlderFormatIsRead asks the parser of Prometheus' own textfile collector,
// which knows no OpenMetrics: it must find what the strict reader finds, and
// nothing that the collector refuses.
func TestTheOlderFormatIsRead(t *testing.T) {
	for _, run := range []*results.Run{madeUp(7), odd()} {
		text := exported(t, "openmetrics", run)
		strict, err := readOpenMetrics(text)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for name, f := range older(t, text) {
			found += len(f.GetMetric())
			if f.GetType() != dto.MetricType_GAUGE || f.GetHelp() == "" {
				t.Errorf("%s is a %v with the help %q", name, f.GetType(), f.GetHelp())
			}
			for _, m := range f.GetMetric() {
				if m.TimestampMs != nil {
					t.Errorf("%s has a time stamp", name)
				}
			}
		}
		if found != len(strict.series) {
			t.Errorf("%d samples, and %d as OpenMetrics", found, len(strict.series))
		}
	}
}

// TestTwoExperimentsInOneFolder: the collector drops all of two files that have a
// series in common.
func TestTwoExperimentsInOneFolder(t *testing.T) {
	one, two := madeUp(7), madeUp(7)
	two.Header.Plan.Name += "-again"
	seen := map[string]bool{}
	for _, run := range []*results.Run{one, two} {
		for name, f := range older(t, exported(t, "openmetrics", run)) {
			for _, m := range f.GetMetric() {
				m.Gauge = nil
				if key := name + m.String(); seen[key] {
					t.Errorf("both have %s", key)
				} else {
					seen[key] = true
				}
			}
		}
	}
}

func older(t *testing.T, text string) map[string]*dto.MetricFamily {
	t.Helper()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil || len(families) == 0 {
		t.Fatalf("%d families: %v\n%s", len(families), err, text)
	}
	return families
}

// TestTheReaderIsStrict: without it the test above would show little.
func TestTheReaderIsStrict(t *testing.T) {
	const good = "# TYPE a gauge\na{b=\"c\"} 1\n# EOF\n"
	if _, err := readOpenMetrics(good); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"# TYPE a gauge\na 1\n", good + "\n", "a 1\n# EOF\n",
		"# TYPE a gauge\na 1\na 1\n# EOF\n",
		"# TYPE a gauge\na{b=\"c\",} 1\n# EOF\n", "# TYPE a gauge\na{b=\"c\",b=\"d\"} 1\n# EOF\n",
		"# TYPE a gauge\na{b=\"\\d\"} 1\n# EOF\n",
		"# TYPE a gauge\n# UNIT a seconds\na 1\n# EOF\n",
		"# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n# TYPE a gauge\n# EOF\n",
		"# TYPE a gauge\na 1\n# HELP a text\n# EOF\n", "# TYPE a info\na_info 1\n# EOF\n",
		"# TYPE a gauge\na 0x1p3\n# EOF\n"} {
		if _, err := readOpenMetrics(bad); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}

func FuzzEscapeLabel(f *testing.F) {
	for _, s := range append([]string{"", `\`, `\n`, "\"}\n# EOF\n"}, oddNames...) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		l := escapeLabel(s)
		if _, err := readOpenMetrics("# TYPE a gauge\na{b=\"" + l + "\"} 1\n# EOF\n"); err != nil {
			t.Fatal(err)
		}
		if back := strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, "\n").Replace(l); back != strings.ToValidUTF8(s,
			"\uFFFD") {
			t.Errorf("%q comes back as %q", s, back)
		}
	})
}
