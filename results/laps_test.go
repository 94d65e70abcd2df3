package results_test

import (
	"slices"
	"testing"
	"time"

	"mmapbench/results"
)

// TestColdLaps: the least of the laps is the trial's time.
func TestColdLaps(t *testing.T) {
	var trial results.Trial
	for i, lap := range []time.Duration{7, 5, 9} {
		earlier := trial
		trial = results.Trial{Laps: 1, Body: &results.Phase{Wall: lap}}
		if i > 0 {
			trial.AddColdLaps(&earlier)
		}
	}
	if trial.Laps != 3 || !slices.Equal(trial.LapTimes, []time.Duration{7, 5, 9}) || trial.Total() != 5 {
		t.Errorf("%d laps of %v, the trial's time is %d", trial.Laps, trial.LapTimes, trial.Total())
	}
	trial.Body.Wall = 21
	for cache, valid := range map[string]bool{results.Cold: true, results.Cached: false} {
		if err := trial.Valid(results.Arm{Cache: cache}); (err == nil) != valid {
			t.Errorf("%s: %v", cache, err)
		}
	}
}

// TestLapTimes adds laps of 1, 2, 3, … ns.
func TestLapTimes(t *testing.T) {
	for _, c := range []struct {
		name           string
		laps           int
		kept, every    int
		second, median time.Duration
	}{
		{name: "none"},
		{name: "one is the trial itself", laps: 1},
		{name: "two", laps: 2, kept: 2, second: 2, median: 1},
		{name: "three", laps: 3, kept: 3, second: 2, median: 2},
		{name: "as many as there is room for", laps: 100, kept: 100, second: 2, median: 50},
		{name: "one more", laps: 101, kept: 51, every: 2, second: 3, median: 51},
		{name: "very many", laps: 100_000, kept: 98, every: 1024, second: 1025, median: 49_665},
	} {
		t.Run(c.name, func(t *testing.T) {
			var times results.LapTimes
			for i := range c.laps {
				times.Add(time.Duration(i + 1))
			}
			trial := results.Trial{Laps: c.laps, Body: &results.Phase{Wall: 5 * time.Duration(c.laps)}}
			times.Record(&trial)
			if n := len(trial.LapTimes); n != c.kept || trial.LapEvery != c.every || trial.Lap != c.median {
				t.Fatalf("%d kept, one in %d, median %d; want %d, %d, %d", n, trial.LapEvery, trial.Lap,
					c.kept, c.every, c.median)
			}
			want := c.median
			if c.laps == 1 {
				want = 5 // its phases, as in a file without times of laps
			}
			if got := trial.Total(); got != want {
				t.Errorf("the trial's time is %d, want %d", got, want)
			}
			if c.kept == 0 {
				return
			}
			if !slices.IsSorted(trial.LapTimes) || trial.LapTimes[0] != 1 || trial.LapTimes[1] != c.second {
				t.Errorf("kept %v", trial.LapTimes)
			}
		})
	}
}
