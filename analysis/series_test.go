package analysis

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"mmapbench/results"
)

// ticks has one tick per number of bytes, a second each.
func ticks(bytes ...int64) []results.Tick {
	out := make([]results.Tick, len(bytes))
	for i, b := range bytes {
		read, written, shot := 2*b, int64(1), int64(10*i)
		out[i] = results.Tick{Elapsed: time.Duration(i+1) * time.Second, Bytes: b, MinorFaults: b / 10, MajorFaults: 1,
			DeviceRead: &read, DeviceWrite: &written, Shootdowns: &shot}
	}
	return out
}

func series(list ...[]results.Tick) *Series {
	r := run(arms("pread"), jitter(10*ms, len(list)))
	for i := range r.Trials {
		r.Trials[i].Series = list[i]
	}
	return Summarize(r).Groups[0].Rows[0].Series
}

func TestSeriesIsTheMedianBySecond(t *testing.T) {
	got := series(ticks(100, 10, 10, 20), ticks(300, 10, 30, 40), ticks(200, 10, 50, 30, 99))
	want := &Series{Trials: 3, Elapsed: []float64{1, 2, 3, 4},
		Rate:       Curve{[]float64{200, 10, 30, 30}, []float64{100, 10, 10, 20}, []float64{300, 10, 50, 40}},
		Faults:     Curve{[]float64{21, 2, 4, 4}, []float64{11, 2, 2, 3}, []float64{31, 2, 6, 5}},
		Device:     Curve{[]float64{401, 21, 61, 61}, []float64{201, 21, 21, 41}, []float64{601, 21, 101, 81}},
		Shootdowns: Curve{[]float64{0, 10, 20, 30}, []float64{0, 10, 20, 30}, []float64{0, 10, 20, 30}},
		Mean:       67.5, Min: 10, Max: 300, LastQuarter: 30}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-9, 0)); diff != "" {
		t.Errorf("series (-want +got):\n%s", diff)
	}
	if got := series(nil, nil); got != nil {
		t.Errorf("trials without a duration have %+v", got)
	}
}

// A rate is by the length of its tick; a last one that was cut short is left
// out, and so is one that took no time.
func TestTicksOfOtherLengths(t *testing.T) {
	list := ticks(100, 100, 100, 100)
	list[1].Elapsed = 3 * time.Second
	list[2].Elapsed = 3 * time.Second
	list[3].Elapsed = 3*time.Second + 100*ms
	got := series(list)
	if diff := cmp.Diff([]float64{100, 50}, got.Rate.Median); diff != "" {
		t.Errorf("rates (-want +got):\n%s", diff)
	}
	near(t, "mean", got.Mean, 200./3)
}

// A tick that waited three seconds for an access stands beside the three of the
// other trials, and what follows it beside what follows them.
func TestTicksAreMatchedByTime(t *testing.T) {
	slow := ticks(100, 30, 100)
	slow[1].Elapsed, slow[2].Elapsed = 4*time.Second, 5*time.Second
	got := series(ticks(100, 100, 100, 100, 100), slow)
	if diff := cmp.Diff([]float64{100, 10, 10, 10, 100}, got.Rate.Low); diff != "" {
		t.Errorf("the lowest rates (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]float64{1, 2, 3, 4, 5}, got.Elapsed); diff != "" {
		t.Errorf("times (-want +got):\n%s", diff)
	}
}

// What the end of a trial cut short is left out, however much is missing, but
// not where all ticks are as short.
func TestLastTickThatWasCutShort(t *testing.T) {
	for _, c := range []struct {
		ends []time.Duration
		want int
	}{
		{[]time.Duration{1000 * ms, 2000 * ms, 2700 * ms}, 2},
		{[]time.Duration{1000 * ms, 2000 * ms, 2990 * ms}, 3},
		{[]time.Duration{1000 * ms, 1500 * ms}, 1},
		{[]time.Duration{400 * ms, 800 * ms, 1200 * ms}, 3},
		{[]time.Duration{300 * ms}, 1},
	} {
		list := ticks(make([]int64, len(c.ends))...)
		for i, end := range c.ends {
			list[i].Elapsed = end
		}
		if got := len(series(list).Elapsed); got != c.want {
			t.Errorf("ticks that end at %v: %d are shown, want %d", c.ends, got, c.want)
		}
	}
}

// What a tick does not know is absent, not zero: its trial has no part in the
// curve, and where no other has one there is none.
func TestUnknownInSeries(t *testing.T) {
	list := ticks(100, 200, 300)
	list[1].DeviceWrite, list[2].Shootdowns = nil, nil
	got := series(list, ticks(10, 20, 30))
	if diff := cmp.Diff(Curve{[]float64{21, 41, 61}, []float64{21, 41, 61}, []float64{21, 41, 61}},
		got.Device); diff != "" {
		t.Errorf("device (-want +got):\n%s", diff)
	}
	if got.Rate.High[0] != 100 {
		t.Errorf("rates %v lack a trial", got.Rate)
	}
	for name, got := range map[string]*Series{"alone": series(list),
		"the other is too short": series(list, ticks(10, 20))} {
		if got.Device.Median != nil || got.Shootdowns.Median != nil || len(got.Rate.Median) != 3 {
			t.Errorf("%s: device %v, shootdowns %v, rates %v", name, got.Device, got.Shootdowns, got.Rate)
		}
	}
}
