package analysis

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"mmapbench/internal/latency"
	"mmapbench/results"
)

// timed gives trial i the times as its latencies.
func timed(t *testing.T, r *results.Run, i int, every int64, times []time.Duration) {
	t.Helper()
	rec := latency.NewRecorder(every, 25, int64(len(times))*every)
	for _, d := range times {
		rec.Record(d)
	}
	s := rec.Summary()
	r.Trials[i].Latency = &results.Latency{Every: s.Every, Clock: s.ClockNs, Count: s.Count,
		Max: s.Max, Histogram: s.Histogram}
}

// Merged quantiles are those of all samples together, to the three digits of
// the histograms, whichever trial they are from.
func TestLatencyIsMerged(t *testing.T) {
	r := run(arms("pread"), jitter(10*ms, 3))
	var all []time.Duration
	for i := range 2 { // the third trial was not timed
		var times []time.Duration
		for k := range 2000 {
			times = append(times, time.Duration((k*k+1)*(i+1)))
		}
		timed(t, r, i, int64(1+3*i), times)
		all = append(all, times...)
	}
	slices.Sort(all)
	l := Summarize(r).Groups[0].Rows[0].Latency
	if l.Trials != 2 || l.Count != 4000 || l.Every != 4 || l.Clock != 25 || l.Max != all[3999] {
		t.Errorf("%+v, want 2 trials, 4000 of at most %v, one in 4", l, all[3999])
	}
	for _, p := range []float64{0.5, 0.9, 0.99, 0.999} {
		got, ok := l.Quantile(p)
		want := all[int(math.Ceil(4000*p))-1]
		if !ok || math.Abs(float64(got-want)) > 0.002*float64(want) {
			t.Errorf("quantile %v: %v %v, want %v", p, got, ok, want)
		}
	}
	if got, ok := l.Quantile(0.9999); ok {
		t.Errorf("one in ten thousand, from 4000 samples: %v", got)
	}
	for name, points := range map[string][]LatencyPoint{"tail": l.Tail(10), "cumulative": l.Cumulative()} {
		for i := 1; i < len(points); i++ {
			if points[i].Time < points[i-1].Time || points[i].Share < points[i-1].Share {
				t.Fatalf("%s falls from %v to %v", name, points[i-1], points[i])
			}
		}
		if last := points[len(points)-1]; last.Time != l.Max || last.Share < 1-1./4000 {
			t.Errorf("%s ends at %v, want %v", name, last, l.Max)
		}
	}
	if first := l.Tail(10)[0]; first.Share != 0.5 {
		t.Errorf("the tail begins at %v", first.Share)
	}
}

func TestDamagedHistogram(t *testing.T) {
	r := run(arms("pread"), jitter(10*ms, 2))
	timed(t, r, 0, 1, []time.Duration{5, 6})
	timed(t, r, 1, 1, []time.Duration{5, 6})
	r.Trials[1].Latency.Histogram = r.Trials[1].Latency.Histogram[:20]
	row := Summarize(r).Groups[0].Rows[0]
	if row.Latency != nil || !strings.Contains(row.LatencyReason, "histogram 2") {
		t.Errorf("%+v, reason %q", row.Latency, row.LatencyReason)
	}
	if row := Summarize(run(arms("pread"), jitter(10*ms, 2))).Groups[0].Rows[0]; row.Latency != nil ||
		row.LatencyReason != "" {
		t.Errorf("untimed trials: %+v, reason %q", row.Latency, row.LatencyReason)
	}
}
