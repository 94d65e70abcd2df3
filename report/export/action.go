package export

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"mmapbench/analysis"
	"mmapbench/results"
)

// actionBenchmark writes what benchmark-action/github-action-benchmark reads as
// customSmallerIsBetter: one aggregate per name, as its README describes.
func actionBenchmark(w io.Writer, run *results.Run) error {
	type entry struct {
		Name  string  `json:"name"`
		Unit  string  `json:"unit"`
		Value float64 `json:"value"`
		Range string  `json:"range,omitempty"`
		Extra string  `json:"extra,omitempty"`
	}
	out := []entry{}
	for _, r := range rows(run) {
		e := entry{Name: plainName(r.Arm), Unit: "ns/lap", Value: r.Total.Median * 1e9,
			Extra: fmt.Sprintf("%d trials, %s", r.Usable, run.Header.Host.MachineName())}
		if i := r.Total.Interval; i != nil {
			e.Range = fmt.Sprintf("± %.4g", 1e9*max(i.High-r.Total.Median, r.Total.Median-i.Low))
		}
		out = append(out, e)
	}
	return indented(w, out)
}

// bencher writes the Bencher metric format: a measure by benchmark, with its
// bounds (bencher.dev, reference/bencher-metric-format).
func bencher(w io.Writer, run *results.Run) error {
	type metric struct {
		Value float64  `json:"value"`
		Lower *float64 `json:"lower_value,omitempty"`
		Upper *float64 `json:"upper_value,omitempty"`
	}
	out := map[string]map[string]metric{}
	of := func(e *analysis.Estimate, scale float64) metric {
		m := metric{Value: e.Median * scale}
		if i := e.Interval; i != nil {
			low, high := i.Low*scale, i.High*scale
			m.Lower, m.Upper = &low, &high
		}
		return m
	}
	for _, r := range rows(run) {
		measures := map[string]metric{"latency": of(r.Total, 1e9)} // Bencher's own measure, in nanoseconds
		if r.Rate != nil {
			measures["bytes-per-second"] = of(r.Rate, 1)
		}
		out[plainName(r.Arm)] = measures
	}
	return indented(w, out)
}

// plainName names an arm by its levels.
func plainName(a results.Arm) string {
	var words []string
	for _, f := range factors(a) {
		words = append(words, f.value)
	}
	return strings.Join(words, " ")
}

func indented(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
