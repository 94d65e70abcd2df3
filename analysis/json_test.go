package analysis

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mmapbench/results"
)

// TestJSONOfGroups holds the names under which other programs find the figures.
func TestJSONOfGroups(t *testing.T) {
	a := arms("pread", "mmap")
	for i := range a {
		a[i].Cache, a[i].Target = results.Cold, "sd"
	}
	r := run(a, jitter(20*ms, 7), jitter(10*ms, 7))
	n := int64(3)
	for i := range r.Trials {
		r.Trials[i].Counters = results.CountersOf(map[string]map[string]*int64{"body": {"pgfault": &n, "unread": nil}})
	}
	text, err := json.Marshal(Summarize(r).Groups[0])
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Factors map[string]any
		Outcome string
		Order   []string  `json:"fastest_first"`
		Best    []string  `json:"may_be_fastest"`
		Lead    *Estimate `json:"speed_of_first_vs_second"`
		Rows    []struct {
			ID       int
			Backend  string
			Time     *Estimate          `json:"time_s_per_lap"`
			Phases   map[string]float64 `json:"phase_shares"`
			Counters map[string]map[string]struct {
				N      int
				Median *float64
			}
		}
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if got.Factors["cache"] != results.Cold || got.Factors["backend"] != nil || got.Factors["size"] == nil {
		t.Errorf("factors %v", got.Factors)
	}
	if got.Outcome != "won" || got.Order[0] != "mmap" || len(got.Best) != 1 ||
		got.Lead.Interval == nil || got.Lead.Median < 1.5 {
		t.Errorf("ranking %+v, lead %+v", got, got.Lead)
	}
	row := got.Rows[1]
	if row.ID != 1 || row.Backend != "mmap" || row.Time.N != 7 || row.Time.Interval.High < row.Time.Median ||
		row.Phases["body"] == 0 {
		t.Errorf("row %+v, time %+v", row, row.Time)
	}
	counters := row.Counters["body"]
	if c := counters["pgfault"]; c.N != 7 || c.Median == nil || *c.Median != 3 {
		t.Errorf("a counter that was read: %+v", c)
	}
	if c, ok := counters["unread"]; !ok || c.N != 0 || c.Median != nil {
		t.Errorf("a counter that was not read: %+v", c)
	}
	if diff := cmp.Diff(`null`, marshal(t, Shares(nil))); diff != "" {
		t.Error(diff)
	}
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
