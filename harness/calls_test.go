package harness_test

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"mmapbench/harness"
)

// filterVariable has the test binary forbid mincore(2) to itself and start anew:
// what the kernel is to do with whoever makes the call.
const filterVariable = "MMAPBENCH_TEST_FILTER"

func forbid(action string) {
	runtime.LockOSThread()
	do, err := strconv.ParseUint(action, 10, 32)
	must(err)
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // the number of the call
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_MINCORE, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: uint32(do)},
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
	for name, c := range map[string]struct {
		action uint64
		want   string
	}{
		"errno": {unix.SECCOMP_RET_ERRNO | uint64(unix.EPERM), "mincore (operation not permitted)"},
		"kill":  {unix.SECCOMP_RET_KILL_PROCESS, "mincore (whoever makes it is killed)"},
		"trap":  {unix.SECCOMP_RET_TRAP, "mincore (whoever makes it is killed)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(filterVariable, strconv.FormatUint(c.action, 10))
			err := harness.CheckWorker([]string{exe})
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
