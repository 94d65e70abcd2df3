// Package memory is about what this process itself takes: buffers whose pages are
// present, and a heap that stays small beside what is measured.
package memory

import (
	"fmt"
	"os"
	"runtime/debug"

	"golang.org/x/sys/unix"

	"mmapbench/internal/posix"
)

// Buffer returns n bytes at a page boundary, with every page present. The buffer lives
// until posix.Munmap.
func Buffer(n int64) ([]byte, error) {
	p, err := posix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_POPULATE)
	if err != nil {
		return nil, fmt.Errorf("get %d bytes of memory for a buffer: %w", n, err)
	}
	for i := 0; i < len(p); i += os.Getpagesize() {
		p[i] = 1 // MAP_POPULATE fails silently
	}
	return p, nil
}

// Fresh returns n bytes at a page boundary of which no page is present, and what frees
// them.
func Fresh(n int64) (p []byte, free func() error, err error) {
	p, err = posix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil, nil, fmt.Errorf("get %d bytes of memory: %w", n, err)
	}
	return p, func() error { return posix.Munmap(p) }, nil
}

// leanBytes is what the heap may take before it is collected harder: beside trials
// under memory pressure the memory of their parent is pressure too.
const leanBytes = 16 << 20

// Lean keeps this process small until restore is called. A lower limit of the
// user's (GOMEMLIMIT) stays.
func Lean() (restore func()) {
	old := debug.SetMemoryLimit(-1)
	debug.SetMemoryLimit(min(old, leanBytes))
	return func() { debug.SetMemoryLimit(old) }
}
