package posix

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

func TestRetry(t *testing.T) {
	for _, c := range []struct {
		name    string
		answers []error
		want    error
	}{
		{name: "at once", answers: []error{nil}},
		{name: "interrupted twice", answers: []error{unix.EINTR, unix.EINTR, nil}},
		{name: "interrupted, then failed", answers: []error{unix.EINTR, unix.EIO}, want: unix.EIO},
	} {
		calls := 0
		err := Retry(func() error { calls++; return c.answers[calls-1] })
		if !errors.Is(err, c.want) || calls != len(c.answers) {
			t.Errorf("%s: error %v after %d calls, want %v after %d", c.name, err, calls, c.want, len(c.answers))
		}
	}
}

// TestNothingIsAllocated: mappings are made, synced and ended inside the timed region.
func TestNothingIsAllocated(t *testing.T) {
	if n := testing.AllocsPerRun(10, func() {
		p, err := Mmap(-1, 0, 1, unix.PROT_READ, unix.MAP_PRIVATE|unix.MAP_ANON)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(Msync(p, unix.MS_SYNC), Msync(nil, unix.MS_SYNC), Madvise(p, unix.MADV_NORMAL),
			Munmap(p)); err != nil {
			t.Error(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if Fdatasync(-1) != unix.EBADF || Fsync(-1) != unix.EBADF {
		t.Error("a descriptor that is none was synced")
	}
}
