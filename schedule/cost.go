package schedule

import (
	"os"
	"time"

	"mmapbench/io/backend"
	"mmapbench/results"
	"mmapbench/workloads"
)

// TrialOverhead is what a trial costs beside its work, in seconds: a process, a
// rehearsal, eviction and verification. Measured at 10 to 20 ms on amd64.
const TrialOverhead = 0.015

// ColdAccess is the expected time of one cold random access in seconds.
func ColdAccess(a results.Arm, s results.Calibration) float64 {
	return s.ColdAccess + Ratio(a.Record, s.ColdScan)
}

// AccessTime is what one access of a cold arm is expected to take, in seconds; 0
// where it is not known, and for other arms.
func AccessTime(a results.Arm, c workloads.Catalogue, s results.Calibration) float64 {
	w, err := c.Workload(a.Workload)
	switch {
	case err != nil || !results.IsCold(a.Cache):
		return 0
	case w.Info().Sampled:
		return ColdAccess(a, s)
	}
	return Ratio(a.Bytes/max(a.Ops, 1), s.ColdScan)
}

// TrialTime is what a trial is expected to take as a whole, with the file brought
// into its cache state from the device, without the plan's duration; 0 where it is not
// known.
func TrialTime(a results.Arm, c workloads.Catalogue, s results.Calibration, p *results.Plan) time.Duration {
	t, _, _ := TrialCost(a, KindOf(c, a), s, &p.Measure)
	t += Gaps(a, p)
	if a.Cache != "" {
		t += Ratio(a.Size, s.ColdScan)
	}
	return time.Duration(min(t, longestTrial) * float64(time.Second))
}

// Gaps is the time of a trial in seconds in which a replay waits, as the program did.
func Gaps(a results.Arm, p *results.Plan) float64 {
	if p.Trace == nil || a.Workload != results.Replay+":gaps" {
		return 0
	}
	return float64(p.LapsMadeCold(a.Cache, true)) * p.Trace.Gaps.Seconds()
}

// longestTrial bounds an estimate that is far off, in seconds.
const longestTrial = 24 * 60 * 60

// Ratio is bytes over a rate, or 0 when the rate is unknown.
func Ratio(bytes int64, rate float64) float64 {
	if rate <= 0 {
		return 0
	}
	return float64(bytes) / rate
}

// TrialCost estimates one trial: seconds, bytes read from and written to the
// device. How long a command takes and what it writes is not known: 0.
func TrialCost(a results.Arm, kind workloads.Kind, s results.Calibration,
	m *results.Measure) (t float64, read, written int64) {
	if kind == workloads.Runs {
		if results.IsCold(a.Cache) {
			read = a.Size
		}
		return 0, read, 0
	}
	laps := float64(m.LapsMadeCold(a.Cache, kind == workloads.Reads))
	switch {
	case results.IsCold(a.Cache) && kind == workloads.Reads && a.Bytes < a.Size:
		t = laps * float64(max(a.Ops, a.Bytes/a.Record)) * ColdAccess(a, s)
		read = int64(laps) * a.Bytes
	case results.IsCold(a.Cache):
		t = laps * Ratio(a.Bytes, s.ColdScan)
		read = int64(laps) * a.Bytes
	case kind == workloads.Reads:
		t = max(Ratio(a.Bytes, s.WarmScan), m.MinTrial.Seconds())
	}
	if kind.Writes() {
		written = a.Size
		// Making pages costs about twice what reading them does, and the
		// file is read back once to verify it.
		t += 3 * Ratio(a.Size, s.WarmScan)
		if a.Durability != string(backend.None) {
			t += Ratio(a.Size, s.DurableWrite)
		}
		syncs := a.Syncs() + RehearsalLaps*min(a.Syncs(), rehearsedSyncs)
		t += float64(syncs) * SyncTime(s)
		written += syncs * syncBytes()
	}
	return TrialOverhead + t, read, written
}

// SyncTime is what making a record durable is expected to take, in seconds. Where that was
// not tried, as by older versions, it is two accesses of the device: data, and the journal
// behind them.
func SyncTime(s results.Calibration) float64 {
	if s.DurableSync > 0 {
		return s.DurableSync
	}
	return 2 * s.ColdAccess
}

// syncBytes is the most that a sync writes beside the new bytes: the pages at both ends of
// them, and the journal's blocks for the length, which are a descriptor, the inode, the
// bitmap, the group, the superblock and a commit, of 4 KiB each.
func syncBytes() int64 { return 2*int64(os.Getpagesize()) + 6*4096 }

// rehearsedSyncs is how many syncs one lap of a rehearsal makes at most.
const rehearsedSyncs = 4

// RehearsedSize is how much of the rehearsal's file an arm goes through: less than all of it
// where syncs take most of the time.
func RehearsedSize(a results.Arm, size int64) int64 {
	if every := a.SyncEvery(); every > 0 {
		return max(min(size, rehearsedSyncs*every*a.Record), a.Record)
	}
	return size
}

// KindOf is the kind of an arm's workload.
func KindOf(c workloads.Catalogue, a results.Arm) workloads.Kind {
	w, err := c.Workload(a.Workload)
	if err != nil {
		return workloads.Reads
	}
	return w.Info().Kind
}
