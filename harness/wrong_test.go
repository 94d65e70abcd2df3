package harness_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"mmapbench/harness"
	"mmapbench/internal/dataset"
	"mmapbench/io/backend"
	"mmapbench/results"
	"mmapbench/workloads"
)

// wrong is a workload as somebody might write it, and what must be said of it
// before anything is measured.
type wrong struct {
	name string
	want string // part of the error
	work workloads.Workload
}

func reader(name string, body func(*workloads.Reading) error) workloads.Workload {
	return workloads.Reader(workloads.Info{Name: name, Sampled: true}, body)
}

func batches(name string, fill func(t workloads.Task, b *backend.Batch, calls int) bool) workloads.Workload {
	return workloads.Batches(workloads.Info{Name: name, Sampled: true},
		func(t workloads.Task) func(*backend.Batch) bool {
			calls := 0
			return func(b *backend.Batch) bool {
				calls++
				return fill(t, b, calls)
			}
		})
}

// times reads n records, each as it should be.
func times(r *workloads.Reading, n int64) error {
	for i := range n {
		off := i % (r.Spec.Size / int64(r.Spec.Record)) * int64(r.Spec.Record)
		p, err := r.View(off, r.Spec.Record)
		if err != nil {
			return err
		}
		r.Consume(p, off)
	}
	return nil
}

// parts reads all records and hands each to use.
func parts(r *workloads.Reading, use func(p []byte, off, i int64)) error {
	for i := range r.Ops {
		off := i % (r.Spec.Size / int64(r.Spec.Record)) * int64(r.Spec.Record)
		p, err := r.View(off, r.Spec.Record)
		if err != nil {
			return err
		}
		use(p, off, i)
	}
	return nil
}

func wrongs() []wrong {
	record := func(r *workloads.Reading) int64 { return int64(r.Spec.Record) }
	return []wrong{
		{"returns at once", "made none of the 64 accesses",
			reader("at-once", func(*workloads.Reading) error { return nil })},
		{"half the work", "made 32 of the 64 accesses",
			reader("half", func(r *workloads.Reading) error { return times(r, r.Ops/2) })},
		{"several accesses in one operation", "made 192 accesses where 64 were asked for",
			reader("thrice", func(r *workloads.Reading) error { return times(r, 3*r.Ops) })},
		{"a part of each record", "asked for 512 B in 64 accesses of records of 4k",
			reader("heads", func(r *workloads.Reading) error {
				for i := range r.Ops {
					p, err := r.View(i*record(r), 8)
					if err != nil {
						return err
					}
					r.Consume(p, i*record(r))
				}
				return nil
			})},
		{"consumes nothing", "consumed nothing", reader("nothing", func(r *workloads.Reading) error {
			for i := range r.Ops {
				if _, err := r.View(i*record(r), r.Spec.Record); err != nil {
					return err
				}
			}
			return nil
		})},
		{"looks at the head of each record", "does not look at all that it reads",
			reader("head-only", func(r *workloads.Reading) error {
				return parts(r, func(p []byte, off int64, _ int64) { r.Consume(p[:8], off) })
			})},
		{"looks at half of each record", "does not look at all that it reads",
			reader("half-only", func(r *workloads.Reading) error {
				return parts(r, func(p []byte, off int64, _ int64) { r.Consume(p[:len(p)/2], off) })
			})},
		{"skips one record of ten", "does not look at all that it reads",
			reader("skips", func(r *workloads.Reading) error {
				return parts(r, func(p []byte, off, i int64) {
					if i%10 != 9 {
						r.Consume(p, off)
					}
				})
			})},
		{"a total of its own from the head", "does not look at all that it reads",
			reader("own-head", func(r *workloads.Reading) error {
				return parts(r, func(p []byte, _, _ int64) { r.Total += first(p) })
			})},
		{"ends the process well", "the workload ended its process (exit status 0)",
			reader("exits-well", func(*workloads.Reading) error { os.Exit(0); return nil })},
		{"a panic in a goroutine", "panic: elsewhere, at wrong_test.go:",
			reader("panics-elsewhere", func(*workloads.Reading) error {
				go func() { panic("elsewhere") }()
				time.Sleep(time.Hour)
				return nil
			})},
		{"a deadlock", "deadlock: every goroutine waits for another, at wrong_test.go:",
			reader("deadlock", func(*workloads.Reading) error { select {} })},
		{"a total of its own invention", "consumed nothing", reader("invents", func(r *workloads.Reading) error {
			for i := range r.Ops {
				if _, err := r.View(i*record(r), r.Spec.Record); err != nil {
					return err
				}
				r.Total += uint64(i)
			}
			return nil
		})},
		{"swallows errors", "returned no error although View failed",
			reader("swallows", func(r *workloads.Reading) error {
				for i := range r.Ops {
					if p, err := r.View(i*record(r), r.Spec.Record); err == nil {
						r.Consume(p, i*record(r))
					}
				}
				return nil
			})},
		{"ends well at an error", "returned no error although View failed",
			reader("breaks", func(r *workloads.Reading) error {
				for i := range r.Ops {
					p, err := r.View(i*record(r), r.Spec.Record)
					if err != nil {
						break
					}
					r.Consume(p, i*record(r))
				}
				return nil
			})},
		{"looks at no error", "does not return an error of View", reader("blind", func(r *workloads.Reading) error {
			for i := range r.Ops {
				p, _ := r.View(i*record(r), r.Spec.Record)
				r.Total += uint64(p[0])
			}
			return nil
		})},
		{"beyond the file", "outside the file", reader("beyond", func(r *workloads.Reading) error {
			_, err := r.View(r.Spec.Size, r.Spec.Record)
			return err
		})},
		{"a panic", "panic: on purpose, at wrong_test.go:",
			reader("panicking", func(*workloads.Reading) error { panic("on purpose") })},
		{"an index out of range", "panic: runtime error: index out of range [7] with length 0, at wrong_test.go:",
			reader("index", func(r *workloads.Reading) error {
				r.Total += uint64([]byte{}[min(7, r.Ops)])
				return nil
			})},
		{"ends the process", "exit status 3", reader("exits", func(*workloads.Reading) error {
			os.Exit(3)
			return nil
		})},
		{"differs between processes", "cannot be repeated", reader("pid", func(r *workloads.Reading) error {
			r.Total += uint64(os.Getpid())
			return times(r, r.Ops)
		})},
		{"differs between laps", "cannot be repeated", reader("dice", func(r *workloads.Reading) error {
			r.Total += rand.Uint64()
			return times(r, r.Ops)
		})},
		{"has no end", "did not end: it had made", reader("endless", func(r *workloads.Reading) error {
			for {
				if _, err := r.View(0, r.Spec.Record); err != nil {
					return err
				}
			}
		})},
		{"batches without an end", "did not end: it had made",
			batches("full", func(_ workloads.Task, b *backend.Batch, _ int) bool {
				b.N = len(b.Room())
				clear(b.Room())
				return true
			})},
		{"empty batches without an end", "did not end: after 0 of 64 accesses",
			batches("empty", func(_ workloads.Task, b *backend.Batch, _ int) bool {
				b.N = 0
				return true
			})},
		{"more than a batch holds", "fills 1025 offsets of a batch that has room for 1024",
			batches("overfull", func(_ workloads.Task, b *backend.Batch, _ int) bool {
				b.N = backend.BatchMax + 1
				return true
			})},
		{"more than the room", "fills 64 offsets of a batch that has room for ",
			batches("roomless", func(t workloads.Task, b *backend.Batch, calls int) bool {
				for i := range t.Ops {
					b.Off[i] = i * int64(t.Spec.Record)
				}
				b.N = int(t.Ops)
				return calls == 1
			})},
		{"others by the room", "where single accesses were timed",
			batches("by-room", func(t workloads.Task, b *backend.Batch, calls int) bool {
				b.N = 1 // one of 64 accesses in a batch, each where the room says
				b.Off[0] = int64(len(b.Room())) % (t.Spec.Size / int64(t.Spec.Record)) * int64(t.Spec.Record)
				return calls <= int(t.Ops)
			})},
	}
}

// TestWrongWorkloadsAreFoundBeforeTheyAreMeasured: each of them was reported
// with figures, or blamed on the backend, or waited for.
func TestWrongWorkloadsAreFoundBeforeTheyAreMeasured(t *testing.T) {
	t.Parallel()
	for _, w := range wrongs() {
		t.Run(w.name, func(t *testing.T) {
			start := time.Now()
			got, end, err := run(t, "rounds=1\nsize='1M'\nrecord='4k'\nops='64'\ncache='warm'\nworkload=['seqscan','"+
				w.work.Info().Name+"']\nbackend='mmap'", nil)
			if err == nil || !strings.Contains(err.Error(), w.want) ||
				!strings.Contains(err.Error(), w.work.Info().Name) {
				t.Fatalf("ended %q: %v\nwant: %s", end.Status, err, w.want)
			}
			if end.Status != results.EndError || len(got.Trials) != 0 {
				t.Errorf("ended %q after %d trials", end.Status, len(got.Trials))
			}
			if e := (*results.TrialError)(nil); errors.As(err, &e) && e.Kind == results.ErrorPanic &&
				(strings.Contains(e.Text, "\n") || !strings.Contains(e.Stack, "wrong_test.go") ||
					strings.Contains(e.Stack, "debug.Stack")) {
				t.Errorf("a panic's text is %q, its stack\n%s", e.Text, e.Stack)
			}
			if took := time.Since(start); took > 15*time.Second {
				t.Errorf("it took %v", took) // a limit of the examination, not of the machine
			}
		})
	}
}

// search looks for keys in records that are in order: several accesses for each.
func search(info workloads.Info) workloads.Workload {
	return workloads.Reader(info, func(r *workloads.Reading) error {
		record := int64(r.Spec.Record)
		for i := range r.Ops {
			low, high := int64(0), r.Spec.Size/record
			want := (r.Seed + uint64(i)*7919) % uint64(high) * uint64(record)
			for low < high {
				mid := (low + high) / 2
				p, err := r.View(mid*record, r.Spec.Record)
				if err != nil {
					return err
				}
				r.Consume(p, mid*record)
				switch key := first(p); {
				case key == want:
					low = high
				case key < want:
					low = mid + 1
				default:
					high = mid
				}
			}
		}
		return nil
	})
}

func first(p []byte) (w uint64) {
	for i := range 8 {
		w |= uint64(p[i]) << (8 * i)
	}
	return w
}

func depth(size, record int64) (n int64) {
	for records := size / record; records > 0; records /= 2 {
		n++
	}
	return n
}

var sorted = workloads.Info{Name: "sorted", Sampled: true, Views: depth,
	Dataset: func(off int64) uint64 { return uint64(off) }}

// TestOneOperationOfSeveralAccesses: what was made is counted, in every mode, and
// the dataset is the workload's own.
func TestOneOperationOfSeveralAccesses(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"latency='on'", "latency='off'", "duration='50ms'\nlatency='on'"} {
		t.Run(mode, func(t *testing.T) {
			const text = "rounds=1\nsize='1M'\nrecord='4k'\nops='100'\ncache=['cold','warm','mapped']\n" +
				"workload=['sorted','seqscan']\nbackend=['pread','mmap']\n"
			got, end, err := run(t, text+mode, nil)
			if err != nil || end.Status != results.EndComplete {
				t.Fatalf("ended %q: %v", end.Status, err)
			}
			for _, tr := range got.Trials {
				if tr.Error != nil {
					t.Fatalf("%+v", tr.Error)
				}
				arm := got.Header.Plan.Arms[tr.Arm]
				if arm.Workload != "sorted" {
					if tr.Accesses != 0 || tr.Bytes != 0 {
						t.Errorf("%s: %d accesses counted", arm.Workload, tr.Accesses)
					}
					continue
				}
				lap := tr.Accesses / int64(tr.Laps)
				if tr.Bytes != tr.Accesses*4096 || tr.Ops == 0 && (lap < 400 || lap > 900) ||
					tr.Ops > 0 && tr.Accesses != tr.Ops {
					t.Errorf("%d accesses to %d bytes in %d laps of 100 searches (ops %d)",
						tr.Accesses, tr.Bytes, tr.Laps, tr.Ops)
				}
				if l := tr.Latency; l != nil && l.Count != tr.Accesses {
					t.Errorf("%d accesses were timed of %d", l.Count, tr.Accesses)
				}
			}
		})
	}
}

// TestContentsOfOneSizeAreKeptApart: the workload's own dataset lies beside the
// common one, is used again, and is removed with it.
func TestContentsOfOneSizeAreKeptApart(t *testing.T) {
	fx := fixture{dir: t.TempDir(), path: t.TempDir() + "/run.jsonl"}
	const text = "rounds=1\nsize='1M'\nrecord='4k'\nops='10'\ncache='warm'\nworkload=['sorted','random','copy']\n" +
		"backend=['pread','mmap']"
	for try := range 2 {
		made := false
		_, end, err := fx.run(t, text, func(r *harness.Runner) {
			r.Tell = when(func(harness.Making) { made = true })
		})
		if err != nil || end.Status != results.EndComplete {
			t.Fatalf("ended %q: %v", end.Status, err)
		}
		if made != (try == 0) {
			t.Errorf("try %d: datasets were made: %v", try, made)
		}
		os.Remove(fx.path)
	}
	cleaned, err := dataset.Clean(fx.dir)
	var names []string
	for _, r := range cleaned.Removed {
		names = append(names, r.Path)
	}
	if all := strings.Join(names, " "); err != nil || len(cleaned.Left) != 0 || strings.Count(all, "data-1M-") != 2 ||
		strings.Count(all, "data-256k-") != 2 {
		t.Errorf("removed %s, left %v: %v", all, cleaned.Left, err)
	}
}
