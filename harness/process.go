package harness

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"mmapbench/results"
)

// spawn runs one trial in a fresh process. Whatever happens to that process
// becomes the trial's error.
//
// The worker has a process group of its own, so that Ctrl-C on the terminal
// ends the run after the trial and not the trial; if this process dies, the
// kernel kills the worker (Pdeathsig), so that nothing goes on writing.
func (r *Runner) spawn(ctx context.Context, s Spec, worker []string) results.Trial {
	started := time.Now()
	failed := func(kind, format string, args ...any) results.Trial {
		return results.Trial{Type: results.LineTrial, Started: started,
			Error: &results.TrialError{Kind: kind, Text: fmt.Sprintf(format, args...)}}
	}
	in, err := json.Marshal(s)
	if err != nil {
		return failed(results.ErrorWorker, "write the specification: %v", err)
	}
	limit := timeLimit(s)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, worker[0], worker[1:]...)
	var out bytes.Buffer
	var tail tailBuffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), &out, &tail
	cmd.Env = append(os.Environ(), workerEnvironment)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // its group: a command too
	cmd.WaitDelay = 5 * time.Second                                                      // a process asleep in the device cannot be killed
	err = cmd.Run()

	var exit *exec.ExitError
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return failed(results.ErrorTimeout, "the trial took longer than %v and was killed", limit)
	case ctx.Err() != nil:
		return failed(results.ErrorKilled, "killed because the run was interrupted twice")
	case errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signaled():
		return failed(results.ErrorKilled, "the worker process was killed by %v%s%s",
			exit.Sys().(syscall.WaitStatus).Signal(), oomHint(exit), tail.text())
	case err != nil:
		return failed(results.ErrorWorker, "worker process %s: %v%s", worker[0], err, tail.text())
	}
	var t results.Trial
	if err := json.Unmarshal(out.Bytes(), &t); err != nil {
		return failed(results.ErrorWorker, "the worker's answer is not a trial: %v%s", err, tail.text())
	}
	return t
}

// workerEnvironment is set for workers: a signal to preempt a loop that has its
// processor to itself anyway would only interrupt it.
const workerEnvironment = "GODEBUG=asyncpreemptoff=1"

// commandLimit is how long a command may take.
const commandLimit = time.Hour

// timeLimit is how long a trial may take before it is given up: generous even
// for a slow card, since a false time-out costs a result.
func timeLimit(s Spec) time.Duration {
	if s.Command != "" {
		return commandLimit
	}
	bytes := time.Duration(s.Size>>20) * 2 * time.Second // 0.5 MiB/s
	accesses := time.Duration(s.Ops) * 100 * time.Millisecond
	return 2*time.Minute + 2*s.Duration + max(bytes, min(accesses, time.Hour))
}

func oomHint(exit *exec.ExitError) string {
	if exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL {
		return " (by the kernel for lack of memory? see dmesg)"
	}
	return ""
}

// tailBuffer keeps the last bytes written to it.
type tailBuffer struct{ b []byte }

const tailBytes = 2048

func (t *tailBuffer) Write(p []byte) (int, error) {
	t.b = append(t.b, p...)
	t.b = t.b[max(0, len(t.b)-tailBytes):]
	return len(p), nil
}

func (t *tailBuffer) text() string {
	if s := strings.TrimSpace(string(t.b)); s != "" {
		return "; it said: " + s
	}
	return ""
}
