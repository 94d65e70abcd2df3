package harness

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// ownAnswer gives the worker's answer a descriptor that nobody else knows, and
// sends to standard error whatever is written to standard output from now on: a
// workload that prints must not write into the answer.
func ownAnswer() (*os.File, error) {
	fd, err := unix.FcntlInt(uintptr(unix.Stdout), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, fmt.Errorf("give the worker's answer a descriptor of its own: %w", err)
	}
	if err := unix.Dup3(unix.Stderr, unix.Stdout, 0); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("send standard output to standard error: %w", err)
	}
	return os.NewFile(uintptr(fd), "answer"), nil
}

// quietly keeps what a workload prints away from this process's standard output
// and error while f runs the workload here: its trials have shown it.
func quietly(f func() error) (err error) {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	for _, fd := range []int{unix.Stdout, unix.Stderr} {
		saved, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3)
		if err != nil {
			continue // it is closed: nothing can be printed there
		}
		defer func() {
			// Of two open descriptors neither call fails.
			_ = unix.Dup3(saved, fd, 0)
			_ = unix.Close(saved)
		}()
		if err := unix.Dup3(int(null.Fd()), fd, 0); err != nil {
			return err
		}
	}
	return f()
}
