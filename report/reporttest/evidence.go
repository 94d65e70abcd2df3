package reporttest

import (
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"mmapbench/internal/latency"
	"mmapbench/internal/reason"
	"mmapbench/results"
)

// metrics are the counters of a made-up run: two that the machine has and one
// that it does not.
var metrics = []results.Metric{
	{Name: "pgfault", Unit: "faults", Scope: "host", Source: "/proc/vmstat"},
	{Name: "tlb_shootdowns", Unit: "interrupts", Scope: "host", Source: "/proc/interrupts",
		Reason: "arm64 has no interrupt for them"},
	{Name: "read_bytes", Unit: "B", Scope: "process", Source: "/proc/self/io"},
}

// observe adds to the trial how its numbers are known: mostly well. Now and
// then a proof is weak, somebody else used the device, or dirty pages had to
// be waited for.
func (s *Shape) observe(t *results.Trial, a results.Arm, rng *rand.Rand) {
	read, written := deviceBytes(t, a)
	deviceRead, deviceWritten := read, written
	if rng.IntN(9) == 0 {
		deviceRead += a.Bytes / 4
		t.Warnings = append(t.Warnings, results.WarnForeignIO)
	}
	t.Device = &results.DeviceIO{Names: []string{"mmcblk0"}, OwnRead: &read, OwnWrite: &written,
		DeviceRead: &deviceRead, DeviceWrite: &deviceWritten}
	if c := t.Cache; c != nil {
		c.CachestatBefore, c.CachestatAfter = c.Before, c.After
		if results.IsCold(a.Cache) && rng.IntN(6) == 0 {
			c.Proof, c.Reasons = results.ProofWeak, []reason.Reason{{Code: reason.ReadsUnknown}}
			t.Device = &results.DeviceIO{Reason: map[string]string{"device_read": "/proc/diskstats: permission denied",
				"device_write": "/proc/diskstats: permission denied", "own_read": "not in this kernel",
				"own_write": "not in this kernel"}}
			t.Warnings = append(t.Warnings, results.WarnColdWeak)
		}
	}
	if written > 0 {
		t.Settle = scale(0.4, rng.Float64())
	}
	faults := t.Body.MinorFaults + 3
	t.Counters = results.CountersOf(map[string]map[string]*int64{"setup": {"tlb_shootdowns": nil},
		"body": {"pgfault": &faults, "read_bytes": &read, "tlb_shootdowns": nil}})
	if s.Latency {
		t.Latency = latencies(t, a, rng)
	}
	if s.Seconds > 0 {
		s.prolong(t, a, rng)
	}
}

// deviceBytes is what the model's device moves: whole pages, and for a mapping
// that was not advised otherwise the read-ahead around them.
func deviceBytes(t *results.Trial, a results.Arm) (read, written int64) {
	if t.Sync != nil {
		written = a.Bytes + a.Bytes/64
	}
	if !results.IsCold(a.Cache) {
		return 0, written
	}
	read = a.Ops * max(a.Record, page)
	if a.Workload != "random" {
		return a.Bytes, written
	}
	if strings.HasPrefix(a.Backend, "mmap") && !strings.Contains(a.Backend, "advise=random") {
		read += a.Ops * (128 << 10)
	}
	return read, written
}

// latencies are lognormal around the trial's mean, and every now and then an
// access waits for the device's own housekeeping.
func latencies(t *results.Trial, a results.Arm, rng *rand.Rand) *results.Latency {
	mean := t.Body.Wall.Seconds() / float64(a.Ops)
	every := latency.Plan("auto", mean*1e9, 27, a.Ops)
	if every == 0 {
		return nil
	}
	rec := latency.NewRecorder(every, 27, a.Ops)
	for range a.Ops / every {
		seconds := mean * math.Exp(0.25*rng.NormFloat64()-0.03)
		if results.IsCold(a.Cache) && rng.IntN(400) == 0 {
			seconds += 0.015 * rng.ExpFloat64()
		}
		rec.Record(scale(seconds, 1))
	}
	sum := rec.Summary()
	return &results.Latency{Every: sum.Every, Clock: sum.ClockNs, Count: sum.Count, P50: sum.P50,
		P90: sum.P90, P99: sum.P99, P999: sum.P999, Max: sum.Max, Histogram: sum.Histogram}
}

// prolong makes the trial one with a duration, of a device whose fast cache is
// full after half of it: writing and cold reading get slower then. It has no
// shootdowns, as metrics says.
func (s *Shape) prolong(t *results.Trial, a results.Arm, rng *rand.Rand) {
	perSecond := float64(a.Ops) / t.Total().Seconds()
	factor := float64(s.Seconds) / t.Body.Wall.Seconds()
	if t.Sync != nil {
		t.Sync.Wall = scale(t.Sync.Wall.Seconds(), factor*t.Body.Wall.Seconds()/t.Total().Seconds())
	}
	t.Body = &results.Phase{Wall: time.Duration(s.Seconds) * time.Second,
		User: scale(t.Body.User.Seconds(), factor), System: scale(t.Body.System.Seconds(), factor)}
	for i := range s.Seconds {
		rate := perSecond * math.Exp(0.02*rng.NormFloat64())
		if i > s.Seconds/2 && (results.IsCold(a.Cache) || t.Sync != nil) {
			rate *= 0.7
		}
		ops := int64(rate)
		tick := results.Tick{Elapsed: time.Duration(i+1) * time.Second, Ops: ops, Bytes: ops * a.Record}
		if d := t.Device; d.OwnRead != nil {
			tick.DeviceRead, tick.DeviceWrite = some(*d.OwnRead/a.Ops*ops), some(*d.OwnWrite/a.Ops*ops)
		}
		if strings.HasPrefix(a.Backend, "mmap") {
			tick.MinorFaults = tick.Bytes / (64 << 10)
		}
		t.Ops += ops
		t.Body.MinorFaults += tick.MinorFaults
		t.Series = append(t.Series, tick)
	}
	if d := t.Device; d.OwnRead != nil {
		for _, n := range []*int64{d.OwnRead, d.DeviceRead, d.OwnWrite, d.DeviceWrite} {
			*n = *n / a.Ops * t.Ops
		}
	}
}
