package analysis

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mmapbench/internal/reason"
	"mmapbench/results"
)

func TestProofIsCounted(t *testing.T) {
	r := run(arms("pread", "append"), jitter(10*ms, 6), jitter(10*ms, 2))
	for i, proof := range []string{results.ProofStrong, results.ProofWeak, results.ProofWeak,
		results.ProofFailed, results.ProofStrong, results.ProofStrong} {
		r.Trials[i].Cache = &results.CacheState{Proof: proof}
		switch proof {
		case results.ProofWeak:
			r.Trials[i].Cache.Reasons = []reason.Reason{{Code: reason.ShareUnknown,
				Values: map[string]int64{"device": int64(30*i) << 10}}}
		case results.ProofFailed:
			r.Trials[i].Excluded = reason.Excluded(results.Cold)
		}
	}
	rows := Summarize(r).Groups[0].Rows
	if diff := cmp.Diff(Proof{Strong: 3, Weak: 2, Failed: 1,
		Reasons: []Count{{What: "the device delivered 30 KiB, and how much of it this process asked for is not known",
			Code: reason.ShareUnknown, N: 2, Varies: true}}}, rows[0].Proof); diff != "" {
		t.Errorf("proof (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(Proof{}, rows[1].Proof); diff != "" {
		t.Errorf("without a cache state (-want +got):\n%s", diff)
	}
}

// Things of one code are of one kind, whatever their figures; without a code, those
// of the same words.
func TestKinds(t *testing.T) {
	want := []Count{{What: "took 5 ms", N: 2}, {What: "took 7 faults", Code: "faults", N: 2, First: "a", Varies: true},
		{What: "took 6 ms", N: 1}}
	got := Add([]Count{{What: "took 5 ms", N: 1}, {What: "took 7 faults", Code: "faults", N: 1, First: "a"}},
		Count{What: "took 8 faults", Code: "faults", N: 1, First: "b"}, Count{What: "took 5 ms", N: 1},
		Count{What: "took 6 ms", N: 1})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func TestCounters(t *testing.T) {
	r := run(arms("pread"), jitter(10*ms, 4))
	n := func(v int64) *int64 { return &v }
	for i, v := range []*int64{n(7), nil, n(9), n(1000)} {
		r.Trials[i].Counters = results.CountersOf(map[string]map[string]*int64{
			"teardown": {"b": v}, "body": {"x": n(1)}, "setup": {"b": n(0), "a": nil}})
	}
	r.Trials[3].Excluded = reason.Excluded(results.Cold)
	zero, eight, one := 0., 8., 1.
	want := Counters{{"setup", "a", 0, nil}, {"setup", "b", 3, &zero}, {"body", "x", 3, &one},
		{"teardown", "b", 2, &eight}}
	if diff := cmp.Diff(want, Summarize(r).Groups[0].Rows[0].Counters); diff != "" {
		t.Errorf("counters (-want +got):\n%s", diff)
	}
}

// A workload that asks for no bytes has no amplification.
func TestNoBytes(t *testing.T) {
	list := arms("pread")
	list[0].Bytes, list[0].Ops = 0, 0
	r := run(list, jitter(10*ms, 3))
	n := int64(4096)
	for i := range r.Trials {
		r.Trials[i].Ops, r.Trials[i].Device = 5, &results.DeviceIO{DeviceRead: &n}
	}
	row := Summarize(r).Groups[0].Rows[0]
	if row.DeviceRead.Median != nil || row.Rate != nil || row.PerOp != nil || !(row.Total.Median > 0) {
		t.Errorf("device %v, rate %v, per access %v, total %v", row.DeviceRead.Median, row.Rate, row.PerOp, row.Total)
	}
}

// TestCachedReadsAreTheProcesss has a neighbor who reads while a cached trial does not.
func TestCachedReadsAreTheProcesss(t *testing.T) {
	own, device := int64(0), int64(64<<20)
	for _, cache := range []string{results.Cached, results.Mapped} {
		r := run(arms("pread"), jitter(10*ms, 3))
		r.Header.Plan.Arms[0].Cache = cache
		for i := range r.Trials {
			r.Trials[i].Device = &results.DeviceIO{OwnRead: &own, DeviceRead: &device, OwnWrite: &own,
				DeviceWrite: &device}
		}
		row := Summarize(r).Groups[0].Rows[0]
		if got := row.DeviceRead; got.Median == nil || *got.Median != 0 || !got.Own || got.Reason == "" {
			t.Errorf("%s: read %+v, want what is booked to the process, and why", cache, got)
		}
		if got := row.DeviceWrite; got.Median == nil || *got.Median != 0 || !got.Own || got.Reason == "" {
			t.Errorf("%s: written %+v, want what is booked to the process, and why", cache, got)
		}
		for i := range r.Trials {
			r.Trials[i].Device = &results.DeviceIO{DeviceRead: &device,
				Reason: map[string]string{"own_read": "no accounts"}}
		}
		if got := Summarize(r).Groups[0].Rows[0].DeviceRead; got.Median != nil || got.Reason != "no accounts" {
			t.Errorf("%s, without accounts: read %+v, want none", cache, got)
		}
	}
}

// TestWhatACachedCopyWrites is the device's count, which has what the kernel's own
// threads write.
func TestWhatACachedCopyWrites(t *testing.T) {
	own, device := int64(1<<20), int64(64<<20)
	list := arms("pread")
	list[0].Cache, list[0].Durability = results.Cached, "none"
	r := run(list, jitter(10*ms, 3))
	for i := range r.Trials {
		r.Trials[i].Device = &results.DeviceIO{OwnWrite: &own, DeviceWrite: &device}
	}
	if got := Summarize(r).Groups[0].Rows[0].DeviceWrite; got.Own || got.Median == nil || *got.Median != 8 {
		t.Errorf("written %+v, want what the device wrote", got)
	}
}

// The device's own count goes before the process's, the two are never mixed,
// and what nobody counted is absent with its reason.
func TestAmplification(t *testing.T) {
	const bytes = 8 << 20 // what one lap accesses
	n := func(laps float64) *int64 { v := int64(laps * bytes); return &v }
	for _, c := range []struct {
		name   string
		trials []*results.DeviceIO
		want   float64 // < 0: absent
		n      int
		own    bool
		reason string
	}{
		{"the device", []*results.DeviceIO{{DeviceRead: n(6), OwnRead: n(2)}, {DeviceRead: n(2)}, {DeviceRead: n(3)}},
			1.5, 3, false, ""},
		{"sometimes the device", []*results.DeviceIO{{OwnRead: n(50)}, {DeviceRead: n(4)}, nil}, 2, 1, false, ""},
		{"the process", []*results.DeviceIO{{OwnRead: n(2), Reason: map[string]string{"device_read": "overlayfs"}}},
			1, 1, true, "overlayfs"},
		{"nobody", []*results.DeviceIO{{Reason: map[string]string{"own_read": "no /proc"}}, nil}, -1, 0, false,
			"no /proc"},
		{"not asked", []*results.DeviceIO{nil}, -1, 0, false, ""},
		{"nothing was read", []*results.DeviceIO{{DeviceRead: n(0)}}, 0, 1, false, ""},
	} {
		r := run(arms("pread"), jitter(10*ms, len(c.trials)))
		r.Header.Plan.Arms[0].Cache = results.Cold
		for i := range r.Trials {
			r.Trials[i].Laps, r.Trials[i].Device = 2, c.trials[i]
		}
		got := Summarize(r).Groups[0].Rows[0].DeviceRead
		if got.N != c.n || got.Own != c.own || got.Reason != c.reason || (got.Median == nil) != (c.want < 0) {
			t.Errorf("%s: %+v, want %d trials, own %v, reason %q", c.name, got, c.n, c.own, c.reason)
		} else if got.Median != nil {
			near(t, c.name, *got.Median, c.want)
		}
	}
}

// Warnings and waiting are counted over all trials: what disturbed one that was
// excluded is worth knowing.
func TestWarningsAndSettling(t *testing.T) {
	r := run(arms("pread"), jitter(10*ms, 3))
	r.Trials[0].Warnings, r.Trials[0].Settle = []string{"foreign-io", "throttled"}, 200*ms
	r.Trials[1].Warnings, r.Trials[1].Excluded = []string{"foreign-io"}, reason.Excluded(results.Cold)
	r.Trials[1].Settle = 300 * ms
	row := Summarize(r).Groups[0].Rows[0]
	if diff := cmp.Diff([]Count{{What: "foreign-io", N: 2}, {What: "throttled", N: 1}}, row.Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	if row.Settle != (Settle{500 * ms, 300 * ms}) {
		t.Errorf("settling %+v, want 500 ms in all, at most 300", row.Settle)
	}
}

// A trial with a duration counts as many laps as its accesses make up: twice
// the accesses in the same time is twice as fast.
func TestDurationTrials(t *testing.T) {
	r := run(arms("slow", "fast"), jitter(time.Second, 6), jitter(time.Second, 6))
	for i := range r.Trials {
		r.Trials[i].Ops = 4096
		if r.Trials[i].Arm == 1 {
			r.Trials[i].Ops = 8192
		}
	}
	g := Summarize(r).Groups[0]
	near(t, "seconds per lap", g.Rows[0].Total.Median, 1.0015/2)
	near(t, "rate", g.Rows[0].Rate.Median, 2*(8<<20)/1.0015)
	near(t, "faults per MiB", *g.Rows[0].MinorFaults, 16./2/8)
	near(t, "speed", g.Rows[1].Speed.Median, 2)
}

func TestSpread(t *testing.T) {
	r := run(arms("pread"), []time.Duration{20 * ms, 60 * ms, 40 * ms})
	for i := range r.Trials {
		r.Trials[i].Laps = 2
	}
	row := Summarize(r).Groups[0].Rows[0]
	if diff := cmp.Diff(&Spread{N: 3, Median: 0.002, Most: 0.003}, row.Setup); diff != "" {
		t.Errorf("setup (-want +got):\n%s", diff)
	}
	if row.Sync != nil {
		t.Errorf("sync %+v of trials that sync nothing", row.Sync)
	}
}
