package harness

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"mmapbench/internal/memory"
	"mmapbench/internal/posix"
)

// A vitalCall is a system call without which no trial can be run. To ask whether
// it is allowed it is made on what it cannot be made on, or to no effect: any
// answer but EPERM and ENOSYS shows that no filter stands before it.
type vitalCall struct {
	name string
	make func() error
}

var vitalCalls = []vitalCall{
	{"mincore", func() error {
		page, err := memory.Buffer(int64(os.Getpagesize()))
		if err != nil {
			return err
		}
		defer posix.Munmap(page)
		var vec [1]byte
		_, _, errno := unix.Syscall(unix.SYS_MINCORE, uintptr(unsafe.Pointer(&page[0])), uintptr(len(page)),
			uintptr(unsafe.Pointer(&vec[0])))
		return error(errno)
	}},
	{"fadvise64", func() error { return unix.Fadvise(-1, 0, 0, unix.FADV_DONTNEED) }},
	{"fdatasync", func() error { return unix.Fdatasync(-1) }},
	{"madvise", func() error { return unix.Madvise(nil, unix.MADV_NORMAL) }},
	{"getrusage", func() error { return unix.Getrusage(unix.RUSAGE_THREAD, new(unix.Rusage)) }},
}

// tryCalls makes every vital call, in a worker that is told nothing, and names each
// on w before: a filter may kill the process for it.
func tryCalls(w io.Writer) {
	for _, c := range vitalCalls {
		fmt.Fprintf(w, "%s%s\n", trying, c.name)
		if err := c.make(); errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOSYS) {
			fmt.Fprintf(w, "%s%s (%v)\n", forbidden, c.name, err)
		}
	}
	fmt.Fprintln(w, tried)
}

const (
	trying    = "trying "
	forbidden = "forbidden "
	tried     = "tried"
)

// forbiddenCalls reads what tryCalls said: which calls were refused, and which one
// the process did not survive. An older worker says nothing.
func forbiddenCalls(said string) (calls []string) {
	last := ""
	for line := range strings.Lines(said) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, trying); ok {
			last = name
		} else if call, ok := strings.CutPrefix(line, forbidden); ok {
			calls = append(calls, call)
		} else if line == tried {
			last = ""
		}
	}
	if last != "" {
		calls = append(calls, last+" (whoever makes it is killed)")
	}
	return calls
}

// headBuffer keeps the first bytes written to it: what a worker says of its calls
// comes before what the runtime says when it is killed for one.
type headBuffer struct{ b []byte }

func (h *headBuffer) Write(p []byte) (int, error) {
	h.b = append(h.b, p[:min(len(p), tailBytes-len(h.b))]...)
	return len(p), nil
}
