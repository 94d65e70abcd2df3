package harness

import (
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"mmapbench/internal/memory/memorytest"
	"mmapbench/results"
)

const pages = memorytest.Pages

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
	m := memorytest.Fresh(t)
	u := measured(t, func() { memorytest.Touch(m) })
	// Kernels with anonymous folios of several pages take fewer faults.
	if u.MinorFaults < pages/16 {
		t.Errorf("touching %d pages: %d minor faults", pages, u.MinorFaults)
	}
	if u.Wall <= 0 || u.User+u.System <= 0 {
		t.Errorf("touching %d pages took %v, of which %v user and %v system", pages, u.Wall, u.User, u.System)
	}
	again := measured(t, func() { memorytest.Touch(m) })
	if again.MinorFaults > pages/20 {
		t.Errorf("touching them again: %d minor faults", again.MinorFaults)
	}
}

func TestFaultsOfAnotherThread(t *testing.T) {
	m := memorytest.Fresh(t)
	var other results.Phase
	u := measured(t, func() {
		// This goroutine is locked to its thread, so the other one runs on
		// another.
		done := make(chan struct{})
		go func() {
			defer close(done)
			other = measured(t, func() { memorytest.Touch(m) })
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
		m := memorytest.Fresh(t)
		if err := e.begin(); err != nil {
			t.Fatal(err)
		}
		memorytest.Touch(m)
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

// A lap that waited is no long one, or it could be the only lap of a cached trial.
func TestALapThatWaitedIsShort(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var l lap
	wait := func() error { time.Sleep(2 * countedLap); return nil }
	if err := l.time(body, wait); err != nil {
		t.Fatal(err)
	}
	if l.wall() < countedLap || l.processor() >= countedLap {
		t.Errorf("a lap that slept for %v: %v by the clock, %v of the processor", 2*countedLap, l.wall(), l.processor())
	}
}
