package results

import (
	"slices"
	"time"
)

// MaxLapTimes bounds how many times of laps a trial keeps.
const MaxLapTimes = 100

// A LapTimes collects the times of laps without taking more memory as they come. Its
// zero value is ready.
type LapTimes struct {
	kept [MaxLapTimes]time.Duration
	n    int
	skip int // one lap in skip+1 is kept
	seen int
}

// Add adds the time of the next lap. When there is no more room, every other time
// goes, and from then on so does every other lap.
func (l *LapTimes) Add(lap time.Duration) {
	if l.seen++; (l.seen-1)%(l.skip+1) != 0 {
		return
	}
	if l.n == MaxLapTimes {
		for i := range MaxLapTimes / 2 {
			l.kept[i] = l.kept[2*i]
		}
		l.n, l.skip = MaxLapTimes/2, 2*l.skip+1
	}
	l.kept[l.n] = lap
	l.n++
}

// Record writes the times, and the median of them, into a trial that has several laps.
func (l *LapTimes) Record(t *Trial) {
	if l.seen < 2 {
		return
	}
	t.LapTimes = slices.Clone(l.kept[:l.n])
	t.Lap = medianOf(t.LapTimes)
	if l.skip > 0 {
		t.LapEvery = l.skip + 1
	}
}

// AddColdLaps puts earlier laps before the one of the trial. Each found the file cold, so
// what makes one longer than another came from outside: the trial's time is the least.
func (t *Trial) AddColdLaps(earlier *Trial) {
	times := earlier.LapTimes
	if len(times) == 0 {
		times = []time.Duration{earlier.Timed()}
	}
	t.LapTimes = append(slices.Clone(times), t.Timed())
	t.Laps += earlier.Laps
	t.Lap = lapOf(t.LapTimes, true)
}

// lapOf is the time of a trial by the times of its laps, 0 for no times.
func lapOf(times []time.Duration, cold bool) time.Duration {
	if cold && len(times) > 0 {
		return slices.Min(times)
	}
	return medianOf(times)
}

func lapName(cold bool) string {
	if cold {
		return "the least"
	}
	return "the median"
}

// medianOf is 0 for no times.
func medianOf(times []time.Duration) time.Duration {
	if len(times) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(times))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
