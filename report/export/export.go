// Package export writes runs and comparisons for other programs: benchmark
// viewers, CI systems, monitoring.
//
// Its attitude: each format is somebody else's, so it is written as its own
// document says and tried on its own consumer. What a format cannot hold is left
// out, never bent: a figure that was not measured has no line, and an interval
// goes where the format has a place for one.
package export

import (
	"bytes"
	"fmt"
	"io"

	"mmapbench/analysis"
	"mmapbench/internal/units"
	"mmapbench/results"
)

// A RunFormat writes a run.
type RunFormat struct {
	Name, Summary string
	write         func(w io.Writer, run *results.Run) error
}

// RunFormats lists the formats of runs.
func RunFormats() []RunFormat {
	return []RunFormat{
		{"gobench", "Go benchmark format, a line per trial: for benchstat", goBench},
		{"github-action-benchmark", "JSON of the action of that name (customSmallerIsBetter)", actionBenchmark},
		{"bencher", "Bencher metric format (JSON)", bencher},
		{"google-benchmark", "JSON of Google's benchmark library, with aggregates", googleBenchmark},
		{"openmetrics", "OpenMetrics text: for Prometheus' textfile collector", openMetrics},
	}
}

// A ComparisonFormat writes a comparison.
type ComparisonFormat struct {
	Name, Summary string
	write         func(w io.Writer, c *analysis.Compared) error
}

// ComparisonFormats lists the formats of comparisons.
func ComparisonFormats() []ComparisonFormat {
	return []ComparisonFormat{
		{"junit", "JUnit XML: a regression fails, what is open is skipped, what is invalid is an error", junit},
		{"annotations", "GitHub annotations, a line per comparison that did not pass", annotations},
		{"summary", "Markdown for a job summary, below 1 MiB", func(w io.Writer, c *analysis.Compared) error { return markdown(w, c, summaryMax) }},
		{"comment", "Markdown for a comment on a pull request, below 65,536 characters", func(w io.Writer, c *analysis.Compared) error { return markdown(w, c, commentMax) }},
	}
}

// Run writes a run in the format of a name.
func Run(w io.Writer, format string, run *results.Run) error {
	var names []string
	for _, f := range RunFormats() {
		if f.Name == format {
			return whole(w, format, func(w io.Writer) error { return f.write(w, run) })
		}
		names = append(names, f.Name)
	}
	return units.Unknown("format", format, names)
}

// Comparison writes a comparison in the format of a name.
func Comparison(w io.Writer, format string, c *analysis.Compared) error {
	var names []string
	for _, f := range ComparisonFormats() {
		if f.Name == format {
			return whole(w, format, func(w io.Writer) error { return f.write(w, c) })
		}
		names = append(names, f.Name)
	}
	return units.Unknown("format", format, names)
}

// whole writes all or nothing.
func whole(w io.Writer, format string, write func(w io.Writer) error) error {
	var buf bytes.Buffer
	if err := write(&buf); err != nil {
		return fmt.Errorf("export as %s: %w", format, err)
	}
	if _, err := w.Write(buf.Bytes()); err != nil {
		return fmt.Errorf("write export: %w", err)
	}
	return nil
}

// factor is one factor of an arm with its level.
type factor struct{ key, value string }

// factors lists those of an arm that say something, the workload first.
func factors(a results.Arm) []factor {
	all := []factor{{"workload", a.Workload}, {"backend", a.Backend}, {"cache", a.Cache}, {"target", a.Target},
		{"consumer", a.Consumer}, {"durability", a.Durability}, {"side", a.Side}}
	if a.Record > 0 {
		all = append(all, factor{"record", units.CompactSize(a.Record)})
	}
	if a.Size > 0 {
		all = append(all, factor{"size", units.CompactSize(a.Size)})
	}
	out := all[:0]
	for _, f := range all {
		if f.value != "" {
			out = append(out, f)
		}
	}
	return out
}

// rows lists the summarized arms that have a usable trial.
func rows(run *results.Run) []*analysis.Row {
	var out []*analysis.Row
	groups := analysis.Summarize(run)
	for i := range groups {
		for k := range groups[i].Rows {
			if r := &groups[i].Rows[k]; r.Usable > 0 {
				out = append(out, r)
			}
		}
	}
	return out
}
