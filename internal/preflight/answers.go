package preflight

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"

	"mmapbench/internal/memfault"
)

// answer is what a probe found out, with the evidence for it.
type answer struct {
	Answer
	evidence string
}

func yes(format string, args ...any) answer { return answer{Yes, fmt.Sprintf(format, args...)} }

func no(format string, args ...any) answer { return answer{No, fmt.Sprintf(format, args...)} }

func unknown(format string, args ...any) answer { return answer{Unknown, fmt.Sprintf(format, args...)} }

func yesIf(good bool, format string, args ...any) answer {
	if good {
		return yes(format, args...)
	}
	return no(format, args...)
}

// failure is the answer of a probe that met an error.
func failure(err error) answer { return answer{answerOf(err), err.Error()} }

// ended is the panic by which a helper ends a probe before its last line.
type ended answer

func end(a answer) { panic(ended(a)) }

// check ends the probe at an error.
func check(err error) {
	if err != nil {
		end(failure(err))
	}
}

// must returns what a call gave, and ends the probe if the call failed.
func must[T any](v T, err error) T {
	check(err)
	return v
}

// call ends the probe if a system call failed, and names the call.
func call(name string, err error) { check(failed(name, err)) }

// equal ends the probe with a no where bytes differ from those wanted.
func equal(what string, got, want []byte) {
	if d := differ(got, want); d != "" {
		end(no("%s: %s", what, d))
	}
}

// differ says where bytes differ from those wanted; "" if they do not.
func differ(got, want []byte) string {
	for i := range want {
		switch {
		case i >= len(got):
			return fmt.Sprintf("only %d of %d bytes", len(got), len(want))
		case got[i] != want[i]:
			return fmt.Sprintf("byte %d is %#02x instead of %#02x", i, got[i], want[i])
		}
	}
	return ""
}

// callError is a system call that failed. Evidence names the number, by which
// readers look the error up.
type callError struct {
	call  string
	errno syscall.Errno
}

func (e *callError) Error() string {
	return fmt.Sprintf("%s: %s (%v)", e.call, errnoName(e.errno), e.errno)
}

func (e *callError) Unwrap() error { return e.errno }

// failed names the call that failed; nil stays nil.
func failed(call string, err error) error {
	if err == nil {
		return nil
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return &callError{call, errno}
	}
	return fmt.Errorf("%s: %w", call, err)
}

// errnoOf names the number of an error of a system call.
func errnoOf(err error) string {
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errnoName(errno)
	}
	return err.Error()
}

// errnoName names the number that a system call returned, as its man page does.
func errnoName(e syscall.Errno) string {
	switch e {
	case 0:
		return "accepted"
	case unix.EOPNOTSUPP: // which is the same number as ENOTSUP
		return "EOPNOTSUPP"
	}
	return unix.ErrnoName(e)
}

// transientErrors say something about the moment or the user (no space, no
// permission), and nothing about the target.
var transientErrors = []error{unix.ENOSPC, unix.EDQUOT, unix.EMFILE, unix.ENFILE, unix.ENOMEM, unix.EAGAIN,
	unix.EINTR, unix.EACCES, unix.EPERM, unix.EROFS, unix.EFBIG, unix.ENOLCK}

// setupError means that the probe could not be set up: the answer is unknown,
// and not no.
type setupError struct{ error }

func (e *setupError) Unwrap() error { return e.error }

// answerOf is the answer when an error ends a probe: no if the kernel refused
// or a touch failed, unknown otherwise.
func answerOf(err error) Answer {
	if _, ok := errors.AsType[*setupError](err); ok {
		return Unknown
	}
	for _, e := range transientErrors {
		if errors.Is(err, e) {
			return Unknown
		}
	}
	if _, ok := errors.AsType[syscall.Errno](err); ok {
		return No
	}
	if _, ok := errors.AsType[*memfault.Error](err); ok {
		return No
	}
	return Unknown
}
