package mmapio_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"mmapbench/io/backend/backendtest"
	"mmapbench/io/mmapio"
)

func TestConformance(t *testing.T) {
	backendtest.Run(t, mmapio.Mmap,
		"",
		"shared,populate",
		"private",
		"private,populate",
		"populate,nonblock",
		"private,noreserve",
		"private,noreserve,populate",
		"advise=normal",
		"advise=random",
		"advise=sequential,advise=willneed",
		"advise=populate-read",
		"private,advise=populate-read",
		"advise=hugepage",
		"advise=random,advise=willneed,advise=populate-read",
		"msync=none",
		"msync=async",
		"msync=sync",
		"grow=1",
		"grow=3M,populate,msync=sync",
		"msync=none,grow=64k",
		// Refused for every verb: the suite sees that Open says so too.
		"noreserve",
		"advise=random,advise=sequential",
	)
}

func TestConformanceLocked(t *testing.T) {
	needLocked(t, 8<<20)
	backendtest.Run(t, mmapio.Mmap,
		"locked",
		"private,locked",
		"private,noreserve,locked",
		"advise=random,advise=willneed,locked",
	)
}

// needLocked skips the test if the limit on locked memory is too small for it.
func needLocked(t *testing.T, n int) {
	t.Helper()
	m, err := unix.Mmap(-1, 0, n, unix.PROT_READ, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(m)
	if err := unix.Mlock(m); err != nil {
		t.Skipf("needs %d bytes of locked memory (ulimit -l): %v", n, err)
	}
}
