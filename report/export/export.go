// Package export writes runs and comparisons for other programs: benchmark
// viewers, CI systems, monitoring.
//
// Its attitude: each format is somebody else's, so it is written as its own
// document says and tried on its own consumer. What a format cannot hold is left
// out, never bent: a figure that was not measured has no line, and an interval
// goes where the format has a place for one.
package export

import (
	"bufio"
	"fmt"
	"io"

	"mmapbench/analysis"
	"mmapbench/internal/spelling"
)

// A RunFormat writes runs.
type RunFormat struct {
	Name, Summary string
	// Several: it holds runs one after the other. Others are one document, in
	// which an arm has one name and one place.
	Several bool
	write   func(w io.Writer, runs []*analysis.Summary) error
}

// RunFormats lists the formats of runs.
func RunFormats() []RunFormat {
	return []RunFormat{
		{"gobench", "Go benchmark format, a line per trial: for benchstat", true, goBench},
		{"github-action-benchmark", "JSON of the action of that name (customSmallerIsBetter)", false,
			one(actionBenchmark)},
		{"bencher", "Bencher metric format (JSON)", false, one(bencher)},
		{"google-benchmark", "JSON of Google's benchmark library, with aggregates", false, one(googleBenchmark)},
		{"openmetrics", "OpenMetrics text: for Prometheus, and for node_exporter's textfile collector", false,
			one(openMetrics)},
		{"summary", "Markdown for a job summary, below 1 MiB", false, one(runMarkdown(summaryMax))},
		{"comment", "Markdown for a comment on a pull request, below 65,536 characters", false,
			one(runMarkdown(commentMax))},
	}
}

func one(write func(w io.Writer, run *analysis.Summary) error) func(w io.Writer, runs []*analysis.Summary) error {
	return func(w io.Writer, runs []*analysis.Summary) error {
		if len(runs) != 1 {
			return fmt.Errorf("the format holds one run, and %d were given: export them one by one", len(runs))
		}
		return write(w, runs[0])
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
		{"summary", "Markdown for a job summary, below 1 MiB", comparisonMarkdown(summaryMax)},
		{"comment", "Markdown for a comment on a pull request, below 65,536 characters",
			comparisonMarkdown(commentMax)},
	}
}

// Run writes runs in the format of a name.
func Run(w io.Writer, format string, runs ...*analysis.Summary) error {
	var names []string
	for _, f := range RunFormats() {
		if f.Name == format {
			return buffered(w, format, func(w io.Writer) error { return f.write(w, runs) })
		}
		names = append(names, f.Name)
	}
	return spelling.Unknown("format", format, names)
}

// Comparison writes a comparison in the format of a name.
func Comparison(w io.Writer, format string, c *analysis.Compared) error {
	var names []string
	for _, f := range ComparisonFormats() {
		if f.Name == format {
			return buffered(w, format, func(w io.Writer) error { return f.write(w, c) })
		}
		names = append(names, f.Name)
	}
	return spelling.Unknown("format", format, names)
}

// buffered writes in large pieces: an export may be much larger than memory should be.
func buffered(w io.Writer, format string, write func(w io.Writer) error) error {
	out := bufio.NewWriterSize(w, 1<<16)
	if err := write(out); err != nil {
		return fmt.Errorf("export as %s: %w", format, err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write export: %w", err)
	}
	return nil
}

// summaries lists the run's arms as summarized, in the order of the plan's
// groups, those without a usable trial included.
func summaries(run *analysis.Summary) []*analysis.Row {
	var out []*analysis.Row
	groups := run.Groups
	for i := range groups {
		for k := range groups[i].Rows {
			out = append(out, &groups[i].Rows[k])
		}
	}
	return out
}

// rows lists those that have a usable trial.
func rows(run *analysis.Summary) []*analysis.Row {
	var out []*analysis.Row
	for _, r := range summaries(run) {
		if r.Usable > 0 {
			out = append(out, r)
		}
	}
	return out
}
