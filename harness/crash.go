package harness

import (
	"fmt"
	"os/exec"
	"strings"

	"mmapbench/results"
)

// ended describes a worker process that ended by itself, and gave no answer.
func ended(exit *exec.ExitError, tail *tailBuffer) *results.TrialError {
	if e := crashed(string(tail.b)); e != nil {
		return e
	}
	status := "exit status 0"
	if exit != nil {
		status = exit.String()
	}
	// A worker that fails by itself says why, and one that was killed has not ended itself.
	what := "the worker process ended without an answer"
	if exit == nil || exit.Exited() && tail.said() == "" {
		what = "the workload ended its process"
	}
	return &results.TrialError{Kind: results.ErrorWorker, Text: fmt.Sprintf("%s (%s)", what, status), Said: tail.said()}
}

const (
	panicLine    = "panic: "
	fatalLine    = "fatal error: "
	deadlockLine = "all goroutines are asleep - deadlock!"
)

// crashed reads what Go's runtime writes when it ends a process: a line that says
// why, and the stacks of goroutines. nil: it has not. A panic that the worker can
// recover, in the goroutine of the workload's body, does not come here.
func crashed(said string) *results.TrialError {
	why, stack, ok := lastCrash(said)
	if !ok {
		return nil
	}
	e := &results.TrialError{Kind: results.ErrorPanic, Stack: clip(why + "\n\n" + stack)}
	switch reason, fatal := strings.CutPrefix(why, fatalLine); {
	case reason == deadlockLine:
		e.Text = "deadlock: every goroutine waits for another"
	case fatal:
		e.Text = "the Go runtime ended the process: " + reason
	default:
		e.Text = why
	}
	_, frames, _ := strings.Cut(stack, "\n") // the frames are below the goroutine's line
	if at := panicPlace(frames); strings.Contains(at, ".go:") {
		e.Text += ", at " + at
	}
	return e
}

// lastCrash finds the last line that says why a process crashed, with the stacks
// below it.
func lastCrash(said string) (why, stack string, ok bool) {
	lines := strings.SplitAfter(said, "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		line := strings.TrimRight(lines[i], "\n")
		if !strings.HasPrefix(line, panicLine) && !strings.HasPrefix(line, fatalLine) {
			continue
		}
		for j := i + 1; j < len(lines); j++ {
			if strings.HasPrefix(lines[j], "goroutine ") {
				return line, strings.Join(lines[j:], ""), true
			}
		}
	}
	return "", "", false
}
