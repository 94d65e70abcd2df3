package harness

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"mmapbench/internal/counters"
	"mmapbench/results"
)

// A commandError is a command that did not end well. Its text ends with the
// command's last lines.
type commandError struct{ text string }

func (e *commandError) Error() string { return e.text }

// exec is a trial of a user's command: its files are brought into the cache
// state, it is started, and all it took from there to its end is the body.
func (w *worker) exec() error {
	start := time.Now()
	m := w.openMeters()
	defer m.close()
	w.settle()
	files, closeAll, err := openData(w.spec.Files, false)
	defer closeAll()
	if err != nil {
		return err
	}
	if w.spec.Cache != "" {
		if err := w.prepareCache(files); err != nil {
			return err
		}
	}
	w.trial.Prepare = time.Since(start) - w.trial.Settle
	if err := w.command(m); err != nil {
		return err
	}
	if w.spec.Cache != "" {
		return w.judge(files)
	}
	return nil
}

// command runs the command and writes its accounts down.
func (w *worker) command(m *meters) error {
	cmd := exec.Command("/bin/sh", "-c", w.spec.Command)
	if words := plainWords(w.spec.Command); words != nil {
		cmd = exec.Command(words[0], words[1:]...)
	}
	var tail tailBuffer
	cmd.Stdout, cmd.Stderr = &tail, &tail
	cmd.Env = commandEnvironment(os.Environ())
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if cmd.Err != nil {
		return &commandError{fmt.Sprintf("command %q: %v", w.spec.Command, cmd.Err)}
	}
	into := map[string]*int64{}
	if m.set != nil {
		if err := m.set.Begin(); err != nil {
			return err
		}
	}
	m.base = m.devices.Read()
	began := time.Now()
	err := cmd.Run()
	wall := time.Since(began)
	w.trial.Device = deviceIO(m.devices.Since(m.base), w.spec.Devices)
	if m.set != nil {
		err = errors.Join(err, m.set.End(into))
		w.trial.Counters = map[string]map[string]*int64{results.PhaseNames[body]: into}
	}
	if err != nil {
		text := strings.TrimPrefix(tail.text(), "; it said: ")
		if text != "" {
			text = "\n" + text
		}
		return &commandError{fmt.Sprintf("command %q: %v%s", w.spec.Command, err, text)}
	}
	w.trial.Laps = 1
	w.trial.Body = commandPhase(wall, cmd.ProcessState.SysUsage().(*syscall.Rusage))
	w.trial.Check = &results.Check{OK: true, Got: "exit status 0", Want: "exit status 0"}
	return nil
}

// commandPhase takes the accounts of wait4(2), which are those of the command
// and of all the children that it waited for in turn.
func commandPhase(wall time.Duration, u *syscall.Rusage) *results.Phase {
	l := lap{}
	l.phases[body] = counters.Usage{Wall: wall, User: time.Duration(u.Utime.Nano()), System: time.Duration(u.Stime.Nano()),
		MinorFaults: u.Minflt, MajorFaults: u.Majflt, VoluntarySwitches: u.Nvcsw, InvoluntarySwitches: u.Nivcsw,
		BlocksIn: u.Inblock, BlocksOut: u.Oublock}
	return l.phase(body)
}

// plainWords splits a command line that needs no shell, so that no shell is
// measured; nil for one that does.
func plainWords(line string) []string {
	if strings.ContainsAny(line, "|&;<>()$`\\\"'*?[]#~=%!{}\n") {
		return nil
	}
	return strings.Fields(line)
}

// commandEnvironment takes out what was set for the worker alone.
func commandEnvironment(all []string) []string {
	var out []string
	for _, v := range all {
		if v != workerEnvironment {
			out = append(out, v)
		}
	}
	return out
}
