//go:build linux && !386 && !arm

package cli

import (
	"runtime"
	"strings"

	"mmapbench/internal/counters"
	"mmapbench/internal/host"
)

// listMetrics says of each counter what it counts and whether this machine,
// this user and the device of the current directory have it.
func (a *app) listMetrics(c *columns) error {
	facts := host.Read("/", []host.Target{{Name: "here", Dir: "."}})
	devices, why := facts.Targets[0].BlockDevices()
	runtime.LockOSThread() // the set belongs to a thread
	defer runtime.UnlockOSThread()
	s := counters.Open(counters.Options{Root: "/", Devices: devices, NoDevice: why, Smaps: true})
	metricRows(c, append(counters.UsageMetrics(), s.Metrics()...), devices)
	return s.Close()
}

// metricRows puts counters of one scope and source together.
func metricRows(c *columns, metrics []counters.Metric, devices []string) {
	var last counters.Metric
	for _, m := range metrics {
		if m.Scope != last.Scope || m.Source != last.Source {
			scope := m.Scope
			if m.Scope == counters.Device && len(devices) > 0 {
				scope += " (here " + strings.Join(devices, ", ") + ")"
			}
			c.head("scope " + scope + ", from " + m.Source)
			last.Reason = ""
		}
		here := "yes"
		switch {
		case m.Reason != "" && m.Reason == last.Reason:
			here = "no: the same"
		case m.Reason != "":
			here = "no: " + m.Reason
		case m.Name == counters.OnRequest:
			here = "yes, on request"
		}
		c.add("  "+m.Name, m.Unit, here)
		last = m
	}
}
