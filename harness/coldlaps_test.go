package harness_test

import (
	"slices"
	"testing"

	"mmapbench/results"
)

// TestEachColdLapIsCold: the device delivers the whole file for each of the laps, and the
// least of their times is the trial's. Cached trials and those that write have no such laps.
func TestEachColdLapIsCold(t *testing.T) {
	onDevice(t)
	const laps = 3
	got := evidence(t, "rounds=2\nsize='16M'\nrecord='64k'\nworkload=['seqscan','copy']\nbackend=['pread','mmap']\n"+
		"cache=['cold','cached']\ncold-laps=3\nlatency='on'", nil)
	seen := map[string]int{}
	for _, tr := range got.Trials {
		arm := got.Header.Plan.Arms[tr.Arm]
		if arm.Cache == results.Cached {
			if tr.Lap > 0 && tr.Lap == slices.Min(tr.LapTimes) && tr.Lap != slices.Max(tr.LapTimes) {
				t.Errorf("a cached trial has the least of its laps: %v of %v", tr.Lap, tr.LapTimes)
			}
			continue
		}
		seen[arm.Workload]++
		if arm.Workload != "seqscan" {
			if tr.Laps != 1 || tr.LapTimes != nil {
				t.Errorf("%s: %d laps, %v", arm.Workload, tr.Laps, tr.LapTimes)
			}
			continue
		}
		if tr.Laps != laps || len(tr.LapTimes) != laps || tr.Total() != slices.Min(tr.LapTimes) {
			t.Errorf("%s: %d laps of %v, the trial's time is %v", arm.Backend, tr.Laps, tr.LapTimes, tr.Total())
		}
		sum := tr.LapTimes[0] + tr.LapTimes[1] + tr.LapTimes[2]
		if tr.Timed() != sum {
			t.Errorf("%s: the phases add up to %v, the laps to %v", arm.Backend, tr.Timed(), sum)
		}
		if c := tr.Cache; c.Proof != results.ProofStrong || *c.Before != 0 {
			t.Errorf("%s: proof %s: %v, %d pages", arm.Backend, c.Proof, c.Reasons, *c.Before)
		}
		accounts := map[string]int64{"the process": *tr.Device.OwnRead, "its phases": 512 * tr.Body.BlocksIn}
		for what, read := range accounts {
			if read < laps*arm.Size*9/10 || read > laps*arm.Size*11/10 {
				t.Errorf("%s: %d bytes by %s, want %d times %d", arm.Backend, read, what, laps, arm.Size)
			}
		}
		if want := laps * arm.Ops; tr.Latency == nil || tr.Latency.Count != want {
			t.Errorf("%s: %+v, want %d accesses timed", arm.Backend, tr.Latency, want)
		}
	}
	if seen["seqscan"] != 4 || seen["copy"] == 0 {
		t.Errorf("tried %v: left out %v", seen, got.Header.Plan.LeftOut)
	}
}
