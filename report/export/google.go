package export

import (
	"io"
	"strconv"
	"time"

	"mmapbench/analysis"
)

type googleReport struct {
	Context    map[string]any `json:"context"`
	Benchmarks []googleRun    `json:"benchmarks"`
}

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
func googleBenchmark(w io.Writer, run *analysis.Summary) error {
	out := googleReport{Benchmarks: []googleRun{}}
	usable := 0
	for family, r := range rows(run) {
		runs := googleRuns(run, r, family)
		usable += len(runs) - 1
		out.Benchmarks = append(out.Benchmarks, runs...)
	}
	out.Context = googleContext(run, usable)
	return indented(w, out)
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

// googleRuns are the trials of an arm, and their median.
func googleRuns(run *analysis.Summary, r *analysis.Row, family int) []googleRun {
	name := armName(r.Arm)
	var all []googleRun
	var cpus []float64
	iterations := 0
	for i := range run.Len() {
		t := run.Trial(i)
		m, ok := analysis.LapOf(t, r.Arm)
		if t.Arm != r.Arm.ID || !ok {
			continue
		}
		index := len(all)
		cpus, iterations = append(cpus, m.CPU), iterations+t.Laps
		all = append(all, googleRun{Name: name, Family: family, RunName: name, RunType: "iteration",
			Repetitions:     r.Usable,
			RepetitionIndex: &index, Threads: 1, Iterations: t.Laps,
			RealTime: rounded(m.Wall), CPUTime: rounded(m.CPU), TimeUnit: "ns",
			MinorFaults: &m.MinorFaults, MajorFaults: &m.MajorFaults})
	}
	median := googleRun{Name: name + "_median", Family: family, RunName: name, RunType: "aggregate",
		Repetitions: r.Usable,
		Threads:     1, AggregateName: "median", AggregateUnit: "time", Iterations: iterations,
		RealTime: rounded(r.Total.Median * 1e9), TimeUnit: "ns",
		CPUTime: rounded(analysis.MedianInterval(cpus, analysis.Confidence).Median)}
	if i := r.Total.Interval; i != nil {
		low, high := rounded(i.Low*1e9), rounded(i.High*1e9)
		median.Low, median.High = &low, &high
	}
	return append(all, median)
}
