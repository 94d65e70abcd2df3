package analysis

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"mmapbench/analysis/verdict"
	"mmapbench/internal/spelling"
	"mmapbench/results"
)

// A Metric is what arms can be compared by: a number of each trial, per lap, of
// which less is better.
type Metric struct {
	verdict.Metric
	Unit    string // "s", "faults", "bytes"
	Summary string // one line
	// Reached lists the warnings of a trial that speak against its value of this
	// metric. What a process counts of itself is the same whoever else is at work.
	Reached []string
	of      func(r *Row, t *results.Trial) float64
}

// The floors of counters: what a Go runtime, a tick or a page of metadata may
// add to a trial by chance, below which nothing is a difference.
const (
	floorFaults = 64
	floorBytes  = 64 << 10
	floorMemory = 1 << 20
)

// Metrics lists them. The first is the one that is compared by default.
func Metrics() []Metric {
	return []Metric{
		{verdict.Metric{Name: "total", Tolerance: 0.05}, "s", "time of all phases of a lap",
			[]string{results.WarnForeignIO, results.WarnThrottled, results.WarnContended},
			(*Row).seconds},
		{verdict.Metric{Name: "cpu", Tolerance: 0.05}, "s", "user and system time of a lap",
			[]string{results.WarnThrottled},
			(*Row).cpuSeconds},
		{verdict.Metric{Name: "faults", Tolerance: 0.05, Floor: floorFaults}, "faults",
			"minor and major page faults of a lap", nil,
			func(r *Row, t *results.Trial) float64 {
				return r.perLap(t, func(p *results.Phase) int64 { return p.MinorFaults + p.MajorFaults })
			}},
		{verdict.Metric{Name: "device-bytes", Tolerance: 0.05, Floor: floorBytes}, "bytes",
			"read from and dirtied for a device by the trial itself, a lap", nil,
			func(r *Row, t *results.Trial) float64 { return ownBytes(t) / Laps(t, r.Arm) }},
		{verdict.Metric{Name: "memory", Tolerance: 0.05, Floor: floorMemory}, "bytes",
			"the most memory of the trial's process, mapped files included", nil,
			func(_ *Row, t *results.Trial) float64 { return bytesOf(t, peak) }},
	}
}

// ownBytes is NaN where the kernel does not tell.
func ownBytes(t *results.Trial) float64 {
	if t.Device == nil || t.Device.OwnRead == nil || t.Device.OwnWrite == nil {
		return math.NaN()
	}
	return float64(*t.Device.OwnRead + *t.Device.OwnWrite)
}

// ParseMetrics reads "total", "total=10%,faults" or "device-bytes=0.2": names,
// each with its tolerance. Those without one have the tolerance given.
func ParseMetrics(text string, tolerance float64) ([]Metric, error) {
	all := Metrics()
	names := make([]string, len(all))
	for i, m := range all {
		names[i] = m.Name
	}
	var out []Metric
	for part := range strings.SplitSeq(text, ",") {
		name, value, own := strings.Cut(strings.TrimSpace(part), "=")
		i := indexOf(names, name)
		if i < 0 {
			return nil, spelling.Unknown("metric", name, names)
		}
		m := all[i]
		m.Tolerance = tolerance
		if own {
			var err error
			if m.Tolerance, err = ParseTolerance(value); err != nil {
				return nil, fmt.Errorf("metric %s: %w", name, err)
			}
		}
		for _, o := range out {
			if o.Name == name {
				return nil, fmt.Errorf("metric %s is named twice", name)
			}
		}
		out = append(out, m)
	}
	return out, nil
}

func indexOf(names []string, name string) int {
	for i, n := range names {
		if n == name {
			return i
		}
	}
	return -1
}

// ParseTolerance reads a share: "5%" or "0.05".
func ParseTolerance(text string) (float64, error) {
	number, percent := strings.CutSuffix(strings.TrimSpace(text), "%")
	f, err := strconv.ParseFloat(number, 64)
	if percent {
		f /= 100
	}
	if err != nil || !(f > 0) || f > 10 {
		return 0, fmt.Errorf("tolerance %q: want a share such as 5%% or 0.05", text)
	}
	return f, nil
}
