package harness

import "time"

// SetInterruptGrace changes how long a trial goes on after the first Ctrl-C, and
// returns what puts it back.
func SetInterruptGrace(d time.Duration) (restore func()) {
	old := interruptGrace
	interruptGrace = d
	return func() { interruptGrace = old }
}

// SetFirstLimit changes how long the first trial of an arm may take, and returns
// what puts it back.
func SetFirstLimit(d time.Duration) (restore func()) {
	old := firstLimit
	firstLimit = d
	return func() { firstLimit = old }
}
