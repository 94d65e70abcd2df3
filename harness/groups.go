package harness

import (
	"bytes"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"mmapbench/results"
)

// A worker that runs commands is handed, in the place of a folder, a pipe to tell
// their process groups by: when the worker has died, nothing else says which they are.
const (
	groupsHandle = firstHandle
	outHandle    = firstHandle + 1 // for a command that inherits its output
	errHandle    = firstHandle + 2
)

// handCommand gives the trial its command. Whether the command before it wrote is not
// known: each settles.
func (s *state) handCommand(spec *Spec, c results.Command) {
	spec.Command, spec.Files, spec.Way = c.Line, c.Files, c.Way
	for _, t := range s.Plan.Targets {
		spec.Settle = append(spec.Settle, t.Dir)
	}
}

// streams returns the handles of a command's worker.
func (s *Spec) streams() (files []*os.File, err error) {
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return nil, fmt.Errorf("make a pipe for the groups of commands: %w", err)
	}
	s.groups = os.NewFile(uintptr(ends[0]), "groups of commands")
	files = append(files, os.NewFile(uintptr(ends[1]), "groups of commands"))
	if s.Way.Output != results.OutputInherit {
		return files, nil
	}
	for _, f := range []*os.File{os.Stdout, os.Stderr} {
		fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			return files, fmt.Errorf("hand on %s: %w", f.Name(), err)
		}
		files = append(files, os.NewFile(uintptr(fd), f.Name()))
	}
	return files, nil
}

// keepHandles keeps the handles of a command's worker from the command.
func (s *Spec) keepHandles() {
	last := groupsHandle
	if s.Way.Output == results.OutputInherit {
		last = errHandle
	}
	for fd := groupsHandle; fd <= last; fd++ {
		unix.CloseOnExec(fd)
	}
}

// tellGroup tells the parent the group of a command that has been started. It is
// one small write(2); where nobody listens it fails, and nothing depends on it.
func tellGroup(group int) {
	_, _ = unix.Write(groupsHandle, fmt.Appendln(nil, group))
}

// endGroups kills the groups that a worker told of, after it has died.
func (s *Spec) endGroups() {
	if s.groups == nil {
		return
	}
	conn, err := s.groups.SyscallConn()
	if err != nil {
		return
	}
	var text [4096]byte
	n := 0
	_ = conn.Read(func(fd uintptr) bool { n, _ = unix.Read(int(fd), text[:]); return true })
	for line := range bytes.Lines(text[:max(0, n)]) {
		if group, err := strconv.Atoi(string(bytes.TrimSpace(line))); err == nil && group > 1 {
			_ = unix.Kill(-group, unix.SIGKILL) // one that is gone already is no error
		}
	}
}
