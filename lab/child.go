package lab

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Child is what a process does that was started with Common.Self and these
// arguments: a mistake, or a part of the counting.
func Child(in io.Reader, out io.Writer, args []string) error {
	own := map[string]*os.File{}
	if n := len(args); n > 1 && args[0] == handed {
		args = args[1:]
		own[args[n-2]] = os.NewFile(handle, args[n-2])
	}
	switch {
	case len(args) == 3 && args[0] == childMistake:
		return makeMistake(out, own, args[1], args[2])
	case len(args) == 4 && args[0] == childIncrement:
		return incrementTogether(in, out, own, args[3], args[1], args[2])
	}
	return errors.New("this command is for processes that mmapbench lab starts by itself")
}

// What a child may be asked to do.
const (
	childMistake   = "mistake"   // NAME FILE
	childIncrement = "increment" // plain|atomic TIMES FILE
)

// handed precedes the arguments where FILE is one of the program's own, in the
// working directory, and handle is that file as it was made.
const (
	handed = "handed"
	handle = 3
)

// childLimit is how long a child may take: on a slow card a mistake syncs a
// page or two.
const childLimit = time.Minute

// child makes the command of a child process that works on a file. It ends with
// this process.
func (s *script) child(ctx context.Context, path string, args ...string) (*exec.Cmd, error) {
	c := s.common
	if len(c.Self) == 0 {
		return nil, errors.New("lab: this program needs the command line of its child processes (Common.Self)")
	}
	all := slices.Concat(args, []string{path})
	var files []*os.File
	if made := s.own[path]; made != nil {
		all = slices.Concat([]string{handed}, all)
		files = []*os.File{made}
	}
	cmd := exec.CommandContext(ctx, c.Self[0], slices.Concat(c.Self[1:], all)...)
	cmd.ExtraFiles = files
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = 5 * time.Second // a process asleep in the device cannot be killed
	cmd.Env = append(os.Environ(), "GOTRACEBACK=none")
	return cmd, nil
}

// death is how a child ended.
type death struct {
	signal syscall.Signal // 0: it was not killed
	err    error          // what it said, if it ended with an error
}

// watch runs a child and takes what it reports into the script.
func (s *script) watch(ctx context.Context, path string, args ...string) (death, error) {
	ctx, cancel := context.WithTimeout(ctx, childLimit)
	defer cancel()
	cmd, err := s.child(ctx, path, args...)
	if err != nil {
		return death{}, err
	}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	if ctx.Err() != nil {
		return death{}, fmt.Errorf("a child process was stopped: %w", ctx.Err())
	}
	if err := s.replay(&out); err != nil {
		return death{}, fmt.Errorf("read what a child process reports: %w%s", err, said(&errs))
	}
	exit, ok := errors.AsType[*exec.ExitError](err)
	switch {
	case err == nil:
		return death{}, nil
	case !ok:
		return death{}, fmt.Errorf("start a child process: %w", err)
	case exit.Sys().(syscall.WaitStatus).Signaled():
		return death{signal: exit.Sys().(syscall.WaitStatus).Signal()}, nil
	}
	return death{err: fmt.Errorf("%w%s", err, said(&errs))}, nil
}

func said(errs *bytes.Buffer) string {
	if text := bytes.TrimSpace(errs.Bytes()); len(text) > 0 {
		return ": " + string(text)
	}
	return ""
}

// replay adds the items that a child reports.
func (s *script) replay(r io.Reader) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var i Item
		if err := json.Unmarshal(lines.Bytes(), &i); err != nil {
			return err
		}
		s.add(i)
	}
	return lines.Err()
}

// die makes an access that ends the process as the kernel ends any program: the
// handlers that the Go runtime has for these signals are taken away. No core is
// written.
func die(access func()) error {
	for _, sig := range []syscall.Signal{unix.SIGSEGV, unix.SIGBUS} {
		// struct sigaction of the kernel, all zeros: SIG_DFL, no flags, no mask.
		var standard [4]uint64
		_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig),
			uintptr(unsafe.Pointer(&standard)), 0, 8, 0, 0)
		if errno != 0 {
			return fmt.Errorf("take the handler of signal %v away: %w", sig, errno)
		}
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("switch core dumps off: %w", err)
	}
	access()
	return nil
}
