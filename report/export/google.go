package export

import (
	"io"
	"time"

	"mmapbench/analysis"
	"mmapbench/results"
)

type googleRun struct {
	Name            string  `json:"name"`
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
}

// googleBenchmark writes the JSON of Google's benchmark library, which its
// tools/compare.py reads: every trial as a repetition, and the median.
func googleBenchmark(w io.Writer, run *results.Run) error {
	type context struct {
		Date     string  `json:"date"`
		HostName string  `json:"host_name"`
		NumCPUs  int     `json:"num_cpus,omitempty"`
		Library  string  `json:"library_version"`
		Caches   []int   `json:"caches"`
		Build    string  `json:"library_build_type"`
		Load     []int64 `json:"load_avg"`
	}
	out := struct {
		Context    context     `json:"context"`
		Benchmarks []googleRun `json:"benchmarks"`
	}{Context: context{Date: run.Header.Started.Format(time.RFC3339), HostName: run.Header.Host.MachineName(),
		Library: "mmapbench " + run.Header.Tool.Version, Caches: []int{}, Build: "release", Load: []int64{}}, Benchmarks: []googleRun{}}
	byArm := map[int][]*results.Trial{}
	for i := range run.Trials {
		if t := &run.Trials[i]; t.Usable() {
			byArm[t.Arm] = append(byArm[t.Arm], t)
		}
	}
	for _, r := range rows(run) {
		out.Benchmarks = append(out.Benchmarks, googleRuns(r, byArm[r.Arm.ID])...)
	}
	return indented(w, out)
}

func googleRuns(r *analysis.Row, trials []*results.Trial) []googleRun {
	name := goName(r.Arm)
	var all []googleRun
	var cpus []float64
	for i, t := range trials {
		laps := analysis.Laps(t, r.Arm)
		var cpu float64
		for _, p := range t.Phases() {
			if p.Phase != nil {
				cpu += float64(p.User+p.System) / laps
			}
		}
		cpus = append(cpus, cpu)
		all = append(all, googleRun{Name: name, RunName: name, RunType: "iteration", Repetitions: len(trials), RepetitionIndex: &i,
			Threads: 1, Iterations: t.Laps, RealTime: float64(t.Total()) * float64(t.Laps) / laps, CPUTime: cpu, TimeUnit: "ns"})
	}
	median := googleRun{Name: name + "_median", RunName: name, RunType: "aggregate", Repetitions: len(trials), Threads: 1,
		AggregateName: "median", AggregateUnit: "time", Iterations: len(trials), RealTime: r.Total.Median * 1e9, TimeUnit: "ns"}
	if e := analysis.MedianInterval(cpus, analysis.Confidence); e != nil {
		median.CPUTime = e.Median
	}
	return append(all, median)
}
