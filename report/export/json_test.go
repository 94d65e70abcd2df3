package export

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"mmapbench/results"
)

func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}

// TestActionBenchmark holds the list against what the action reads: the types of
// its README, one entry per name, and a range of one number after the sign.
func TestActionBenchmark(t *testing.T) {
	for _, run := range []*results.Run{madeUp(7), odd()} {
		var list []map[string]any
		decode(t, exported(t, "github-action-benchmark", run), &list)
		names := map[string]bool{}
		times := 0
		for _, e := range list {
			name, _ := e["name"].(string)
			value, number := e["value"].(float64)
			unit, _ := e["unit"].(string)
			if name == "" || unit == "" || !number || names[name] {
				t.Errorf("entry %v", e)
			}
			names[name] = true
			for key := range e {
				if !slices.Contains([]string{"name", "unit", "value", "range", "extra"}, key) {
					t.Errorf("entry %v has %s", e, key)
				}
			}
			spread, ranged := e["range"].(string)
			if ranged && !actionRange(spread) {
				t.Errorf("range %q is not read as one", spread)
			}
			if unit == "ns" {
				times++
				if few := len(run.Trials) < 6*len(run.Header.Plan.Arms); value <= 0 || ranged == few {
					t.Errorf("entry %v", e)
				}
			}
		}
		if _, arms := usable(run); times != arms {
			t.Errorf("%d times of %d arms", times, arms)
		}
	}
}

// actionRange reads a range as the action does when it converts units.
func actionRange(s string) bool {
	m := regexp.MustCompile(`(?:\+-|±)\s*(\d.*)`).FindStringSubmatch(s)
	if m == nil {
		return false
	}
	_, err := strconv.ParseFloat(m[1], 64)
	return err == nil
}

// TestBencherMatchesItsSchema, the one that Bencher publishes.
func TestBencherMatchesItsSchema(t *testing.T) {
	f, err := os.Open("testdata/bmf.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	document, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("bmf.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("bmf.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range []*results.Run{madeUp(7), odd()} {
		text := exported(t, "bencher", run)
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Error(err)
		}
		var got map[string]map[string]bencherMetric
		decode(t, text, &got)
		if _, arms := usable(run); len(got) != arms {
			t.Errorf("%d benchmarks of %d arms", len(got), arms)
		}
		for name, measures := range got {
			m, ok := measures["latency"]
			if !ok || m.Value <= 0 || len(name) > 1024 { // the longest name that it takes
				t.Errorf("%s: %v", name, measures)
			}
			for slug, m := range measures {
				if m.Lower != nil && !(*m.Lower <= m.Value && m.Value <= *m.Upper) || len(slug) > 64 {
					t.Errorf("%s: %s: %v", name, slug, m)
				}
			}
		}
	}
	wrong := map[string]any{"x": map[string]any{"latency": map[string]any{"lower_value": 1}}}
	if err := schema.Validate(wrong); err == nil {
		t.Error("the schema takes a metric without a value")
	}
}

// TestGoogleBenchmarkIsAsCompareReads: tools/compare.py pairs entries by name and
// unit of time, takes both times of each without asking whether they are there,
// and refuses another version of the schema than 1.
func TestGoogleBenchmarkIsAsCompareReads(t *testing.T) {
	for _, run := range []*results.Run{madeUp(7), odd()} {
		var got struct {
			Context    map[string]any
			Benchmarks []map[string]any
		}
		decode(t, exported(t, "google-benchmark", run), &got)
		if got.Context["json_schema_version"] != 1.0 || got.Context["date"] == nil {
			t.Errorf("context %v", got.Context)
		}
		for _, unknown := range []string{"caches", "load_avg", "mhz_per_cpu", "host_name"} {
			if v, ok := got.Context[unknown]; ok {
				t.Errorf("the context says %s: %v, which nobody measured", unknown, v)
			}
		}
		iterations, aggregates, index := 0, 0, 0
		for _, b := range got.Benchmarks {
			name, runName := b["name"].(string), b["run_name"].(string)
			if real, ok := b["real_time"].(float64); !ok || real <= 0 || b["time_unit"] != "ns" ||
				b["cpu_time"] == nil {
				t.Errorf("%s: %v", name, b)
			}
			switch b["run_type"] {
			case "iteration":
				if name != runName || b["repetition_index"] != float64(index) {
					t.Errorf("repetition %d of %s: %v", index, runName, b)
				}
				iterations, index = iterations+1, index+1
			case "aggregate":
				low, ranged := b["real_time_low"].(float64)
				if b["aggregate_name"] != "median" || name != runName+"_median" || b["repetitions"] != float64(index) ||
					b["repetition_index"] != nil || ranged && !(low <= b["real_time"].(float64)) ||
					ranged != (index >= 6) {
					t.Errorf("aggregate of %s: %v", runName, b)
				}
				aggregates, index = aggregates+1, 0
			default:
				t.Errorf("%s: %v", name, b)
			}
		}
		if trials, arms := usable(run); iterations != trials || aggregates != arms {
			t.Errorf("%d iterations and %d aggregates of %d trials of %d arms", iterations, aggregates, trials, arms)
		}
	}
}
