package latency

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestPlan(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		mode       string
		op, clock  float64
		ops, every int64
	}{
		{"auto", 10800, 27, 1000, 1}, // four readings are 1 % of it
		{"auto", 10799, 27, 1000, 2},
		{"auto", 5400, 27, 1000, 2},
		{"auto", 5399, 27, 1000, 3},
		{"auto", 300e3, 27, 1000, 1}, // an SD card
		{"auto", 500, 27, 1000, 22},
		{"auto", 1, 27, 1 << 40, 10800},
		{"auto", 1, 27, 10, 10800}, // too short a trial may still get a sample
		{"auto", 1e-300, 27, 10, rarest},
		{"auto", inf, 27, 10, 1},
		{"auto", 500, inf, 10, rarest},
		{"auto", 0, 27, 10, 0},
		{"auto", -1, 27, 10, 0},
		{"auto", nan, 27, 10, 0},
		{"auto", 500, 0, 10, 0},
		{"auto", 500, nan, 10, 0},
		{"auto", 1e6, 27, 0, 0},
		{"on", 1, 27, 1000, 1},
		{"on", 0, 0, 1, 1},
		{"on", 1e6, 27, 0, 0},
		{"off", 1e6, 27, 1000, 0},
		{"", 1e6, 27, 1000, 0},
	} {
		if got := Plan(c.mode, c.op, c.clock, c.ops); got != c.every {
			t.Errorf("Plan(%q, %v, %v, %d) = %d, want %d", c.mode, c.op, c.clock, c.ops, got, c.every)
		}
	}
}

func TestPlanKeepsItsPromise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		op := rapid.Float64Range(0.5, 1e9).Draw(t, "op")
		clock := rapid.Float64Range(1, 2000).Draw(t, "clock")
		k := Plan("auto", op, clock, 1000)
		if k < 1 || readings*clock/float64(k) > 0.01*op*(1+1e-12) {
			t.Fatalf("one in %d: %v ns are added to %v ns", k, readings*clock/float64(k), op)
		}
		if k > 1 && readings*clock/float64(k-1) <= 0.01*op*(1-1e-12) {
			t.Fatalf("one in %d, but one in %d would do", k, k-1)
		}
	})
}

func TestOneOfEveryBlockIsTimed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		every := rapid.Int64Range(1, 5000).Draw(t, "every")
		r := NewRecorder(every, 27, 0)
		at := int64(-1)
		for block := range int64(50) {
			if at += r.Next() + 1; at/every != block {
				t.Fatalf("timed access %d is number %d, not in its block of %d", block, at, every)
			}
		}
	})
}

// TestPlacesDoNotLineUp counts at which phase of a period of 16 the accesses are
// timed; a fixed stride of 16 would always meet the same.
func TestPlacesDoNotLineUp(t *testing.T) {
	const every, blocks = 16, 16000
	var places [every]int
	r, at := NewRecorder(every, 27, 0), int64(-1)
	for range blocks {
		at += r.Next() + 1
		places[at%every]++
	}
	chi := 0.0
	for _, n := range places {
		d := float64(n - blocks/every)
		chi += d * d / (blocks / every)
	}
	if chi > 56.5 { // the 1e-6 quantile with 15 degrees of freedom
		t.Errorf("places in blocks of %d: %v, chi-square %.0f", every, places, chi)
	}
}

// record makes a recorder of the samples.
func record(samples []int64) *Recorder {
	r := NewRecorder(1, 27, int64(len(samples)))
	for _, ns := range samples {
		r.Record(time.Duration(ns))
	}
	return r
}

var samples = rapid.SliceOfN(rapid.OneOf(rapid.Int64Range(0, 2000), rapid.Int64Range(0, 1e9),
	rapid.Int64Range(0, longest)), 1, 300)

func TestSummaryOfSamples(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := samples.Draw(t, "samples")
		s := record(all).Summary()
		slices.Sort(all)
		if s.Count != int64(len(all)) || s.Max != time.Duration(all[len(all)-1]) || s.Every != 1 || s.ClockNs != 27 {
			t.Fatalf("summary %+v of %d samples up to %d", s, len(all), all[len(all)-1])
		}
		for _, c := range []struct {
			percent float64
			got     time.Duration
		}{{50, s.P50}, {90, s.P90}, {99, s.P99}, {99.9, s.P999}} {
			rank := min(max(int(c.percent/100*float64(len(all))+0.5), 1), len(all))
			if want := all[rank-1]; math.Abs(float64(int64(c.got)-want)) > max(1, float64(want)/1000) {
				t.Fatalf("p%v is %d, want %d to three digits", c.percent, c.got, want)
			}
		}
		if s.P50 > s.P90 || s.P90 > s.P99 || s.P99 > s.P999 || s.P999 > s.Max {
			t.Fatalf("percentiles out of order: %+v", s)
		}
	})
}

func TestSummaryOfMoreThanFitsAtOnce(t *testing.T) {
	const n = rawMax + rawMax/2
	r := NewRecorder(1, 27, n)
	if len(r.raw) != rawMax {
		t.Fatalf("room for %d samples, want %d", len(r.raw), rawMax)
	}
	for i := range n {
		r.Record(time.Duration(i % 1000))
	}
	r.Record(200 * time.Second) // longer than the histogram holds
	s := r.Summary()
	if s.Count != n+1 || s.P50 != 499 || s.Max != 200*time.Second {
		t.Errorf("summary %+v of %d samples", s, n+1)
	}
	if again := r.Summary(); *again != *s {
		t.Errorf("the second summary %+v differs from the first %+v", again, s)
	}
	r.Reset()
	if s := r.Summary(); s != nil {
		t.Errorf("summary after a reset: %+v", s)
	}
	r.Record(-5)
	if s := r.Summary(); s.Count != 1 || s.Max != 0 {
		t.Errorf("a clock that goes back: %+v", s)
	}
}

func TestNoRecorderNoSummary(t *testing.T) {
	var none *Recorder
	if s := none.Summary(); s != nil {
		t.Errorf("no recorder: %+v", s)
	}
	if s := NewRecorder(3, 27, 1000).Summary(); s != nil {
		t.Errorf("no sample: %+v", s)
	}
}

func TestRecordingAllocatesNothing(t *testing.T) {
	r := NewRecorder(7, 27, 1000)
	allocs := testing.AllocsPerRun(10, func() {
		for range 1000 { // more than there is room for: the sorting counts as well
			r.Record(time.Duration(100 + r.Next()))
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}
