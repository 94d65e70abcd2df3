package harness_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"mmapbench/harness"
)

// filterVariable has the test binary forbid a system call to itself and start anew:
// the number of the call, and what the kernel is to do with whoever makes the call.
const filterVariable = "MMAPBENCH_TEST_FILTER"

func forbid(what string) {
	runtime.LockOSThread()
	var number, do uint32
	_, err := fmt.Sscan(what, &number, &do)
	must(err)
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // the number of the call
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: number, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: do},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	must(unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
	must(unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)), 0, 0))
	must(os.Unsetenv(filterVariable))
	must(syscall.Exec("/proc/self/exe", os.Args, os.Environ()))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// TestForbiddenCallIsNamed starts a worker behind real filters.
func TestForbiddenCallIsNamed(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := harness.CheckWorker([]string{exe}); err != nil {
		t.Fatalf("without a filter: %v", err)
	}
	const refused, killed = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM), unix.SECCOMP_RET_KILL_PROCESS
	for name, c := range map[string]struct {
		call   int
		action uint32
		want   string // the end of the error; "": none
	}{
		"errno":          {unix.SYS_MINCORE, refused, "mincore (operation not permitted)"},
		"kill":           {unix.SYS_MINCORE, killed, "mincore (whoever makes it is killed)"},
		"trap":           {unix.SYS_MINCORE, unix.SECCOMP_RET_TRAP, "mincore (whoever makes it is killed)"},
		"errno of perf":  {unix.SYS_PERF_EVENT_OPEN, refused, ""}, // then there are fewer counters
		"kill for perf":  {unix.SYS_PERF_EVENT_OPEN, killed, "perf_event_open (whoever makes it is killed)"},
		"errno of stats": {unix.SYS_CACHESTAT, refused, ""}, // then mincore(2) alone is asked
		"kill for stats": {unix.SYS_CACHESTAT, killed, "cachestat (whoever makes it is killed)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(filterVariable, fmt.Sprint(c.call, c.action))
			err := harness.CheckWorker([]string{exe})
			if c.want == "" {
				if err != nil {
					t.Errorf("refused, though trials can do without the call: %v", err)
				}
				return
			}
			if err == nil || !strings.HasSuffix(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want one line that ends with %q", err, c.want)
			}
		})
	}
	if err := harness.CheckWorker([]string{exe + "-that-is-not-there"}); err == nil ||
		!strings.Contains(err.Error(), "cannot be started") {
		t.Errorf("a worker that is not there: %v", err)
	}
}
