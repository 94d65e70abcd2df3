package workloads

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mmapbench/internal/latency"
	"mmapbench/internal/trace"
	"mmapbench/io/backend"
	"mmapbench/io/readwrite"
)

func traced(t testing.TB, text string) *trace.Trace {
	t.Helper()
	got, err := trace.Parse(strings.NewReader("# mmapbench trace 1\nop,offset,length,gap_ns,took_ns,file\n" + text))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// spy is a backend that notes what it is asked for.
type spy struct {
	spec backend.Spec
	seen *[][2]int64
}

func (s spy) Worker(int) (backend.Worker, error) { return s, nil }
func (s spy) Close() error                       { return nil }
func (s spy) View(off int64, n int) ([]byte, error) {
	*s.seen = append(*s.seen, [2]int64{off, int64(n)})
	return make([]byte, n), s.spec.Check(off, n)
}

func spied(t interface{ Fatal(...any) }, w Workload, spec backend.Spec, ops int64) (seen [][2]int64) {
	lap(t, w, Task{Spec: spec, Ops: ops, Access: backend.Access{
		Open: func(_ string, s backend.Spec) (backend.File, error) { return spy{s, &seen}, nil }}})
	return seen
}

func TestReplay(t *testing.T) {
	tr := traced(t, "file,,70000,,,/a\nread,0,10,,,/a\nwrite,5,10,9,,/a\nread,100,4100,7,,/b\nread,10,20,8,,/a\n")
	w := Replay(tr)
	shape := Shape{Size: 3 * trace.Align, Record: 4104, Ops: 3, Bytes: 4130, Align: 2}
	if diff := cmp.Diff(&shape, w.Info().Shape); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	spec := backend.Spec{Size: shape.Size, Record: int(shape.Record), Consumer: backend.Sum}
	want := [][2]int64{{0, 10}, {2*trace.Align + 100, 4100}, {10, 20}}
	if diff := cmp.Diff(want, spied(t, w, spec, shape.Ops)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if _, err := w.Info().Configure(nil); err != nil {
		t.Errorf("with gaps: %v", err)
	}
	if gaps := tr.Reads()[1].Gap; gaps != 9+7 {
		t.Errorf("a gap of %d, of which a part stood before the write", gaps)
	}
}

// TestReplayFits: on a smaller file, as at a rehearsal, every access lies in the file and
// keeps its alignment.
func TestReplayFits(t *testing.T) {
	w := Replay(traced(t, "file,,9000000,,,/a\nread,8000512,512,,,/a\nread,1024,65536,,,/a\nread,512,1536,,,/b\n"))
	rapid.Check(t, func(t *rapid.T) {
		record := rapid.SampledFrom([]int{512, 4096, 65536}).Draw(t, "record")
		size := int64(record) * rapid.Int64Range(1, 70).Draw(t, "records")
		ops := rapid.Int64Range(1, 3).Draw(t, "ops")
		seen := spied(t, w, backend.Spec{Size: size, Record: record, Consumer: backend.Sum}, ops)
		if int64(len(seen)) != ops {
			t.Fatalf("%d accesses, want %d", len(seen), ops)
		}
		for _, a := range seen {
			if a[0]%512 != 0 || a[1]%512 != 0 {
				t.Fatalf("%d bytes at %d are not aligned", a[1], a[0])
			}
		}
	})
}

// TestReplayLetsTimePass: a gap is a part of the lap, and of no access that is timed.
func TestReplayLetsTimePass(t *testing.T) {
	const gap = 20 * time.Millisecond
	all := Catalogue{Workloads: All()}
	if _, err := all.Workload("replay"); !errors.Is(err, errNoTrace) {
		t.Fatalf("without a trace: %v", err)
	}
	if _, err := all.Workload("replay:gaps"); !errors.Is(err, errNoTrace) {
		t.Fatalf("without a trace: %v", err)
	}
	tr := traced(t, "read,0,8,,,/a\nread,8,8,20000000,,/a\nread,16,8,,,/a\n")
	w, err := all.WithTrace(tr).Workload("replay:gaps")
	if err != nil || w.Info().Name != "replay:gaps" {
		t.Fatalf("%v, %v", w, err)
	}
	path, _ := dataset(t, 128)
	if err := os.Truncate(path, tr.Size); err != nil {
		t.Fatal(err)
	}
	for _, timed := range []bool{false, true} {
		do := task(readwrite.Pread, path, tr.Size, 3)
		if timed {
			do.Latency = latency.NewRecorder(1, 0, 3)
		}
		began := time.Now()
		lap(t, w, do)
		if took := time.Since(began); took < gap {
			t.Errorf("a lap of %v, want at least %v", took, gap)
		}
		if timed {
			if l := do.Latency; l.Summary().Count != 3 {
				t.Errorf("%d accesses were timed", l.Summary().Count)
			}
		}
	}
}
