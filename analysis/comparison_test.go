package analysis_test

import (
	"encoding/json"
	"math"
	"testing"

	"mmapbench/analysis"
	"mmapbench/analysis/verdict"
	"mmapbench/results"
)

// Of each verdict, the bounds that are shown are those by which it was given, or, where
// it is open, those that did not do.
func TestDeciding(t *testing.T) {
	fail, pass := &verdict.Bounds{Tail: 0.01}, &verdict.Bounds{Tail: 0.05}
	for _, c := range []struct {
		name    string
		verdict verdict.Verdict
		ratio   float64
		control bool
		want    *verdict.Bounds
	}{
		{name: "slower", verdict: verdict.Regression, ratio: 1.2, want: fail},
		{name: "faster", verdict: verdict.Improvement, ratio: 0.8, want: fail},
		{name: "the same", verdict: verdict.Pass, ratio: 1, want: pass},
		{name: "open below the tolerance", verdict: verdict.Inconclusive, ratio: 1.04, want: pass},
		{name: "open above the tolerance", verdict: verdict.Inconclusive, ratio: 1.06, want: fail},
		{name: "open and faster", verdict: verdict.Inconclusive, ratio: 0.5, want: pass},
		{name: "void and slower", verdict: verdict.Invalid, ratio: 1.06, want: fail},
		{name: "a control that failed upward", verdict: verdict.Invalid, ratio: 1.2, control: true, want: fail},
		{name: "a control that failed downward", verdict: verdict.Invalid, ratio: 0.8, control: true, want: fail},
		{name: "an open control", verdict: verdict.Inconclusive, ratio: 0.97, control: true, want: pass},
		{name: "an open control far below", verdict: verdict.Inconclusive, ratio: 0.9, control: true, want: fail},
	} {
		r := analysis.Comparison{Control: c.control, Answer: verdict.Answer{Verdict: c.verdict, Ratio: &c.ratio,
			Fail: fail, Pass: pass, Metric: verdict.Metric{Tolerance: 0.05}}}
		if got := r.Deciding(); got != c.want {
			t.Errorf("%s: bounds with the tail %v, want %v", c.name, got.Tail, c.want.Tail)
		}
	}
	if r := (analysis.Comparison{Answer: verdict.Answer{Pass: pass, Fail: fail}}); r.Deciding() != pass {
		t.Error("without a ratio")
	}
}

// A comparison is written with the factors of the arm, and with null for what is not
// known.
func TestJSONOfComparisons(t *testing.T) {
	ratio := 1.25
	r := analysis.Comparison{Arm: results.Arm{Target: "sd", Record: 4096}, Base: "mmap", New: "pread", Unit: "s",
		Answer: verdict.Answer{Name: "x", Metric: verdict.Metric{Name: "total", Tolerance: 0.05}, Verdict: verdict.Pass,
			Ratio: &ratio}}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	factors := got["factors"].(map[string]any)
	if factors["record"] != 4096.0 || len(factors) != 2 || got["verdict"] != "PASS" || got["speed"] != 0.8 ||
		got["metric"].(map[string]any)["tolerance"] != 0.05 || got["base"] != "mmap" || got["new"] != "pread" {
		t.Errorf("%s", text)
	}
	for _, key := range []string{"fail_speed_bounds", "could_see", "rounds_to_pass", "base_median"} {
		if v, ok := got[key]; !ok || v != nil {
			t.Errorf("%s is %v, want null", key, v)
		}
	}
}

// JSON has no infinite numbers: a ratio that is no finite number is not known.
func TestInfiniteIsAbsent(t *testing.T) {
	huge := make([]float64, 12)
	least := make([]float64, 12)
	for i := range huge {
		huge[i], least[i] = math.MaxFloat64/float64(i+1), math.SmallestNonzeroFloat64
	}
	q := []verdict.Comparison{{Name: "x", Metric: verdict.Metric{Name: "m", Tolerance: 0.05}, Base: least, New: huge}}
	j, err := verdict.OneLook(12).Judge(verdict.Suite{Rows: q, Ended: true})
	if err != nil {
		t.Fatal(err)
	}
	if a := j.Rows[0]; a.Ratio != nil || a.Fail != nil || a.Pass != nil || a.Pairs != 12 {
		t.Errorf("%+v", a)
	}
}
