package harness

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"mmapbench/internal/leftover"
	"mmapbench/results"
)

// spawn runs one trial in a fresh process. Whatever happens to that process
// becomes the trial's error, but for the user's wish to end the run
// (errInterrupted) and a process that cannot be killed.
//
// The worker has a process group of its own, so that Ctrl-C on the terminal
// does not reach the trial; if this process dies, the kernel kills the worker
// (Pdeathsig), so that nothing goes on writing.
func (s *state) spawn(spec Spec, a results.Arm, l limit) (results.Trial, error) {
	started := time.Now()
	var tail tailBuffer
	failed := func(kind, format string, args ...any) results.Trial {
		return results.Trial{Type: results.LineTrial, Started: started,
			Error: &results.TrialError{Kind: kind, Text: fmt.Sprintf(format, args...), Said: tail.said()}}
	}
	worker := s.worker(a)
	cmd := exec.Command(worker[0], worker[1:]...)
	var out answer
	err := s.handRecorded(&spec)
	if err != nil {
		return failed(results.ErrorWorker, "%v", err), nil
	}
	handles, closeHandles, err := spec.handed()
	defer closeHandles()
	if err != nil {
		return failed(results.ErrorWorker, "%v", err), nil
	}
	in, err := json.Marshal(spec)
	if err != nil {
		return failed(results.ErrorWorker, "write the specification: %v", err), nil
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = bytes.NewReader(in), &out, &tail, handles
	mark := fmt.Sprintf("MMAPBENCH_TRIAL=%016x", rand.Uint64())
	cmd.Env = append(os.Environ(), workerEnvironment, mark)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = 5 * time.Second // a child that the worker left behind may hold its pipes
	if err := cmd.Start(); err != nil {
		return failed(results.ErrorWorker, "start the worker process %s: %v", worker[0], err), nil
	}
	why, state, err := s.await(cmd, a, l)
	if spec.Command != "" && (why != nil || err != nil) {
		_ = leftover.KillMarked(mark) // the worker may have died before what it started
	}
	var exit *exec.ExitError
	switch {
	case errors.Is(why, errTooLong):
		return failed(results.ErrorTimeout, "%s", l.text(state)), nil
	case why != nil:
		return results.Trial{}, why
	case errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signaled():
		return failed(results.ErrorKilled, "the worker process was %s",
			s.killedBy(exit.Sys().(syscall.WaitStatus).Signal())), nil
	case exit != nil || err == nil && out.Len() == 0:
		return results.Trial{Type: results.LineTrial, Started: started, Error: ended(exit, &tail)}, nil
	case err != nil:
		return failed(results.ErrorWorker, "worker process %s: %v", worker[0], err), nil
	}
	var t results.Trial
	err = json.Unmarshal(out.Bytes(), &t)
	if err == nil && !spec.Examine {
		err = t.Valid(a) // or the run file could not be read again
	}
	if err != nil {
		return failed(results.ErrorWorker, "the worker's answer is not a trial: %v", err), nil
	}
	t.Said = tail.said()
	if t.Error == nil && !spec.Examine {
		s.slowest[a.ID] = max(s.slowest[a.ID], time.Since(started)-s.Plan.Duration)
	}
	return t, nil
}

var (
	errTooLong     = errors.New("the trial takes too long")
	errInterrupted = errors.New("interrupted by the user")
)

// interruptGrace is how long a trial goes on after the first Ctrl-C. Tests change it.
var interruptGrace = time.Second

const (
	// deathGrace is how long a process may take to die: the kernel frees its
	// memory first. One that sleeps in a device does not die at all.
	deathGrace = 3 * time.Second
	// stoppedGrace: after Ctrl-Z and fg the time may be over while the trial
	// has ended long ago.
	stoppedGrace = 200 * time.Millisecond
)

// await waits for a worker to end, and ends it when its time is over or the user
// wants: why says so, and state what the process was doing then. err is that of
// Wait. A process that does not die of SIGKILL is not waited for.
func (s *state) await(cmd *exec.Cmd, a results.Arm, l limit) (why error, state string, err error) {
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	over, late := time.NewTimer(l.most), time.NewTimer(l.late())
	defer over.Stop()
	defer late.Stop()
	stop := s.stop
	var grace <-chan time.Time
	for why == nil {
		select {
		case err := <-ended:
			return nil, "", err
		case <-s.ctx.Done():
			why = errInterrupted
		case <-stop:
			stop, grace = nil, time.After(interruptGrace)
		case <-grace:
			why = errInterrupted
		case <-late.C:
			if l.late() < l.most {
				s.tell(Late{a, l.expected, l.most})
			}
		case <-over.C:
			select {
			case err := <-ended:
				return nil, "", err
			case <-time.After(stoppedGrace):
				why = errTooLong
			}
		}
	}
	state = processState(cmd.Process.Pid)
	// What a command has made may be in groups and sessions of its own: it is below
	// the worker, which is stopped, or it would go on to what concludes.
	_ = syscall.Kill(cmd.Process.Pid, syscall.SIGSTOP)
	_ = leftover.KillAll(cmd.Process.Pid)
	// Only a group that is gone already is an error.
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	select {
	case err = <-ended:
		return why, state, err
	case <-time.After(deathGrace):
		return &immortalError{cmd.Process.Pid}, state, nil
	}
}

// An immortalError ends a run: nothing more can be tried beside a worker that
// may go on at any time.
type immortalError struct{ pid int }

func (e *immortalError) Error() string {
	return fmt.Sprintf("the worker process %d cannot be killed, as it sleeps in the kernel: the device or the "+
		"file system of the target does not answer; see the kernel's log", e.pid)
}

// answer keeps what a worker writes, up to a length that no trial has.
type answer struct{ bytes.Buffer }

const maxAnswer = 16 << 20

func (a *answer) Write(p []byte) (int, error) {
	if a.Len()+len(p) > maxAnswer {
		return 0, fmt.Errorf("the answer is longer than %d bytes", maxAnswer)
	}
	return a.Buffer.Write(p)
}

// workerEnvironment is set for workers: a signal to preempt a loop that has its
// processor to itself anyway would only interrupt it.
const workerEnvironment = "GODEBUG=asyncpreemptoff=1"

// tailBuffer keeps the last bytes written to it, enough for the stacks of a crash.
type tailBuffer struct{ b []byte }

const (
	tailBytes = 2048 // the most that is shown
	keptBytes = 64 << 10
)

func (t *tailBuffer) Write(p []byte) (int, error) {
	t.b = append(t.b, p...)
	t.b = t.b[max(0, len(t.b)-keptBytes):]
	return len(p), nil
}

// said is the end of what was written.
func (t *tailBuffer) said() string {
	return strings.TrimSpace(string(t.b[max(0, len(t.b)-tailBytes):]))
}
