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
	flag   string // of smaps, by which the kernel shows that it took the advice
	needs  string // what the kernel must have; "" where all do
}{
	{name: "normal", number: unix.MADV_NORMAL},
	{name: "random", number: unix.MADV_RANDOM, flag: "rr"},
	{name: "sequential", number: unix.MADV_SEQUENTIAL, flag: "sr"},
	{name: "willneed", number: unix.MADV_WILLNEED},
	{name: "populate-read", number: unix.MADV_POPULATE_READ, needs: "Linux 5.14"},
	{name: "populate-write", number: unix.MADV_POPULATE_WRITE, needs: "Linux 5.14"},
	{name: "hugepage", number: unix.MADV_HUGEPAGE, flag: "hg", needs: "transparent huge pages"},
	{name: "collapse", number: unix.MADV_COLLAPSE,
		needs: "Linux 6.1, and tmpfs with huge pages or CONFIG_READ_ONLY_THP_FOR_FS"},
	{name: "cold", number: unix.MADV_COLD, needs: "Linux 5.4"},
	{name: "pageout", number: unix.MADV_PAGEOUT, needs: "Linux 5.4"},
	{name: "dontneed", number: unix.MADV_DONTNEED},
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

// drops reports whether the advice is about pages that are in the page table already.
func drops(advice int) bool {
	return advice == unix.MADV_COLD || advice == unix.MADV_PAGEOUT || advice == unix.MADV_DONTNEED
}

// willneedChunk is how much one MADV_WILLNEED asks for. The kernel reads no
// more per call than the larger of the read-ahead window and the device's
// largest request, and says nothing about the rest (force_page_cache_ra in
// mm/readahead.c). The default window is 128 KiB.
const willneedChunk = 128 << 10

// advise gives the kernel one piece of advice about the mapping.
func advise(m []byte, advice int) error {
	step := len(m)
	if advice == unix.MADV_COLLAPSE && int64(len(m)) < hugePage {
		return nil // the kernel refuses less than a huge page; that none came of it is seen afterwards
	}
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
	for _, a := range advices {
		if a.number == advice && a.needs != "" && err == unix.EINVAL {
			hint = " (needs " + a.needs + ")"
		}
	}
	return fmt.Errorf("madvise %s: %w%s", adviceName(advice), err, hint)
}
