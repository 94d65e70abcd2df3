package harness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// minOpenFiles is how many files parent and worker have open at once, with some
// to spare: counters take a dozen.
const minOpenFiles = 64

// CheckWorker tells what would keep every trial from being run: a worker that
// cannot be started, system calls that are forbidden, and too few open files. The
// worker is given nothing to do and tries the calls.
func CheckWorker(command []string) error {
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err == nil && files.Max < minOpenFiles {
		// Go raises the soft limit to the hard one by itself (os/rlimit.go).
		return fmt.Errorf("a process may have no more than %d files open here, and a run takes up to %d: raise "+
			"the hard limit (ulimit -Hn)", files.Max, minOpenFiles)
	}
	ctx, cancel := context.WithTimeout(context.Background(), checkLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	var said headBuffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(nil), &said
	cmd.Env = append(os.Environ(), workerEnvironment)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return fmt.Errorf("each trial is a process of its own, and this program cannot be started once more: %w; "+
			"mount /proc, or start it by a path that leads to it", err)
	}
	if calls := forbiddenCalls(string(said.b)); len(calls) > 0 {
		return fmt.Errorf("system calls that trials make are forbidden here, by a seccomp filter as "+
			"containers have or by an emulator: %s", strings.Join(calls, ", "))
	}
	// It complains that it was told nothing, as it should.
	if exit != nil && exit.Sys().(syscall.WaitStatus).Signaled() {
		return fmt.Errorf("each trial is a process of its own, and one that was tried was %s",
			signalText(exit.Sys().(syscall.WaitStatus).Signal()))
	}
	return nil
}

// checkLimit is long for a process that does nothing: a filter may kill one thread
// of it, and the others wait for ever.
const checkLimit = 20 * time.Second

// signalText says what a signal that killed a worker means.
func signalText(sig syscall.Signal) string {
	if sig == syscall.SIGSYS {
		return "killed by SIGSYS: a seccomp filter, as containers have, forbids a system call that it made"
	}
	return fmt.Sprintf("killed by %s (%v)", unix.SignalName(sig), sig)
}
