package overhead

import (
	"runtime"
	"runtime/debug"
	"testing"

	"golang.org/x/sys/unix"

	"mmapbench/io/backend"
	"mmapbench/workloads"
)

// likeWorker sets the benchmark up like a worker process: thread locked, no
// garbage collection, a P to spare.
func likeWorker(b *testing.B) {
	runtime.LockOSThread()
	percent, procs := debug.SetGCPercent(-1), runtime.GOMAXPROCS(0)
	runtime.GOMAXPROCS(max(procs, 2))
	b.Cleanup(func() {
		debug.SetGCPercent(percent)
		runtime.GOMAXPROCS(procs)
		runtime.UnlockOSThread()
	})
}

// buffer returns page-aligned memory that has been touched.
func buffer(b *testing.B, n int) []byte {
	p, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_POPULATE)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { unix.Munmap(p) })
	return p
}

// job is a workload's job, set up, with the number of accesses of one Body.
type job struct {
	workloads.Job
	ops int64
}

func newJob(b *testing.B, w workloads.Workload, be backend.Backend, s backend.Spec, path string) *job {
	ops := s.Size / int64(s.Record)
	s.Buf = buffer(b, (s.Record+4095)/4096*4096)
	j, err := w.New(workloads.Task{Backend: be, Spec: s, Data: path, Ops: ops, Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	if err := j.Setup(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := j.Teardown(); err != nil {
			b.Error(err)
		}
	})
	return &job{j, ops}
}

// BenchmarkFloor runs the workloads over the backend that reads nothing: the
// pattern, the batches and the calls are all that is left. A number of records
// that is no power of two makes the random pattern draw up to twice.
func BenchmarkFloor(b *testing.B) {
	for _, c := range []struct {
		name     string
		workload workloads.Workload
		size     int64
	}{
		{"seqscan", workloads.SeqScan, 256 << 20},
		{"random", workloads.Random, 256 << 20},
		{"random-uneven", workloads.Random, 200 << 20},
	} {
		b.Run(c.name, func(b *testing.B) {
			likeWorker(b)
			j := newJob(b, c.workload, backend.Null(), backend.Spec{Size: c.size, Record: 4096}, "")
			b.ReportAllocs()
			laps := int64(0)
			for b.Loop() {
				b.StopTimer() // what Prepare allocates is not the body's
				if err := j.Prepare(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				if err := j.Body(); err != nil {
					b.Fatal(err)
				}
				laps++
			}
			b.ReportMetric(float64(b.Elapsed())/float64(laps*j.ops), "ns/op")
		})
	}
}
