package counters

import (
	"slices"
	"time"
)

// ClockCost returns what one reading of the monotonic clock takes, in ns: the
// median of several loops over time.Since, which a single access is timed
// with. It takes a millisecond or two, or more where the clock is a system call
// (clock source hpet or acpi_pm).
func ClockCost() float64 {
	const loops, readings = 31, 1000
	var each [loops]float64
	start := time.Now()
	for i := range each {
		from := time.Since(start)
		to := from
		for range readings {
			to = time.Since(start)
		}
		each[i] = float64(to-from) / readings
	}
	slices.Sort(each[:])
	return each[loops/2]
}
