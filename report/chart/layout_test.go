package chart

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"mmapbench/report/document"
)

// Titles are broken to the width of their panel, so that they do not run into
// the next one.
func TestTitlesAreBroken(t *testing.T) {
	long := "Cold after dropping caches, records of 128 KiB"
	style := textStyle(textSize, true)
	ts := titles{texts: []string{"Cached", long}, width: 150}
	if lines := ts.lines(long); len(lines) != 2 || strings.Join(lines, " ") != long ||
		style.Width(lines[0]) > 150 || style.Width(lines[1]) > 150 {
		t.Errorf("lines %q", lines)
	}
	if got, want := ts.height(), vg.Length(2*lineHeight+4); got != want {
		t.Errorf("height %v, want %v", got, want)
	}
	if got := (&titles{texts: []string{"", ""}, width: 150}).height(); got != 0 {
		t.Errorf("height without titles %v", got)
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		name      string
		ticker    plot.Ticker
		low, high float64
		want      string
	}{
		{"linear", linearTicks{5}, 0, 8200, "0 2000 4000 6000 8000"},
		{"linear, small", linearTicks{4}, 0, 0.0053, "0 0.002 0.004"},
		{"logarithmic, under a decade", logTicks{6}, 12, 60, "20 50"},
		{"logarithmic", logTicks{12}, 1.5, 120, "2 5 10 20 50 100"},
		{"logarithmic, wide", logTicks{4}, 0.001, 1000, "0.01 1 100"},
		{"sizes", tickerOf(document.Ticks{Kind: document.Sizes, At: []float64{1 << 20, 4096, 65536}, Most: 9}), 1, 2,
			"4 KiB|64 KiB|1 MiB"},
		{"many sizes", sizeTicks{[]float64{4096, 8192, 16384, 32768}, 2}, 1, 2, "4 KiB|16 KiB"},
		{"times", timeTicks{9}, 1.5e-6, 12e-6, "2 µs|5 µs|10 µs"},
		{"times, wide", timeTicks{4}, 4e-7, 0.2, "1 µs|100 µs|10 ms"},
		{"hundreds", countTicks{4}, 0, 900, "0 250 500 750"},
		{"thousands", countTicks{4}, 0, 80e3, "0 20k 40k 60k 80k"},
		{"millions", countTicks{5}, 0, 2.2e6, "0 0.5M 1M 1.5M 2M"},
		{"without names", unnamed{linearTicks{4}}, 0, 4, ""},
		{"percentiles", quantileTicks{7}, 2, 30e3, "50% 90% 99% 99.9% 99.99%"},
		{"percentiles, few", quantileTicks{3}, 2, 2e6, "50% 99% 99.99% 99.9999%"},
		{"named", tickerOf(document.Ticks{Kind: document.Named, At: []float64{0, 1, 2}, Name: []string{"a", "", "c"}}),
			0, 2, "a c"},
		{"with zero", zeroLogTicks{0.1, 5}, 0, 20, "0 0.1 1 10"},
	} {
		var names []string
		for _, tick := range c.ticker.Ticks(c.low, c.high) {
			if !tick.IsMinor() {
				names = append(names, tick.Label)
			}
		}
		separator := " "
		if strings.Contains(c.want, "|") {
			separator = "|"
		}
		if got := strings.Join(names, separator); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// Zero, the smallest figure and the largest each have their place.
func TestZeroLog(t *testing.T) {
	z := zeroLog{0.01}
	for x, want := range map[float64]float64{0: 0, 0.001: room, 0.01: room, 1: (1 + room) / 2, 100: 1} {
		if got := z.Normalize(0, 100, x); math.Abs(got-want) > 1e-9 {
			t.Errorf("%v lies at %v, want %v", x, got, want)
		}
	}
}

func TestSpanTicks(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      string
	}{
		{19.8, 22.4, "20 21 22"},
		{20.001, 20.009, "20.002 20.004 20.006 20.008"},
		{0, 1, "0.0 0.5 1.0"},
		{950, 1050, "950 1000 1050"},
	} {
		var got []string
		for _, tick := range (spanTicks{4}).Ticks(c.low, c.high) {
			got = append(got, tick.Label)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("from %g to %g: %s, want %s", c.low, c.high, s, c.want)
		}
	}
}
