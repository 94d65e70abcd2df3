package comparison_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"mmapbench/report/document"
)

// TestCSV holds a line for every question, with the figures of the comparison.
func TestCSV(t *testing.T) {
	c := comparisons["metrics"](t)
	lines, err := csv.NewReader(strings.NewReader(written(t, c, look{format: document.CSV}))).ReadAll()
	if err != nil { // a line of another length too
		t.Fatal(err)
	}
	if len(lines) != 1+len(c.Rows)+len(c.Controls) {
		t.Fatalf("%d lines for %d rows and %d controls", len(lines), len(c.Rows), len(c.Controls))
	}
	absent := 0
	for i, r := range slices.Concat(c.Rows, c.Controls) {
		line := map[string]string{}
		for k, key := range lines[0] {
			line[key] = lines[i+1][k]
		}
		speed := ""
		if r.Ratio == nil {
			absent++
		} else {
			speed = strconv.FormatFloat(1 / *r.Ratio, 'g', -1, 64)
		}
		for key, want := range map[string]string{"metric": r.Metric.Name, "verdict": r.Verdict.String(), "speed": speed,
			"workload": r.Arm.Workload, "record": fmt.Sprint(r.Arm.Record), "floored": fmt.Sprint(r.Floored)} {
			if line[key] != want {
				t.Errorf("line %d: %s is %q, want %q", i+1, key, line[key], want)
			}
		}
		if kind := line["kind"]; (kind == "control") != r.Control {
			t.Errorf("line %d is of the kind %s", i+1, kind)
		}
	}
	if absent != 2 {
		t.Errorf("%d lines without a speed, want that of the bytes that are not known and of its control", absent)
	}
}

func TestJSONIsComplete(t *testing.T) {
	type bounds struct{ Low, High float64 }
	var got struct {
		Format   string
		Outcome  string
		ExitCode int `json:"exit_code"`
		Rounds   int
		Controls []any
		Rows     []struct {
			Factors map[string]any
			Speed   *float64
			Pass    *bounds `json:"pass_speed_bounds"`
			Pairs   int
			ToPass  *int `json:"rounds_to_pass"`
		}
	}
	read := func(name string) {
		t.Helper()
		got.Rows = nil
		if err := json.Unmarshal([]byte(written(t, comparisons[name](t), look{format: document.JSON})),
			&got); err != nil {
			t.Fatal(err)
		}
	}
	read("regression")
	if got.Format != "mmapbench-comparison" || got.Outcome != "regression" || got.ExitCode != 1 || len(got.Rows) != 4 ||
		len(got.Controls) != 4 {
		t.Errorf("%+v", got)
	}
	for _, r := range got.Rows {
		if r.Speed == nil || r.Pass == nil || !(r.Pass.Low <= *r.Speed && *r.Speed <= r.Pass.High) || r.Pairs == 0 ||
			r.Factors["cache"] == nil {
			t.Errorf("%+v", r)
		}
	}
	read("inconclusive")
	if n := got.Rows[0].ToPass; n == nil || *n < got.Rounds {
		t.Errorf("rounds to pass: %v after %d that did not do", n, got.Rounds)
	}
}
