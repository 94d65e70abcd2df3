package export

import (
	"cmp"
	"errors"
	"io"
	"iter"
	"strconv"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"

	"mmapbench/analysis"
)

type googleRun struct {
	Name            string  `json:"name"`
	Family          int     `json:"family_index"`
	Instance        int     `json:"per_family_instance_index"`
	RunName         string  `json:"run_name"`
	RunType         string  `json:"run_type"`
	Repetitions     int     `json:"repetitions"`
	RepetitionIndex *int    `json:"repetition_index,omitempty"`
	Threads         int     `json:"threads"`
	AggregateName   string  `json:"aggregate_name,omitempty"`
	AggregateUnit   string  `json:"aggregate_unit,omitempty"`
	Iterations      int     `json:"iterations"`
	RealTime        float64 `json:"real_time"`
	CPUTime         float64 `json:"cpu_time"`
	TimeUnit        string  `json:"time_unit"`

	// What the library calls user counters.
	MinorFaults *float64 `json:"minor_faults,omitempty"`
	MajorFaults *float64 `json:"major_faults,omitempty"`
	Low         *float64 `json:"real_time_low,omitempty"` // the lower end of the median's interval
	High        *float64 `json:"real_time_high,omitempty"`
}

// googleBenchmark writes the JSON of Google's benchmark library, which its
// tools/compare.py reads: every trial as a repetition, and the median. A trial
// that failed is counted in the context: compare.py wants a time of every entry.
// The entries are written one by one, as a run may have very many.
func googleBenchmark(w io.Writer, run *analysis.Summary) error {
	rows, usable := rows(run), 0
	for _, r := range rows {
		usable += len(r.Measured())
	}
	out := jsontext.NewEncoder(w, jsontext.WithIndent("  "))
	err := errors.Join(out.WriteToken(jsontext.BeginObject), out.WriteToken(jsontext.String("context")),
		googleEntry(out, googleContext(run, usable)),
		out.WriteToken(jsontext.String("benchmarks")), out.WriteToken(jsontext.BeginArray))
	for family, r := range rows {
		for entry := range googleRuns(r, family) {
			err = cmp.Or(err, googleEntry(out, entry))
		}
	}
	return errors.Join(err, out.WriteToken(jsontext.EndArray), out.WriteToken(jsontext.EndObject))
}

func googleEntry(out *jsontext.Encoder, v any) error {
	return jsonv2.MarshalEncode(out, v, jsonv1.DefaultOptionsV1(), jsontext.EscapeForHTML(false))
}

// googleContext has the library's fields as far as they are known, and further
// ones, which it holds as text.
func googleContext(run *analysis.Summary, usable int) map[string]any {
	facts := run.Header.Host
	c := map[string]any{
		"date": run.Header.Started.Format(time.RFC3339), "json_schema_version": 1,
		"executable": "mmapbench", "library_version": run.Header.Tool.Version, "library_build_type": "release",
		"experiment": run.Header.Plan.Name, "machine": facts.MachineName(),
		"trials": strconv.Itoa(run.Trials), "usable_trials": strconv.Itoa(usable),
	}
	for key, value := range run.Header.Labels {
		c["label_"+key] = value
	}
	if facts.Processor.CPUs != nil {
		c["num_cpus"] = *facts.Processor.CPUs
	}
	if facts.Machine.KernelRelease != "" {
		c["kernel"] = facts.Machine.KernelRelease
	}
	return c
}

// googleRuns yields the trials of an arm, and their median.
func googleRuns(r *analysis.Row, family int) iter.Seq[googleRun] {
	return func(yield func(googleRun) bool) {
		entry := googleRun{Name: armName(r.Arm), Family: family, RunName: armName(r.Arm), RunType: "iteration",
			Repetitions: r.Usable, Threads: 1, TimeUnit: "ns"}
		var cpus []float64
		iterations := 0
		for i, t := range r.Measured() {
			m, _ := analysis.LapOf(t, r.Arm) // measured trials have one
			cpus, iterations = append(cpus, m.CPU), iterations+t.Laps
			entry.RepetitionIndex, entry.Iterations = &i, t.Laps
			entry.RealTime, entry.CPUTime = rounded(m.Wall), rounded(m.CPU)
			entry.MinorFaults, entry.MajorFaults = &m.MinorFaults, &m.MajorFaults
			if !yield(entry) {
				return
			}
		}
		entry.Name, entry.RunType = entry.RunName+"_median", "aggregate"
		entry.AggregateName, entry.AggregateUnit = "median", "time"
		entry.RepetitionIndex, entry.MinorFaults, entry.MajorFaults = nil, nil, nil
		entry.Iterations, entry.RealTime = iterations, rounded(r.Total.Median*1e9)
		entry.CPUTime = rounded(analysis.MedianInterval(cpus, analysis.Confidence).Median)
		if i := r.Total.Interval; i != nil {
			low, high := rounded(i.Low*1e9), rounded(i.High*1e9)
			entry.Low, entry.High = &low, &high
		}
		yield(entry)
	}
}
