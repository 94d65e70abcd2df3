package harness_test

import (
	"strings"
	"testing"

	"mmapbench/harness"
	"mmapbench/results"
)

// TestAnAnswerThatNoTrialGives: the run file must be read again, so that a worker of
// another build cannot put anything into it.
func TestAnAnswerThatNoTrialGives(t *testing.T) {
	const answer = `{"laps":1,"setup":{},"body":{"wall_ns":-5},"teardown":{}}`
	got, _, err := run(t, "rounds=1\nsize='1M'\nrecord='4k'\ncache='warm'\nworkload='seqscan'\nbackend='pread'",
		func(r *harness.Runner) {
			r.Worker = []string{"/bin/sh", "-c", "cat >/dev/null; echo '" + answer + "'"}
		})
	if len(got.Trials) != 1 {
		t.Fatalf("%d trials: %v", len(got.Trials), err)
	}
	if e := got.Trials[0].Error; e == nil || e.Kind != results.ErrorWorker ||
		!strings.Contains(e.Text, "body.wall_ns is -5") {
		t.Errorf("error %+v", e)
	}
}
