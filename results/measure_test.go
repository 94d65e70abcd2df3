package results

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestOptionsAreMeasure: the table has every field once.
func TestOptionsAreMeasure(t *testing.T) {
	var m Measure
	var fields []any
	for i := range reflect.TypeFor[Measure]().NumField() {
		fields = append(fields, reflect.ValueOf(&m).Elem().Field(i).Addr().Interface())
	}
	for _, o := range Options {
		i := slices.Index(fields, o.Field(&m))
		if i < 0 {
			t.Fatalf("%s is no field of Measure, or another option is the same", o.Key)
		}
		fields = slices.Delete(fields, i, i+1)
		if o.Words == nil && !o.Aside {
			t.Errorf("%s: nothing says that it was chosen", o.Key)
		}
	}
	if len(fields) > 0 {
		t.Errorf("%d fields are no options", len(fields))
	}
}

func TestOptionCheck(t *testing.T) {
	for _, tt := range []struct {
		name string
		m    Measure
		want string // "": nothing is wrong
	}{
		{"nothing chosen", Measure{}, ""},
		{"the most", Measure{MinTrial: MaxMinTrial, Duration: MaxDuration, Cooldown: MaxCooldown, Latency: "off"}, ""},
		{"as many cold laps as there can be", Measure{ColdLaps: MaxColdLaps}, ""},
		{"one more", Measure{ColdLaps: MaxColdLaps + 1}, "cold-laps: 5 must be positive and at most 4"},
		{"fewer than none", Measure{ColdLaps: -1}, "cold-laps: -1 must be positive"},
		{"negative time", Measure{Duration: -time.Second}, "duration: -1s must be positive and at most 24h0m0s"},
		{"too long", Measure{MinTrial: time.Hour}, "min-trial: 1h0m0s must be positive and at most 10m0s"},
		{"too hot", Measure{Cooldown: 200}, "cooldown: 200 must be positive and at most 150"},
		{"no number", Measure{Cooldown: math.NaN()}, "cooldown: NaN must be"},
		{"unknown word", Measure{Latency: "of"}, `latency: unknown latency mode "of": did you mean "on"?`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			for _, o := range Options {
				if err := o.Check(&tt.m); err != nil {
					got += o.Key + ": " + err.Error()
				}
			}
			if !strings.HasPrefix(got, tt.want) || (got == "") != (tt.want == "") {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestLapsMadeCold: only cold trials that read, and end by themselves, are made again.
func TestLapsMadeCold(t *testing.T) {
	for _, c := range []struct {
		name, cache string
		reads       bool
		m           Measure
		want        int
	}{
		{name: "default", cache: Cold, reads: true, want: 1},
		{name: "cold", cache: Cold, reads: true, m: Measure{ColdLaps: 2}, want: 2},
		{name: "device-cold", cache: DeviceCold, reads: true, m: Measure{ColdLaps: 4}, want: 4},
		{name: "cached", cache: Cached, reads: true, m: Measure{ColdLaps: 2}, want: 1},
		{name: "writes", cache: Cold, m: Measure{ColdLaps: 2}, want: 1},
		{name: "duration", cache: Cold, reads: true, m: Measure{ColdLaps: 2, Duration: time.Second}, want: 1},
	} {
		if got := c.m.LapsMadeCold(c.cache, c.reads); got != c.want {
			t.Errorf("%s: %d laps, want %d", c.name, got, c.want)
		}
	}
}

func TestTiming(t *testing.T) {
	m := Measure{Cooldown: 60, Smaps: true}
	want := Measure{MinTrial: DefaultMinTrial, Latency: "auto", Smaps: true}
	if got := m.Timing(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	m.MinTrial = time.Second
	if got := m.Words(); !slices.Equal(got, []string{"trials of 1s at least", "smaps read"}) {
		t.Errorf("words: %q", got)
	}
}
