package mmapio

import (
	"fmt"

	"golang.org/x/sys/unix"

	"mmapbench/internal/posix"
)

// advices are the values of advise. The table is never written to.
var advices = [...]struct {
	name   string
	number int
}{
	{"normal", unix.MADV_NORMAL},
	{"random", unix.MADV_RANDOM},
	{"sequential", unix.MADV_SEQUENTIAL},
	{"willneed", unix.MADV_WILLNEED},
	{"populate-read", unix.MADV_POPULATE_READ},
	{"hugepage", unix.MADV_HUGEPAGE},
}

func adviceNames() []string {
	names := make([]string, len(advices))
	for i, a := range advices {
		names[i] = a.name
	}
	return names
}

// adviceNumber returns the number of a name, -1 (which madvise refuses with
// EINVAL) for one that Info.Parse would not have let through.
func adviceNumber(name string) int {
	for _, a := range advices {
		if a.name == name {
			return a.number
		}
	}
	return -1
}

func adviceName(number int) string {
	for _, a := range advices {
		if a.number == number {
			return a.name
		}
	}
	return fmt.Sprint(number)
}

// willneedChunk is how much one MADV_WILLNEED asks for. The kernel reads no
// more per call than the larger of the read-ahead window and the device's
// largest request, and says nothing about the rest (force_page_cache_ra in
// mm/readahead.c). The default window is 128 KiB.
const willneedChunk = 128 << 10

// advise gives the kernel one piece of advice about the mapping.
func advise(m []byte, advice int) error {
	step := len(m)
	if advice == unix.MADV_WILLNEED {
		step = willneedChunk
	}
	for start := 0; start < len(m); start += step {
		if err := posix.Madvise(m[start:min(start+step, len(m))], advice); err != nil {
			return adviseError(advice, err)
		}
	}
	return nil
}

func adviseError(advice int, err error) error {
	hint := ""
	switch {
	case err != unix.EINVAL:
	case advice == unix.MADV_POPULATE_READ:
		hint = " (needs Linux 5.14)"
	case advice == unix.MADV_HUGEPAGE:
		hint = " (this kernel was built without transparent huge pages)"
	}
	return fmt.Errorf("madvise %s: %w%s", adviceName(advice), err, hint)
}
