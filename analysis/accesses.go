package analysis

import "mmapbench/results"

// counted reports whether the trials say themselves how many accesses they made:
// those of a workload one of whose operations is several. The arm then has an
// estimate, which no figure may rest on.
func (r *Row) counted() bool { return r.trials[0].Accesses > 0 }

// measureCounted fills in the figures per byte and per access of such a row, each
// from a trial's own time and its own accesses.
func (r *Row) measureCounted() {
	perLap := func(n int64, t *results.Trial) float64 { return float64(n) / Laps(t, r.Arm) }
	r.Rate = MedianInterval(r.values(func(t *results.Trial) float64 { return perLap(t.Bytes, t) / r.seconds(t) }),
		Confidence)
	r.PerOp = MedianInterval(r.values(func(t *results.Trial) float64 {
		return r.seconds(t) * 1e9 / perLap(t.Accesses, t)
	}), Confidence)
}

// asked returns how many bytes a trial asked for in all its laps.
func (r *Row) asked(t *results.Trial) float64 {
	if t.Bytes > 0 {
		return float64(t.Bytes)
	}
	return float64(r.Arm.Bytes) * Laps(t, r.Arm)
}

// lapAccesses returns how many accesses one lap of an arm is, roughly for one
// whose trials count them.
func lapAccesses(t *results.Trial, a results.Arm) int64 {
	if t.Accesses > 0 && a.Record > 0 {
		return max(a.Bytes/a.Record, 1)
	}
	return a.Ops
}
