package settle

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Temperatures outside of these, in degrees Celsius, come from sensors that are
// off or broken: they report 0, absolute zero or a full register. No board that
// runs is colder than freezing or hotter than its silicon survives.
const (
	coldest = 1
	hottest = 130
)

// lookAgain is between two readings while a board cools: its temperature
// changes over seconds.
const lookAgain = time.Second

// ErrNoSensor is returned where the machine has no temperature to be read.
var ErrNoSensor = errors.New("no temperature can be read: there is no usable /sys/class/thermal/thermal_zone*/temp")

// ErrHot is wrapped by the error about a machine that did not cool down in
// time.
var ErrHot = errors.New("still too hot")

// Temperature returns the temperature of the hottest thermal zone in degrees
// Celsius. /sys is read below root, which is "/" but for tests. Where there is
// no sensor, as in most virtual machines, the error is ErrNoSensor.
func Temperature(root string) (float64, error) {
	zones, err := filepath.Glob(filepath.Join(root, "sys/class/thermal/thermal_zone[0-9]*/temp"))
	if err != nil {
		return 0, fmt.Errorf("looking for temperature sensors: %w", err)
	}
	hot, found := 0.0, false
	for _, path := range zones {
		// A zone whose device sleeps, such as a radio, cannot be read: it is
		// not the one that is hot.
		data, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		milli, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
		if err != nil {
			continue
		}
		if t := float64(milli) / 1000; t >= coldest && t <= hottest {
			hot, found = max(hot, t), true
		}
	}
	if !found {
		return 0, ErrNoSensor
	}
	return hot, nil
}

// Cool waits until the hottest zone is below limit, in degrees Celsius, and
// returns for how long it waited. progress, unless nil, is told the temperature
// at every look that finds it too high, once a second.
//
// After maxWait it gives up with an error that wraps ErrHot: a limit below the
// temperature of the room would otherwise hold the run for ever. Without a
// sensor it returns ErrNoSensor at once.
func Cool(ctx context.Context, root string, limit float64, maxWait time.Duration,
	progress func(temp float64)) (waited time.Duration, err error) {
	start := time.Now()
	for {
		temp, err := Temperature(root)
		waited = time.Since(start)
		if err != nil || temp < limit {
			return waited, err
		}
		if progress != nil {
			progress(temp)
		}
		if waited >= maxWait {
			return waited, fmt.Errorf("%w: %.1f °C after %s, and the limit is %.1f °C", ErrHot, temp,
				waited.Round(time.Second), limit)
		}
		select {
		case <-ctx.Done():
			return time.Since(start), ctx.Err()
		case <-time.After(min(lookAgain, maxWait-waited)):
		}
	}
}
