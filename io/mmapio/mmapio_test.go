package mmapio_test

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"mmapbench/io/backend"
	"mmapbench/io/backend/backendtest"
	"mmapbench/io/mmapio"
	"mmapbench/io/readwrite"
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
		"advise=collapse",
		"advise=populate-write",
		"private,noreserve,advise=populate-write",
		"populate,advise=cold",
		"populate,advise=pageout",
		"advise=populate-read,advise=dontneed",
		"sync",
		"hugetlb",
		"window=1",
		"window=64k,populate,advise=sequential",
		"window=record",
		"private,window=record,advise=populate-read",
		"release=1",
		"private,release=64k",
		"advise=random,advise=willneed,advise=populate-read",
		"msync=none",
		"msync=async",
		"msync=sync",
		"grow=1",
		"grow=3M,populate,msync=sync",
		"msync=none,grow=64k",
		"grow=double",
		"growth=remap,grow=8k",
		"growth=mremap,grow=8k,advise=populate-write",
		"growth=mremap,grow=double",
		"growth=fixed,grow=8k,populate",
		"growth=fixed,grow=double,msync=sync",
		"to=write",
		"private,to=write,advise=sequential",
	)
}

func TestConformanceLocked(t *testing.T) {
	needLocked(t, 8<<20)
	backendtest.Run(t, mmapio.Mmap,
		"locked",
		"mlock-onfault",
		"mlock-onfault,window=8k",
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

// TestOptionsCostNothingToOpen: setup times of backends are compared, so a mapping
// with every option allocates as much as pread, which has none: the path for the
// kernel, the file and its worker.
func TestOptionsCostNothingToOpen(t *testing.T) {
	size := 4 * os.Getpagesize()
	path := t.TempDir() + "/data"
	if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
		t.Fatal(err)
	}
	spec := backend.Spec{Size: int64(size), Record: 8, Buf: make([]byte, 8)}
	for _, c := range []struct {
		backend backend.Backend
		options string
	}{
		{readwrite.Pread, ""},
		{mmapio.Mmap, ""},
		{mmapio.Mmap, "release=1M,populate,advise=cold"},
		{mmapio.Mmap, "private,populate,noreserve,advise=random,advise=willneed,advise=hugepage"},
	} {
		o, err := c.backend.Info().Parse(c.options)
		if err != nil {
			t.Fatal(err)
		}
		a, err := backend.Configure(c.backend, backend.ToRead, "", o)
		if err != nil {
			t.Skipf("not on this kernel: %v", err)
		}
		allocs := testing.AllocsPerRun(10, func() {
			f, err := a.Open(path, spec)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.Worker(0); err != nil {
				t.Error(err)
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		})
		if allocs != 3 {
			t.Errorf("%s allocates %v objects, want 3", backend.Join(c.backend.Info().Name, o), allocs)
		}
	}
}
