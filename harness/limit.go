package harness

import (
	"bytes"
	"fmt"
	"os"
	"time"

	"mmapbench/results"
	"mmapbench/schedule"
)

// How long a trial may take follows from what was expected of it. The factors
// are generous, as a false time-out costs a result: a card may be many times
// slower than the few megabytes that it was tried with.
const (
	expectedTimes = 20 // times the time that follows from the calibration
	seenTimes     = 10 // times the longest trial of the same arm
	// shortestLimit is for a trial whose arm has been tried before.
	shortestLimit = 10 * time.Second
	// slowest is the rate in bytes per second that is granted to the first
	// trial of an arm: a workload may compute where the estimate only reads.
	slowest = 1 << 20
	// budgetGrace is what a trial may take beyond the budget; three times what
	// is expected of it, if that is longer.
	budgetGrace = 5 * time.Second
	graceTimes  = 3
	// lateAfter and lateTimes: a trial is late that takes so much longer than
	// expected.
	lateAfter = 5 * time.Second
	lateTimes = 3
	// unknownLimit is for the first trial of an arm of which no time is expected: a
	// command that has no limit of its own.
	unknownLimit = time.Hour
	// maxTimeouts is how many trials of an arm may take too long before the arm
	// is left out.
	maxTimeouts = 2
)

// firstLimit is for a trial whose arm has not been tried before, or which is a
// command. Tests shorten it.
var firstLimit = time.Minute

// limit is how long a trial may take.
type limit struct {
	expected time.Duration // 0: not known
	most     time.Duration
	wait     time.Duration // of that for earlier writes to reach the device
	budget   bool          // what is left of the budget is the limit
	examined bool          // it is of an examination
	// command is how long a command may take that has no lower limit of its own, when
	// what came before has taken its time; 0: there is no budget.
	command time.Duration
}

// limit finds that of a trial that is about to begin.
func (s *state) limit(spec Spec, a results.Arm) limit {
	seen, known := s.slowest[a.ID]
	e := schedule.TrialTime(a, s.Catalogue, s.calibration(a.Target), s.Plan)
	l := limit{expected: max(e, seen)}
	switch {
	case spec.Way.Limit > 0: // the worker keeps it, also for what prepares and concludes
		l.most = firstLimit + 3*spec.Way.Limit
	case e == 0 && !known:
		l.most = unknownLimit
	case e == 0:
		l.most = max(firstLimit, seenTimes*seen)
	case known:
		l.most = max(shortestLimit, expectedTimes*e, seenTimes*seen)
	default:
		l.most = max(firstLimit, expectedTimes*e, seconds(float64(a.Size)/slowest))
	}
	l.wait = time.Duration(len(spec.Settle)) * settleLimit
	l.most += l.wait + 2*s.Plan.Duration
	if s.Plan.Budget > 0 {
		left := max(0, s.Plan.Budget-time.Since(s.Began))
		l.command = left + max(budgetGrace, graceTimes*l.expected)
		left = l.command + l.wait + s.Plan.Duration
		if left < l.most {
			l.most, l.budget = left, true
		}
	}
	l.expected += s.Plan.Duration
	return l
}

// timedOut counts an arm's trials that took too long, and says at the last that
// there will be no more: each would cost as much again.
func (s *state) timedOut(t *results.Trial) {
	if t.Error == nil || t.Error.Kind != results.ErrorTimeout {
		return
	}
	if s.timeouts[t.Arm]++; s.timeouts[t.Arm] == maxTimeouts {
		t.Error.Text += fmt.Sprintf("; it is the arm's trial number %d to take too long: the arm is left out from "+
			"here on", maxTimeouts)
	}
}

// hopeless reports that every arm took too long.
func (s *state) hopeless() error {
	for _, a := range s.Plan.Arms {
		if s.timeouts[a.ID] < maxTimeouts {
			return nil
		}
	}
	return fmt.Errorf("every arm took too long %d times: none is left to be tried", maxTimeouts)
}

// late is when the user is told that a trial takes long. The wait for earlier writes is
// none of its time.
func (l limit) late() time.Duration { return l.wait + max(lateAfter, lateTimes*l.expected) }

// text says why a trial was ended; state is what its process was doing.
func (l limit) text(state string) string {
	what := "the trial"
	if l.examined {
		what = "its examination, which comes before all trials,"
	}
	text := fmt.Sprintf("%s had not ended after %v", what, round(l.most))
	if l.expected > 0 {
		text += fmt.Sprintf(", where %v were expected", round(l.expected))
	}
	if l.budget {
		text += ", and the budget was used up"
	}
	return text + ": it was killed" + state
}

// round drops what is too fine for people.
func round(d time.Duration) time.Duration {
	if d < time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(time.Second)
}

// seconds is a duration of no more than a day: the figures may be far off.
func seconds(s float64) time.Duration {
	return time.Duration(min(s, 24*60*60) * float64(time.Second))
}

// took is how long a trial lasted that gave a measurement, as far as its own
// account tells: what a resumed run knows of those before it.
func took(t *results.Trial) time.Duration {
	return t.Settle + t.Prepare + t.Timed()
}

// processState says of a process that does not end why not, if the kernel
// tells (proc_pid_stat(5)): its third field, after the name in parentheses.
func processState(pid int) string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	switch fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:]); {
	case len(fields) == 0:
	case fields[0][0] == 'T' || fields[0][0] == 't':
		return "; its process was stopped, by a signal or a debugger"
	case fields[0][0] == 'D':
		return "; its process was asleep in the kernel, as one that waits for a device"
	}
	return ""
}
