package drain

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// write starts a shell that writes to both pipes, waits for it, and returns the tails.
func write(t *testing.T, script string) (out, err string) {
	t.Helper()
	d, e := Start(2)
	if e != nil {
		t.Fatal(e)
	}
	defer d.Close()
	cmd := exec.Command("sh", "-c", script)
	cmd.Stdout, cmd.Stderr = d.Writers[0], d.Writers[1]
	if e := cmd.Start(); e != nil {
		t.Fatal(e)
	}
	d.Started()
	if e := cmd.Wait(); e != nil {
		t.Fatal(e)
	}
	tails := d.Tails()
	return tails[0], tails[1]
}

func TestTails(t *testing.T) {
	var numbers bytes.Buffer
	for i := 1; i <= 300000; i++ {
		fmt.Fprintln(&numbers, i)
	}
	end := numbers.String()[numbers.Len()-TailBytes:]
	for _, c := range []struct{ what, script, out, err string }{
		{"nothing", "true", "", ""},
		{"a line each", "echo out; echo err >&2", "out\n", "err\n"},
		{"more than a pipe holds", "seq 300000", end, ""},
		{"more than a pipe holds, in both", "seq 300000; seq 300000 >&2", end, end},
		{"in small pieces", "i=0; while [ $i -lt 3000 ]; do echo $i; i=$((i+1)); done", "2998\n2999\n", ""},
		{"with a child that goes on", "echo begin; (sleep 20; echo late) & echo end", "begin\nend\n", ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			began := time.Now()
			out, err := write(t, c.script)
			if !strings.HasSuffix(out, c.out) || len(out) > TailBytes || c.out == "" && out != "" || err != c.err {
				t.Errorf("got %d bytes %.60q and %d bytes %.60q", len(out), out, len(err), err)
			}
			if time.Since(began) > 15*time.Second {
				t.Error("it waited for a child in the background")
			}
		})
	}
}

// TestAWriterWithoutEnd holds the tails and the end against one that never stops.
func TestAWriterWithoutEnd(t *testing.T) {
	d, err := Start(1)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("yes")
	cmd.Stdout = d.Writers[0]
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	d.Started()
	for range 3 {
		time.Sleep(10 * time.Millisecond)
		if tail := d.Tails()[0]; !strings.Contains(tail, "y\ny\n") {
			t.Errorf("the tail is %.20q", tail)
		}
	}
	d.Close()
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "broken pipe") {
		t.Errorf("the writer ended with %v, want a broken pipe", err)
	}
}

func TestNothingIsLeftOpen(t *testing.T) {
	count := func() int {
		list, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip(err)
		}
		return len(list)
	}
	write(t, "true")
	before := count()
	for range 10 {
		write(t, "echo x")
	}
	if after := count(); after != before {
		t.Errorf("%d descriptors are open, and %d were", after, before)
	}
}
