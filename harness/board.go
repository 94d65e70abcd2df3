package harness

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"mmapbench/internal/host"
	"mmapbench/internal/settle"
	"mmapbench/results"
)

// coolLimit is how long a round may wait for the machine to cool down. A board
// without a fan loses some ten degrees a minute.
const coolLimit = 5 * time.Minute

// board watches what the machine does to itself: it grows hot and slows down.
type board struct {
	root      string        // "/", or a folder with a sys for tests
	most      time.Duration // that a round waits
	limit     float64       // °C above which no round begins; 0: none
	throttles bool          // it tells whether it is throttled
	past      []string      // what it says has happened since it was started
	waited    time.Duration // the time that the next round waited, told with its first trial
	hot       bool          // the round began above the limit
}

// survey finds out once what the board tells.
func (b *board) survey(limit float64) {
	b.root, b.most, b.limit = "/", coolLimit, limit
	if t, err := host.ReadThrottling(b.root); err == nil {
		b.throttles, b.past = true, t.Past
	}
}

// cool waits until the machine is below the limit of --cooldown. If it does not
// get there, the round begins all the same, and its trials say so.
func (s *state) cool() error {
	b := &s.board
	if b.limit <= 0 {
		return nil
	}
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-s.stop:
			cancel()
		case <-done:
		}
	}()
	waited, err := settle.Cool(ctx, b.root, b.limit, b.most, nil)
	b.waited += waited
	b.hot = errors.Is(err, settle.ErrHot)
	if err != nil && !b.hot && ctx.Err() == nil {
		return fmt.Errorf("cool down to %v °C before a round: %w", b.limit, err)
	}
	return nil
}

// look reads the temperature; nil where there is no sensor.
func (b *board) look() *float64 {
	t, err := settle.Temperature(b.root)
	if err != nil {
		return nil
	}
	return &t
}

// note writes down what the board was like around a trial.
func (b *board) note(t *results.Trial, temperature *float64) {
	t.Temperature, t.Cool, b.waited = temperature, b.waited, 0
	if b.hot {
		t.Warnings = append(t.Warnings, results.WarnHot)
	}
	if !b.throttles {
		return
	}
	now, err := host.ReadThrottling(b.root)
	if err != nil {
		return
	}
	// Its memory of what happened tells of what began and ended in the trial;
	// but only once, as nothing makes it forget.
	if len(now.Now) > 0 || !slices.Equal(now.Past, b.past) {
		t.Warnings = append(t.Warnings, results.WarnThrottled)
	}
	b.past = now.Past
}
