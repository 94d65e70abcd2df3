package memfault_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"mmapbench/internal/memfault"
)

// sink keeps the compiler from leaving loads out.
var sink byte

func TestCatch(t *testing.T) {
	if !memfault.Works() {
		t.Skip("faults carry no address here, as under user-mode emulation")
	}
	page := os.Getpagesize()
	path := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(path, make([]byte, 2*page), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := unix.Mmap(int(f.Fd()), 0, 2*page, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(m)
	if err := f.Truncate(int64(page)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		access func()
		at     int64
	}{
		{"a load behind the end", func() { sink = m[page+10] }, int64(page) + 10},
		{"a store to a mapping for reading", func() { m[3] = 1 }, 3},
	} {
		err := memfault.Catch(func() error { tt.access(); return nil })
		fault, ok := errors.AsType[*memfault.Error](err)
		if !ok {
			t.Errorf("%s: error %v", tt.name, err)
			continue
		}
		if at, in := fault.In(m); !in || at != tt.at {
			t.Errorf("%s: at %d, in the mapping: %v; want %d", tt.name, at, in, tt.at)
		}
		if !strings.Contains(err.Error(), "SIGBUS") {
			t.Errorf("error %q", err)
		}
	}
	if _, in := (&memfault.Error{Addr: 1}).In(m); in {
		t.Error("address 1 is said to lie in the mapping")
	}
}

func TestOtherErrorsAndPanicsGoThrough(t *testing.T) {
	wrong := errors.New("wrong")
	if err := memfault.Catch(func() error { return wrong }); err != wrong {
		t.Errorf("error %v", err)
	}
	if err := memfault.Catch(func() error { return nil }); err != nil {
		t.Errorf("error %v", err)
	}
	defer func() {
		if recover() != "boom" {
			t.Error("a panic was swallowed")
		}
	}()
	_ = memfault.Catch(func() error { panic("boom") })
}
