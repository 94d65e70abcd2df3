package harness

import (
	"os"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"mmapbench/results"
)

const pages = 2000

// fresh maps memory of which no page is there yet, without huge pages, so that
// each page costs one minor fault.
func fresh(t *testing.T) []byte {
	t.Helper()
	m, err := unix.Mmap(-1, 0, pages*os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Munmap(m) })
	_ = unix.Madvise(m, unix.MADV_NOHUGEPAGE) // EINVAL on a kernel that has none
	return m
}

func touch(m []byte) {
	for i := 0; i < len(m); i += os.Getpagesize() {
		m[i] = 1
	}
}

// measured returns what body did to its own thread.
func measured(t *testing.T, body func()) results.Phase {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var e edge
	var u results.Phase
	if err := e.begin(); err != nil {
		t.Fatal(err)
	}
	body()
	if err := e.end(&u); err != nil {
		t.Fatal(err)
	}
	return u
}

func TestFaultsOfThisThread(t *testing.T) {
	m := fresh(t)
	u := measured(t, func() { touch(m) })
	// Kernels with anonymous folios of several pages take fewer faults.
	if u.MinorFaults < pages/16 {
		t.Errorf("touching %d pages: %d minor faults", pages, u.MinorFaults)
	}
	if u.Wall <= 0 || u.User+u.System <= 0 {
		t.Errorf("touching %d pages took %v, of which %v user and %v system", pages, u.Wall, u.User, u.System)
	}
	again := measured(t, func() { touch(m) })
	if again.MinorFaults > pages/20 {
		t.Errorf("touching them again: %d minor faults", again.MinorFaults)
	}
}

func TestFaultsOfAnotherThread(t *testing.T) {
	m := fresh(t)
	var other results.Phase
	u := measured(t, func() {
		// This goroutine is locked to its thread, so the other one runs on
		// another.
		done := make(chan struct{})
		go func() {
			defer close(done)
			other = measured(t, func() { touch(m) })
		}()
		<-done
	})
	if other.MinorFaults < pages/16 {
		t.Errorf("the thread that touched %d pages shows %d faults", pages, other.MinorFaults)
	}
	// A few of its own: the runtime starts the other thread on it.
	if u.MinorFaults > pages/20 {
		t.Errorf("the thread that waited shows %d faults", u.MinorFaults)
	}
}

func TestBlockingIsASwitchNotTime(t *testing.T) {
	const nap = 20 * time.Millisecond
	u := measured(t, func() {
		ts := unix.NsecToTimespec(int64(nap))
		_ = unix.Nanosleep(&ts, nil) // a signal may cut it short: then it is a switch all the same
	})
	if u.VoluntarySwitches < 1 {
		t.Errorf("a nap shows %d voluntary switches", u.VoluntarySwitches)
	}
	if u.User+u.System > u.Wall {
		t.Errorf("a nap of %v shows %v of work", u.Wall, u.User+u.System)
	}
}

func TestUsageAddsUp(t *testing.T) {
	var e edge
	var u results.Phase
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var last results.Phase
	for range 3 {
		m := fresh(t)
		if err := e.begin(); err != nil {
			t.Fatal(err)
		}
		touch(m)
		if err := e.end(&u); err != nil {
			t.Fatal(err)
		}
		if u.Wall <= last.Wall || u.MinorFaults < last.MinorFaults+pages/16 {
			t.Errorf("after another lap %+v, before it %+v", u, last)
		}
		last = u
	}
}

func TestNoAllocation(t *testing.T) {
	var e edge
	var u results.Phase
	if n := testing.AllocsPerRun(100, func() {
		_ = e.begin()
		_ = e.end(&u)
	}); n != 0 {
		t.Errorf("an edge allocates %v times", n)
	}
}
