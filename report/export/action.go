package export

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"mmapbench/analysis"
	"mmapbench/internal/units"
)

// An actionEntry is what benchmark-action/github-action-benchmark reads, as its
// README describes.
type actionEntry struct {
	Name  string  `json:"name"`
	Unit  string  `json:"unit"`
	Value float64 `json:"value"`
	Range string  `json:"range,omitempty"`
	Extra string  `json:"extra,omitempty"`
}

// actionBenchmark writes its list for customSmallerIsBetter: one aggregate per
// name, the time of a lap. Faults and device bytes are said beside it and have no
// entry: most are 0 somewhere, and the action calls any step up from 0 a
// regression.
func actionBenchmark(w io.Writer, run *analysis.Summary) error {
	out := []actionEntry{}
	for _, r := range rows(run) {
		// The action knows "ns" as a unit of time, and converts it where an
		// older entry had another.
		e := actionEntry{Name: armName(r.Arm), Unit: "ns", Value: rounded(r.Total.Median * 1e9)}
		extra := []string{fmt.Sprintf("%d of %d trials count", r.Usable, r.Trials)}
		if i := r.Total.Interval; i != nil {
			// It reads one number after the sign: the longer side.
			e.Range = fmt.Sprintf("± %.0f", 1e9*max(i.High-r.Total.Median, r.Total.Median-i.Low))
			extra = append(extra, fmt.Sprintf("%.0f to %.0f ns with %.1f%% confidence",
				i.Low*1e9, i.High*1e9, 100*i.Confidence))
		}
		for _, c := range counts(r) {
			extra = append(extra, fmt.Sprintf("%s: %s %s", c.title, units.FormatNumber(c.value), c.unit))
		}
		e.Extra = strings.Join(append(extra, run.Header.Host.MachineName()), "\n")
		out = append(out, e)
	}
	return indented(w, out)
}

// A figure is one that has no interval.
type figure struct {
	slug, title, unit string
	value             float64
}

// counts lists the counts of an arm that are known, of which less is better.
func counts(r *analysis.Row) []figure {
	var out []figure
	per, unit := strings.ToLower(r.FaultsPer), "faults/"+r.FaultsPer
	for _, f := range []struct {
		slug, title, unit string
		value             *float64
	}{
		{"minor-faults-per-" + per, "minor faults", unit, r.MinorFaults},
		{"major-faults-per-" + per, "major faults", unit, r.MajorFaults},
		{"device-read-per-byte", "device reads", "bytes/byte", r.DeviceRead.Median},
		{"device-write-per-byte", "device writes", "bytes/byte", r.DeviceWrite.Median},
	} {
		if f.value != nil {
			out = append(out, figure{f.slug, f.title, f.unit, *f.value})
		}
	}
	return out
}

// bencherMetric is a figure of Bencher's, with its bounds.
type bencherMetric struct {
	Value float64  `json:"value"`
	Lower *float64 `json:"lower_value,omitempty"`
	Upper *float64 `json:"upper_value,omitempty"`
}

// bencher writes the Bencher metric format: a measure by benchmark (bencher.dev,
// reference/bencher-metric-format).
func bencher(w io.Writer, run *analysis.Summary) error {
	out := map[string]map[string]bencherMetric{}
	of := func(e *analysis.Estimate, scale float64) bencherMetric {
		m := bencherMetric{Value: rounded(e.Median * scale)}
		if i := e.Interval; i != nil {
			low, high := rounded(i.Low*scale), rounded(i.High*scale)
			m.Lower, m.Upper = &low, &high
		}
		return m
	}
	for _, r := range rows(run) {
		measures := map[string]bencherMetric{"latency": of(r.Total, 1e9)} // Bencher's own measure, in nanoseconds
		if r.Rate != nil {
			measures["bytes-per-second"] = of(r.Rate, 1)
		}
		for _, c := range counts(r) {
			measures[c.slug] = bencherMetric{Value: rounded(c.value)}
		}
		out[armName(r.Arm)] = measures
	}
	return indented(w, out)
}

// rounded keeps ten digits, which are more than any clock has: the others come of
// dividing.
func rounded(f float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(f, 'g', 10, 64), 64)
	if err != nil {
		return f
	}
	return r
}

func indented(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
