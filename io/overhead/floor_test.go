package overhead

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"mmapbench/internal/latency"
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
	p, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_POPULATE)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { unix.Munmap(p) })
	return p
}

func configure(b *testing.B, be backend.Backend, options string) backend.Access {
	o, err := be.Info().Parse(options)
	if err != nil {
		b.Fatal(err)
	}
	a, err := backend.Configure(be, backend.ToRead, "", o)
	if err != nil {
		b.Fatal(err)
	}
	return a
}

// job is a workload's job, set up, with the number of accesses of one Body.
type job struct {
	workloads.Job
	ops int64
}

func newJob(b *testing.B, w workloads.Workload, a backend.Access, s backend.Spec, path string) *job {
	ops := s.Size / int64(s.Record)
	s.Buf = buffer(b, (s.Record+4095)/4096*4096)
	return startJob(b, w, workloads.Task{Access: a, Spec: s, Data: path, Ops: ops, Seed: 1})
}

func startJob(b *testing.B, w workloads.Workload, t workloads.Task) *job {
	j, err := w.New(t)
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
	return &job{j, t.Ops}
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
		{"zipf", workload(b, "random:zipf=0.99"), 256 << 20},
		{"hotspot", workload(b, "random:hotspot=0.2"), 256 << 20},
		{"normal", workload(b, "random:normal=0.1"), 256 << 20},
	} {
		b.Run(c.name, func(b *testing.B) {
			likeWorker(b)
			j := newJob(b, c.workload, configure(b, backend.Null(), ""), backend.Spec{Size: c.size, Record: 4096}, "")
			bodies(b, j)
		})
	}
}

// workload finds a workload with options.
func workload(b *testing.B, text string) workloads.Workload {
	w, err := workloads.Catalogue{Workloads: workloads.All()}.Workload(text)
	if err != nil {
		b.Fatal(err)
	}
	return w
}

// bodies runs the job's body again and again and returns what one access took,
// in nanoseconds.
func bodies(b *testing.B, j *job) float64 {
	b.ReportAllocs()
	ops := int64(0)
	for b.Loop() {
		b.StopTimer() // what Prepare allocates is not the body's
		if err := j.Prepare(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if err := j.Body(); err != nil {
			b.Fatal(err)
		}
		ops += j.Ops()
	}
	ns := float64(b.Elapsed()) / float64(ops)
	b.ReportMetric(ns, "ns/op")
	return ns
}

// BenchmarkMeteredFloor runs the random workload with accesses timed, or with a
// duration, over the backend that reads nothing. ns/op less that of the floor
// is what metering adds to each access; ns/sample is the same for each that is
// timed: two readings of the clock, and leaving the batch. latency.Plan allows
// for four readings.
func BenchmarkMeteredFloor(b *testing.B) {
	const size, record = 64 << 20, 4096
	var floor float64
	for _, c := range []struct {
		name     string
		every    int64 // 0: none is timed
		duration time.Duration
	}{
		{"off", 0, 0},
		{"every-1", 1, 0},
		{"every-10", 10, 0},
		{"every-100", 100, 0},
		{"lasting", 0, 10 * time.Millisecond},
		{"lasting-every-100", 100, 10 * time.Millisecond},
	} {
		b.Run(c.name, func(b *testing.B) {
			likeWorker(b)
			s := backend.Spec{Size: size, Record: record, Buf: buffer(b, record)}
			t := workloads.Task{Access: configure(b, backend.Null(), ""), Spec: s, Ops: size / record, Seed: 1,
				Duration: c.duration}
			if c.every > 0 {
				t.Latency = latency.NewRecorder(c.every, 0, t.Ops)
			}
			ns := bodies(b, startJob(b, workloads.Random, t))
			switch c.name {
			case "off":
				floor = ns
			case "every-1", "every-10": // rarer ones differ by less than the noise
				b.ReportMetric((ns-floor)*float64(c.every), "ns/sample")
			}
		})
	}
}
