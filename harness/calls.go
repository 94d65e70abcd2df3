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

// A call is a system call that trials make. To ask whether the call is allowed it is
// made on what it cannot be made on, or to no effect: any answer but EPERM and ENOSYS
// shows that no filter stands before it. Without a vital call there is no trial; of the
// others an error is lived with where they are made, but not that they kill.
type call struct {
	name  string
	vital bool
	make  func() error
}

var calls = []call{
	{"mincore", true, func() error {
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
	{"fadvise64", true, func() error { return unix.Fadvise(-1, 0, 0, unix.FADV_DONTNEED) }},
	{"fdatasync", true, func() error { return unix.Fdatasync(-1) }},
	{"madvise", true, func() error { return unix.Madvise(nil, unix.MADV_NORMAL) }},
	{"getrusage", true, func() error { return unix.Getrusage(unix.RUSAGE_THREAD, new(unix.Rusage)) }},
	{"cachestat", false, func() error { return unix.Cachestat(^uint(0), nil, nil, 0) }},
	{"memfd_create", false, func() error { _, err := unix.MemfdCreate("", -1); return err }},
	{"msync", false, func() error { return unix.Msync(nil, unix.MS_ASYNC) }},
	{"perf_event_open", false, func() error {
		_, err := unix.PerfEventOpen(&unix.PerfEventAttr{}, -1, -1, -1, 0)
		return err
	}},
	{"sync_file_range", false, func() error { return unix.SyncFileRange(-1, 0, 0, 0) }},
	{"syncfs", false, func() error { return unix.Syncfs(-1) }},
}

// tryCalls makes every call, in a worker that is told nothing, and names each on w
// before: a filter may kill the process for it.
func tryCalls(w io.Writer) {
	for _, c := range calls {
		fmt.Fprintf(w, "%s%s\n", trying, c.name)
		if err := c.make(); c.vital && (errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOSYS)) {
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
