// Package memorytest gives tests memory that costs a known number of page faults.
package memorytest

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// Pages is how many pages Fresh maps.
const Pages = 2000

// Fresh maps memory of which no page is there yet, without huge pages, so that
// each page costs one minor fault.
func Fresh(t testing.TB) []byte {
	t.Helper()
	m, err := unix.Mmap(-1, 0, Pages*os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Munmap(m) })
	_ = unix.Madvise(m, unix.MADV_NOHUGEPAGE) // EINVAL on a kernel that has none
	return m
}

// Touch writes to each page.
func Touch(m []byte) {
	for i := 0; i < len(m); i += os.Getpagesize() {
		m[i] = 1
	}
}
