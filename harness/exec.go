package harness

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"mmapbench/command"
	"mmapbench/internal/counters"
	"mmapbench/internal/leftover"
	"mmapbench/internal/reason"
	"mmapbench/results"
)

// commandTask is a command of the user's.
type commandTask struct {
	*worker
	prepared bool // by what comes before it, if there is such
	group    int  // its process group; 0: it was not started
}

// prepare runs what prepares the command.
func (w *commandTask) prepare(*counters.Set) error {
	w.spec.keepHandles()
	if err := leftover.Adopt(); err != nil {
		return fmt.Errorf("adopt the command's children: %w", err)
	}
	err := w.aside("prepare", w.spec.Way.Prepare)
	w.prepared = err == nil
	return err
}

// conclude runs what concludes the command, and ends the processes that are left.
func (w *commandTask) conclude(err error) error {
	if w.prepared {
		err = both(err, w.aside("conclude", w.spec.Way.Conclude))
	}
	w.endLeftovers()
	return err
}

// touched is of the command's files, and what it needs of them is not known. That a
// tenth came from the device is evidence (a few pages may be the command's own text);
// that less did is none.
func (w *commandTask) touched() int64 {
	if own := w.trial.Device.OwnRead; own != nil && *own >= w.spec.Size/10 {
		return w.spec.Size / 10
	}
	return 0
}

// measure runs the command and writes its accounts down: all that the command took from
// its start to its end is the body.
func (w *commandTask) measure(m *counters.Set) error {
	into, err := openStreams(w.spec.Way.Output)
	defer into.close()
	if err != nil {
		return err
	}
	c := newChild(command.Argv(w.spec.Command, w.spec.Way.Shell), into, w.spec.Way.Limit)
	counted := map[string]*int64{}
	if !w.spec.NoCounters {
		if err := m.Begin(); err != nil {
			return err
		}
	}
	own := ownPeak()
	around := open(m)
	err = c.run()
	w.group = c.group
	around.close(m, &w.trial, w.spec.Devices)
	// What was read of a thread is the worker's own.
	w.trial.Others.Waited = nil
	w.trial.Others.Reasons["waited_ns"] = reason.Reason{Code: reason.CommandEnded}
	if !w.spec.NoCounters {
		err = errors.Join(err, m.End(counted))
		w.trial.Counters = results.CountersOf(map[string]map[string]*int64{results.PhaseNames[body]: counted})
	}
	if err == nil {
		err = c.failed(w.spec.Way.ExitCodes)
	}
	if err != nil {
		return named(fmt.Sprintf("command %q", w.spec.Command), err)
	}
	w.trial.Laps = 1
	usage := c.state.SysUsage().(*syscall.Rusage)
	w.trial.Body, w.trial.Memory = commandPhase(c.wall, usage), commandMemory(usage, own)
	w.trial.Check = &results.Check{OK: true, Got: exitCode(c.state.ExitCode()), Want: accepted(w.spec.Way.ExitCodes)}
	return nil
}

// aside runs what comes before or after the command, untimed.
func (w *commandTask) aside(what, line string) error {
	if line == "" {
		return nil
	}
	into, err := openStreams(results.OutputPipe) // and kept: a server that it started may go on writing
	if err != nil {
		return err
	}
	shell := w.spec.Way.Shell
	if shell == results.NoShell {
		shell = "" // the command needed none; this may
	}
	c := newChild(command.Argv(line, shell), into, w.spec.Way.Limit)
	if err := c.run(); err != nil {
		return named(fmt.Sprintf("--%s %q", what, line), err)
	}
	if err := c.failed(nil); err != nil {
		return named(fmt.Sprintf("--%s %q", what, line), err)
	}
	return nil
}

// named puts the name of what was run before the error.
func named(what string, err error) error {
	e := *asTrialError(err, results.ErrorCommand, "")
	e.Text = what + " " + e.Text
	return &e
}

// both is the first error with the words of the second.
func both(first, second error) error {
	if first == nil || second == nil {
		return cmp.Or(first, second)
	}
	e, other := *asTrialError(first, results.ErrorIO, ""), asTrialError(second, results.ErrorIO, "")
	e.Text, e.Said = e.Text+"; "+other.Text, cmp.Or(e.Said, other.Said)
	return &e
}

// endLeftovers names what still runs below the worker, and ends what has no session of its own.
func (w *commandTask) endLeftovers() {
	left, going, err := leftover.End(os.Getpid())
	if len(going) > 0 {
		w.trial.Warnings = append(w.trial.Warnings, results.WarnLeftGoing)
	}
	for _, p := range going {
		w.trial.Leftovers = append(w.trial.Leftovers, results.Leftover{PID: p.PID, Name: p.Name, Runs: true})
	}
	some := len(left) > 0
	if err != nil && w.group > 0 {
		// Without /proc there are no names. The group's number is nobody
		// else's while one of its members lives.
		some = some || unix.Kill(-w.group, unix.SIGKILL) == nil
	}
	if !some {
		return
	}
	w.trial.Warnings = append(w.trial.Warnings, results.WarnLeftover)
	for _, p := range left {
		w.trial.Leftovers = append(w.trial.Leftovers, results.Leftover{PID: p.PID, Name: p.Name})
	}
}

// commandPhase takes the accounts of wait4(2), which are those of the command
// and of all the children that it waited for in turn.
func commandPhase(wall time.Duration, u *syscall.Rusage) *results.Phase {
	return &results.Phase{Wall: wall, User: time.Duration(u.Utime.Nano()), System: time.Duration(u.Stime.Nano()),
		MinorFaults: u.Minflt, MajorFaults: u.Majflt, VoluntarySwitches: u.Nvcsw, InvoluntarySwitches: u.Nivcsw,
		BlocksIn: u.Inblock, BlocksOut: u.Oublock}
}

func exitCode(n int) string { return fmt.Sprintf("exit code %d", n) }

// accepted lists the exit codes that are no failure.
func accepted(codes []int) string {
	if len(codes) == 0 {
		codes = []int{0}
	}
	words := make([]string, len(codes))
	for i, n := range codes {
		words[i] = fmt.Sprint(n)
	}
	return "exit code " + strings.Join(words, " or ")
}

// failed says why a command that has ended has no measurement; nil if it has.
func (c *child) failed(codes []int) error {
	status := c.state.Sys().(syscall.WaitStatus)
	var text string
	switch {
	case c.late.Load():
		return &results.TrialError{Kind: results.ErrorTimeout,
			Text: fmt.Sprintf("had not ended after %v, the limit of --command-limit or --budget, and was killed",
				c.limit.Round(time.Millisecond)), Said: c.into.said()}
	case status.Signaled():
		text = fmt.Sprintf("was killed by signal %d (%v)", status.Signal(), status.Signal())
	case slices.Contains(codes, status.ExitStatus()), len(codes) == 0 && status.ExitStatus() == 0:
		return nil
	default:
		text = fmt.Sprintf("ended with %s; accepted is %s (see --exit-codes)", exitCode(status.ExitStatus()),
			accepted(codes))
	}
	return &results.TrialError{Kind: results.ErrorCommand, Text: text, Said: c.into.said()}
}
