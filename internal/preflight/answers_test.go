package preflight

import (
	"errors"
	"fmt"
	"testing"

	"golang.org/x/sys/unix"

	"mmapbench/internal/memfault"
)

func TestAnswerOfErrors(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want Answer
	}{
		{failed("msync", unix.EIO), No},
		{failed("mmap", unix.ENODEV), No},
		{fmt.Errorf("after eviction: %w", failed("pread", unix.EIO)), No},
		{&memfault.Error{Addr: 1}, No},
		{failed("pwrite", unix.ENOSPC), Unknown},
		{failed("mmap", unix.ENOMEM), Unknown},
		{&setupError{unix.EIO}, Unknown},
		{errors.New("/proc is not mounted"), Unknown},
	} {
		if got := answerOf(tt.err); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.err, got, tt.want)
		}
	}
	if got := failed("FICLONE", unix.EOPNOTSUPP).Error(); got != "FICLONE: EOPNOTSUPP (operation not supported)" {
		t.Errorf("error %q", got)
	}
}

func TestDiffer(t *testing.T) {
	want := []byte{1, 2, 3}
	for text, got := range map[string][]byte{
		"":                               {1, 2, 3, 4},
		"only 2 of 3 bytes":              {1, 2},
		"byte 1 is 0x00 instead of 0x02": {1, 0, 3},
	} {
		if d := differ(got, want); d != text {
			t.Errorf("%v: %q, want %q", got, d, text)
		}
	}
}

// TestRefusalIsNoLie gives a question that needs a shared mapping a file system
// that refuses them, and one where no file can be made.
func TestRefusalIsNoLie(t *testing.T) {
	p := probe{name: "x", question: "?", weight: Vital, needs: shared, means: "trouble"}
	refused := &site{noShared: "mmap: ENODEV"}
	if f := refused.find(p); f.Answer != Unknown || f.Weight != Degrades || !trusted([]Finding{f}) {
		t.Errorf("refused: %+v", f)
	}
	readOnly := &site{noShared: "mmap: ENODEV", noFile: unix.EROFS}
	if f := readOnly.find(p); f.Answer != Unknown || f.Weight != Vital || trusted([]Finding{f}) {
		t.Errorf("no file: %+v", f)
	}
	p.weight = Fact
	if f := refused.find(p); f.Weight != Fact {
		t.Errorf("a fact: %+v", f)
	}
}

// A fault that no probe expects is an answer, and the next probe goes on.
func TestAFaultInAProbe(t *testing.T) {
	if !memfault.Works() {
		t.Skip("faults carry no address here, as under user-mode emulation")
	}
	fd, err := unix.MemfdCreate("empty", unix.MFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	m, err := unix.Mmap(fd, 0, 1, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(m)
	b := &site{page: 1}
	f := b.find(probe{weight: Vital, ask: func(p *probing) answer {
		p.touch(m)
		return yes("touched")
	}})
	if f.Answer != No {
		t.Errorf("%+v", f)
	}
}

// A helper ends a probe with its answer; a panic that is a mistake goes on.
func TestAProbeEndsEarly(t *testing.T) {
	for name, tt := range map[string]struct {
		helper func()
		want   answer
	}{
		"an error of the kernel": {
			func() { call("msync", unix.EIO) }, answer{No, "msync: EIO (input/output error)"},
		},
		"no room": {func() { check(unix.ENOSPC) }, answer{Unknown, unix.ENOSPC.Error()}},
		"other bytes": {func() { equal("pread", []byte{1}, []byte{2}) },
			answer{No, "pread: byte 0 is 0x01 instead of 0x02"}},
		"nothing": {func() { check(nil) }, answer{Yes, "all is well"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := new(site).ask(func(*probing) answer {
				tt.helper()
				return yes("all is well")
			})
			if got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
	defer func() {
		if recover() == nil {
			t.Error("the mistake of a probe was taken for an answer")
		}
	}()
	new(site).ask(func(*probing) answer { panic("a mistake") })
}
