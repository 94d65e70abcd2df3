package harness

import "time"

// SetFirstLimit changes how long the first trial of an arm may take, and returns
// what puts it back.
func SetFirstLimit(d time.Duration) (restore func()) {
	old := firstLimit
	firstLimit = d
	return func() { firstLimit = old }
}
