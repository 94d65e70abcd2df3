package workloads

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"mmapbench/internal/latency"
	"mmapbench/io/backend"
	"mmapbench/io/mmapio"
	"mmapbench/io/readwrite"
)

// chase goes where the words that it reads tell it to.
var chase = Reader(Info{Name: "chase", Sampled: true}, func(r *Reading) error {
	record, off := int64(r.Spec.Record), int64(0)
	for range r.Ops {
		p, err := r.View(off, int(record))
		if err != nil {
			return err
		}
		r.Consume(p, off)
		off = int64((binary.LittleEndian.Uint64(p)+r.Seed)%uint64(r.Spec.Size/record)) * record
	}
	return nil
})

var reading = []Workload{SeqScan, Random, chase}

var backends = []backend.Backend{readwrite.Read, readwrite.Pread, mmapio.Mmap}

const record = 512

// dataset makes a file of so many records.
func dataset(t testing.TB, records int) (path string, size int64) {
	t.Helper()
	p := make([]byte, records*record)
	for i := 0; i < len(p); i += 8 {
		binary.LittleEndian.PutUint64(p[i:], uint64(i+1)*0x9e3779b97f4a7c15)
	}
	path = filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(path, p, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, int64(len(p))
}

// access configures a backend for every verb at once.
func access(b backend.Backend) (all backend.Access) {
	all, _ = backend.Configure(b, backend.ToRead, "", nil)
	add, _ := backend.Configure(b, backend.ToAppend, "", nil)
	dup, _ := backend.Configure(b, backend.ToCopy, "", nil)
	all.OpenAppend, all.OpenCopy = add.OpenAppend, dup.OpenCopy
	return all
}

func task(b backend.Backend, path string, size, ops int64) Task {
	return Task{Access: access(b), Data: path, Ops: ops, Seed: 3,
		Spec: backend.Spec{Size: size, Record: record, Consumer: backend.Sum, Durability: backend.None,
			Buf: make([]byte, record)}}
}

// lap runs one life cycle and returns the job.
func lap(t interface{ Fatal(...any) }, w Workload, task Task) Job {
	j, err := w.New(task)
	if err != nil {
		t.Fatal(err)
	}
	again(t, j)
	return j
}

func again(t interface{ Fatal(...any) }, j Job) {
	for _, phase := range []func() error{j.Prepare, j.Setup, j.Body, j.Sync, j.Teardown} {
		if err := phase(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTimingAccessesChangesNothing(t *testing.T) {
	const records = 700
	path, size := dataset(t, records)
	rapid.Check(t, func(t *rapid.T) {
		w := rapid.SampledFrom(reading).Draw(t, "workload")
		ops := rapid.Int64Range(1, 3*records).Draw(t, "ops")
		every := rapid.OneOf(rapid.Just(int64(1)), rapid.Int64Range(1, 3000)).Draw(t, "every")
		plain := task(rapid.SampledFrom(backends).Draw(t, "backend"), path, size, ops)
		timed := plain
		timed.Latency = latency.NewRecorder(every, 27, ops)
		want := lap(t, w, plain)
		got := lap(t, w, timed)
		for laps := int64(1); laps <= 2; laps++ {
			if got.Sum() != want.Sum() || got.Ops() != ops || want.Ops() != ops {
				t.Fatalf("sum %#x of %d accesses, want %#x of %d", got.Sum(), got.Ops(), want.Sum(), ops)
			}
			if n := counted(timed.Latency); n != laps*ops/every && n != (laps*ops+every-1)/every {
				t.Fatalf("%d samples of %d accesses, one in %d", n, laps*ops, every)
			}
			again(t, got)
		}
	})
}

func counted(r *latency.Recorder) int64 {
	if s := r.Summary(); s != nil {
		return s.Count
	}
	return 0
}

func TestTimingWritesChangesNothing(t *testing.T) {
	const records = 400
	path, size := dataset(t, records)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	size -= 24 // a last record that is shorter
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	rapid.Check(t, func(t *rapid.T) {
		w := rapid.SampledFrom([]Workload{Append, Copy}).Draw(t, "workload")
		every := rapid.OneOf(rapid.Just(int64(1)), rapid.Int64Range(1, 600)).Draw(t, "every")
		timed := task(rapid.SampledFrom(backends).Draw(t, "backend"), path, size, records)
		timed.Out, timed.Latency = out, latency.NewRecorder(every, 27, records)
		want := content[:size]
		if w == Append {
			n := int64(rapid.IntRange(1, records).Draw(t, "source")) * record
			timed.Source = content[:min(n, size)]
			want = bytes.Repeat(timed.Source, int(size)/len(timed.Source)+1)[:size]
		}
		j := lap(t, w, timed)
		got, err := os.ReadFile(out)
		if err := errors.Join(err, os.Remove(out)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("%d bytes were written, and not those of the source (%d)", len(got), len(want))
		}
		if n := counted(timed.Latency); j.Ops() != records || n != records/every && n != (records+every-1)/every {
			t.Fatalf("%d samples of %d accesses, one in %d", n, j.Ops(), every)
		}
	})
}

// TestWhatLastedCanBeDoneAgain checks that a trial with a duration did what the
// same trial with as many accesses does, and that its ticks add up.
func TestWhatLastedCanBeDoneAgain(t *testing.T) {
	path, size := dataset(t, 333)
	for _, w := range reading {
		for _, every := range []int64{0, 1, 40} {
			t.Run(fmt.Sprintf("%s, one in %d", w.Info().Name, every), func(t *testing.T) {
				lasting := task(readwrite.Pread, path, size, 5)
				lasting.Duration = 30 * time.Millisecond
				if every > 0 {
					lasting.Latency = latency.NewRecorder(every, 27, 1000)
				}
				var elapsed time.Duration
				var ops, bytes int64
				lasting.Tick = func(at time.Duration, o, b int64) { elapsed, ops, bytes = at, ops+o, bytes+b }
				j := lap(t, w, lasting)
				if elapsed < lasting.Duration || ops != j.Ops() || bytes != ops*record || ops == 0 {
					t.Errorf("ticks of %d accesses and %d bytes until %v; the job made %d in %v", ops, bytes,
						elapsed, j.Ops(), lasting.Duration)
				}
				if n := j.Ops(); every > 0 {
					if got := counted(lasting.Latency); got != n/every && got != (n+every-1)/every {
						t.Errorf("%d samples of %d accesses, one in %d", got, n, every)
					}
				}
				replay := lap(t, w, task(mmapio.Mmap, path, size, j.Ops()))
				if replay.Sum() != j.Sum() || replay.Ops() != j.Ops() {
					t.Errorf("done again, %d accesses have the sum %#x, want %#x", replay.Ops(), replay.Sum(),
						j.Sum())
				}
			})
		}
	}
}

func TestWhatCannotLastIsRefused(t *testing.T) {
	whole := Reader(Info{Name: "whole"}, func(*Reading) error { return nil })
	for _, w := range []Workload{Append, Copy, whole} {
		lasting := task(mmapio.Mmap, "", record, 1)
		lasting.Duration, lasting.Source = time.Second, make([]byte, record)
		if _, err := w.New(lasting); err == nil ||
			!strings.Contains(err.Error(), w.Info().Name+" cannot go on") || w.Info().CanLast() {
			t.Errorf("%s may last: %v; error %v", w.Info().Name, w.Info().CanLast(), err)
		}
	}
	for _, w := range reading {
		if !w.Info().CanLast() {
			t.Errorf("%s may not last", w.Info().Name)
		}
	}
}

func TestAppendRefusesSourceOfBrokenRecords(t *testing.T) {
	for _, c := range []struct{ source, record int }{{record + 8, record}, {0, record}, {record, 0},
		{20 * record, -8}} {
		bad := task(readwrite.Pread, "", 10*record, 10)
		bad.Source, bad.Spec.Record = make([]byte, c.source), c.record
		if _, err := Append.New(bad); err == nil {
			t.Errorf("records of %d from a source of %d bytes were accepted", c.record, c.source)
		}
	}
}

func TestBodiesAllocateNothing(t *testing.T) {
	path, size := dataset(t, 5000)
	content := make([]byte, 1000*record)
	for _, w := range []Workload{SeqScan, Random, chase, Append, Copy} {
		for _, b := range backends {
			for name, set := range map[string]func(*Task){
				"plain":   func(*Task) {},
				"timed":   func(t *Task) { t.Latency = latency.NewRecorder(1, 27, 100) },
				"sampled": func(t *Task) { t.Latency = latency.NewRecorder(7, 27, t.Ops) },
				"lasting": func(t *Task) { t.Duration = 5 * time.Millisecond },
				"all this": func(t *Task) {
					t.Latency, t.Duration = latency.NewRecorder(7, 27, 100), 5*time.Millisecond
				},
			} {
				tk := task(b, path, size, size/record)
				tk.Source = content
				if set(&tk); tk.Duration > 0 && !w.Info().CanLast() {
					continue
				}
				if n := bodyAllocs(t, w, tk); n != 0 {
					t.Errorf("%s by %s, %s: %v allocations in Body", w.Info().Name, b.Info().Name, name, n)
				}
			}
		}
	}
}

// bodyAllocs counts in Body alone: that of one job to warm up and of two whose
// average, in whole numbers, leaves out a stray allocation of the runtime's.
func bodyAllocs(t *testing.T, w Workload, tk Task) float64 {
	t.Helper()
	var jobs []Job
	for i := range 3 {
		tk.Out = filepath.Join(t.TempDir(), fmt.Sprint(i))
		j, err := w.New(tk)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(j.Prepare(), j.Setup()); err != nil {
			t.Fatal(err)
		}
		jobs = append(jobs, j)
	}
	next := 0
	n := testing.AllocsPerRun(2, func() {
		if err := jobs[next].Body(); err != nil {
			t.Error(err)
		}
		next++
	})
	for _, j := range jobs {
		if err := j.Teardown(); err != nil {
			t.Error(err)
		}
	}
	return n
}
