package harness

import (
	"runtime"

	"mmapbench/internal/counters"
	"mmapbench/internal/host"
	"mmapbench/results"
)

// Metrics describes the counters that the plan's trials will have, with the
// reason where this machine, or this user, does not have one.
func Metrics(p *results.Plan, f host.Facts) []results.Metric {
	all := counters.UsageMetrics()
	if !p.NoCounters {
		var devices []string
		var why string
		for i := range f.Targets {
			names, none := f.Targets[i].BlockDevices()
			devices, why = append(devices, names...), none
		}
		runtime.LockOSThread() // the set belongs to a thread
		defer runtime.UnlockOSThread()
		s := counters.Open(counters.Options{Root: "/", Devices: devices, NoDevice: why, Smaps: p.Smaps})
		all = append(all, s.Metrics()...)
		s.Close()
	}
	out := make([]results.Metric, len(all))
	for i, m := range all {
		out[i] = results.Metric(m)
	}
	return out
}
