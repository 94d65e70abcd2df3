package harness

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// minOpenFiles is how many files parent and worker have open at once, with some
// to spare: counters take a dozen.
const minOpenFiles = 64

// CheckWorker tells what would keep every trial from being run: a worker that
// cannot be started or is killed at once, and too few open files. The worker is
// given nothing to do.
func CheckWorker(command []string) error {
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err == nil && files.Max < minOpenFiles {
		// Go raises the soft limit to the hard one by itself (os/rlimit.go).
		return fmt.Errorf("a process may have no more than %d files open here, and a run takes up to %d: raise the hard limit (ulimit -Hn)", files.Max, minOpenFiles)
	}
	cmd := exec.Command(command[0], command[1:]...)
	var tail tailBuffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(nil), &tail
	cmd.Env = append(os.Environ(), workerEnvironment)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
	case errors.As(err, &exit):
		// It complains that it was told nothing, as it should.
		if status := exit.Sys().(syscall.WaitStatus); status.Signaled() {
			return fmt.Errorf("each trial is a process of its own, and one that was tried was %s%s", signalText(status.Signal()), tail.text())
		}
	default:
		return fmt.Errorf("each trial is a process of its own, and this program cannot be started once more: %w; mount /proc, or start it by a path that leads to it", err)
	}
	return nil
}

// signalText says what a signal that killed a worker means.
func signalText(sig syscall.Signal) string {
	if sig == syscall.SIGSYS {
		return "killed by SIGSYS: a seccomp filter, as containers have, forbids a system call that it made"
	}
	return fmt.Sprintf("killed by %s (%v)", unix.SignalName(sig), sig)
}
