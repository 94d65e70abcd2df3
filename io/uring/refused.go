package uring

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"mmapbench/internal/units"
)

// probe asks the running kernel for a ring.
func probe() error {
	var r ring
	if err := r.setup(1); err != nil {
		return err
	}
	return r.close()
}

// disabledPath is the setting by which an administrator forbids rings, Linux 6.6.
const disabledPath = "/proc/sys/kernel/io_uring_disabled"

// refused says why io_uring_setup(2) failed, and what to do.
func refused(errno unix.Errno) error {
	setting, _ := os.ReadFile(disabledPath)
	return explain(errno, strings.TrimSpace(string(setting)))
}

func explain(errno unix.Errno, disabled string) error {
	var why string
	switch {
	case errno == unix.ENOSYS:
		why = "this kernel, or a filter around this process, has no io_uring, which came with Linux 5.1: " +
			"use the backend pread"
	case errno == unix.EPERM && disabled == "2":
		why = "kernel.io_uring_disabled is 2, which forbids it to all: as root, sysctl kernel.io_uring_disabled=0"
	case errno == unix.EPERM && disabled == "1":
		why = "kernel.io_uring_disabled is 1, which leaves it to root and to the group of kernel.io_uring_group: " +
			"run as one of them, or as root, sysctl kernel.io_uring_disabled=0"
	case errno == unix.EPERM || errno == unix.EACCES:
		why = "a filter of system calls forbids it, as containers have by default: allow it (with docker, " +
			"--security-opt seccomp=unconfined), or use the backend pread"
	case errno == unix.ENOMEM:
		why = "before Linux 5.12 its queues count as locked memory: raise the limit (ulimit -l)"
	case errno == unix.EMFILE || errno == unix.ENFILE:
		why = "too many files are open: raise the limit (ulimit -n)"
	default:
		return fmt.Errorf("io_uring_setup: %w", errno)
	}
	return fmt.Errorf("io_uring_setup: %w: %s", errno, why)
}

// lockedTooMuch says what to do where registered buffers are more than may be locked.
func lockedTooMuch(n int, err error) error {
	return fmt.Errorf("%w: the buffers, of %s, count as locked memory: raise the limit (ulimit -l), or leave out fixed",
		err, units.CompactSize(int64(n)))
}

func failedTo(what string, err error) error { return fmt.Errorf("%s: %w", what, err) }

// errInFlight is the answer to a View between batches whose accesses are in flight.
var errInFlight = errors.New("accesses of a batch are in flight")
