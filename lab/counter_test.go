package lab

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"strings"
	"testing"
)

func TestCounter(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx := context.Background()
	o := CounterOptions{Common: jsonCommon, File: "n"}
	number := func() uint64 {
		t.Helper()
		b, err := os.ReadFile("n")
		if err != nil || len(b) != 8 {
			t.Fatalf("%d bytes, %v", len(b), err)
		}
		return binary.NativeEndian.Uint64(b)
	}
	steps := []struct {
		run  func(*bytes.Buffer) error
		want uint64
	}{
		{func(b *bytes.Buffer) error { return CounterInit(b, o) }, 0},
		{func(b *bytes.Buffer) error { return CounterIncrement(ctx, b, o) }, 1},
		{func(b *bytes.Buffer) error { return CounterIncrement(ctx, b, o) }, 2},
		{func(b *bytes.Buffer) error { return CounterShow(b, o) }, 2},
		{func(b *bytes.Buffer) error { o.Times = 40; return CounterIncrement(ctx, b, o) }, 42},
		{func(b *bytes.Buffer) error { o.How = Atomic; return CounterIncrement(ctx, b, o) }, 82},
	}
	for i, s := range steps {
		if _, err := play(t, s.run); err != nil || number() != s.want {
			t.Fatalf("step %d: the number is %d, want %d; %v", i, number(), s.want, err)
		}
	}
	fails(t, CounterInit(new(bytes.Buffer), o), "a counter begins at 0 in a new file")
}

// TestLostUpdates: plain increments of several processes are lost, atomic ones
// are not.
func TestLostUpdates(t *testing.T) {
	t.Chdir(t.TempDir())
	r, err := play(t, func(b *bytes.Buffer) error {
		return CounterDemo(context.Background(), b, CounterOptions{Common: jsonCommon, Processes: 4, Times: 200_000})
	})
	if err != nil {
		t.Fatal(err)
	}
	lost := r.facts("lost")
	if len(lost) != 2 || strings.HasPrefix(lost[0], "0 of") || !strings.HasPrefix(lost[1], "0 of 800000") {
		t.Errorf("lost: %q", lost)
	}
	if left, _ := os.ReadDir("."); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestCounterRefuses(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx := context.Background()
	write(t, "f", []byte("precious"+"!"), 0o600)
	o := CounterOptions{Common: jsonCommon, File: "f"}
	fails(t, CounterInit(new(bytes.Buffer), o), "left alone")
	fails(t, CounterIncrement(ctx, new(bytes.Buffer), o), "not a counter")
	fails(t, CounterShow(new(bytes.Buffer), o), "not a counter")
	holds(t, "f", []byte("precious!"))
	o.How = "fast"
	fails(t, CounterIncrement(ctx, new(bytes.Buffer), o), "plain or atomic")

	write(t, "n", make([]byte, 8), 0o600)
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	err := CounterIncrement(stopped, new(bytes.Buffer), CounterOptions{Common: jsonCommon, File: "n", Processes: 2,
		Times: 10})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("counting that was stopped: %v", err)
	}
}
