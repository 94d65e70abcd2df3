package harness

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"mmapbench/internal/drain"
	"mmapbench/internal/leftover"
	"mmapbench/results"
)

// child is a command of the user's that is run once.
//
// It has a process group of its own, so that what it sends to its group does not
// reach the worker, and it ends when its process does: not when the last of its
// children has closed the output.
type child struct {
	cmd   *exec.Cmd
	into  *streams
	limit time.Duration // 0: none

	group int
	wall  time.Duration
	state *os.ProcessState
	late  atomic.Bool // the limit was over, and it was killed
}

func newChild(argv []string, into *streams, limit time.Duration) *child {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdout, cmd.Stderr = into.out, into.err
	cmd.Env = commandEnvironment(os.Environ())
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	return &child{cmd: cmd, into: into, limit: limit}
}

// run starts the command and waits for its end. An error is one of starting it.
// Its input is /dev/null, as os/exec has it.
func (c *child) run() error {
	began := time.Now()
	if err := c.cmd.Start(); err != nil {
		return fmt.Errorf("cannot be started: %w", err)
	}
	c.group = c.cmd.Process.Pid
	c.into.started()
	if c.limit > 0 {
		over := time.AfterFunc(c.limit, func() {
			c.late.Store(true)
			_ = unix.Kill(-c.group, unix.SIGKILL) // only a group that is gone already is an error
		})
		defer over.Stop()
	}
	err := c.cmd.Wait()
	c.wall = time.Since(began)
	if c.late.Load() {
		// What has a session of its own is below the worker by now. Without /proc
		// there was no more to find than the group.
		_ = leftover.KillAll(os.Getpid())
	}
	if c.state = c.cmd.ProcessState; c.state == nil {
		return fmt.Errorf("cannot be waited for: %w", err)
	}
	return nil
}

// streams are where the output of a command goes.
type streams struct {
	out, err *os.File
	drain    *drain.Drain // nil: nothing is kept
	file     *os.File     // its output, where that is a file
}

// openStreams opens what a command writes to. Whatever becomes of its output, the
// end of what it says on standard error is kept for the text of an error.
func openStreams(output string) (s *streams, err error) {
	s = &streams{}
	pipes := 1
	switch output {
	case results.OutputInherit:
		s.out, s.err = os.NewFile(outHandle, "standard output"), os.NewFile(errHandle, "standard error")
		return s, nil
	case results.OutputNull:
		s.out, err = os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	case results.OutputFile:
		s.file, err = namelessFile()
		s.out = s.file
	default:
		pipes = 2
	}
	if err != nil {
		return s, err
	}
	if s.drain, err = drain.Start(pipes); err != nil {
		return s, err
	}
	s.err = s.drain.Writers[pipes-1]
	if pipes == 2 {
		s.out = s.drain.Writers[0]
	}
	return s, nil
}

// namelessFile makes a file in the folder for temporary files that nobody can
// find, and that is gone with its last descriptor.
func namelessFile() (*os.File, error) {
	f, err := os.CreateTemp("", "mmapbench-output-")
	if err != nil {
		return nil, fmt.Errorf("make a file for the command's output: %w; name another folder with TMPDIR", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, fmt.Errorf("take the name from the file for the command's output: %w", err)
	}
	return f, nil
}

// started gives back what the command has its own copies of.
func (s *streams) started() {
	if s.drain != nil {
		s.drain.Started()
	}
}

func (s *streams) close() {
	if s.drain != nil {
		s.drain.Close()
	}
	if s.file != nil {
		s.file.Close()
	}
}

// saidBytes is how much of a command's words the text of an error has.
const saidBytes = 500

// said is the end of what the command wrote: on standard error, or where it was
// silent there, on standard output.
func (s *streams) said() string {
	var texts []string
	if s.file != nil {
		if st, err := s.file.Stat(); err == nil {
			b, _ := io.ReadAll(io.NewSectionReader(s.file, max(0, st.Size()-saidBytes), saidBytes))
			texts = append(texts, string(b))
		}
	}
	if s.drain != nil {
		texts = append(texts, s.drain.Tails()...)
	}
	for i := len(texts) - 1; i >= 0; i-- {
		text := strings.TrimSpace(texts[i])
		if cut := len(text) - saidBytes; cut > 0 {
			text = text[cut:]
			text = text[strings.IndexByte(text, '\n')+1:] // begin at the start of a line, if there is one
		}
		if text != "" {
			return text
		}
	}
	return ""
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
