package overhead

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"mmapbench/io/backend"
	"mmapbench/io/mmapio"
	"mmapbench/io/readwrite"
	"mmapbench/workloads"
)

// fileSize is the size of the file: larger than the second-level caches, small
// enough to stay in the page cache of the smallest board.
const fileSize = 64 << 20

// twin is the compiled C program and what it works on.
type twin struct {
	program string // "": there is no C compiler
	data    string
	dir     string
}

func newTwin(b *testing.B) *twin {
	t := &twin{dir: b.TempDir()}
	t.data = filepath.Join(t.dir, "data")
	words := make([]byte, fileSize)
	for i := 0; i < len(words); i += 8 {
		binary.LittleEndian.PutUint64(words[i:], uint64(i)*0x9e3779b97f4a7c15)
	}
	if err := os.WriteFile(t.data, words, 0o600); err != nil {
		b.Fatal(err)
	}
	cc, err := exec.LookPath("cc")
	if err != nil {
		return t
	}
	t.program = filepath.Join(t.dir, "twin")
	if out, err := exec.Command(cc, "-O3", "-o", t.program, "testdata/twin.c").CombinedOutput(); err != nil {
		b.Fatalf("compile the C twin: %v\n%s", err, out)
	}
	return t
}

// run runs the C loop and returns nanoseconds per access and the sum of all
// passes.
func (t *twin) run(b *testing.B, how, offsets string, record, passes int) (ns float64, sum uint64) {
	b.Helper()
	out, err := exec.Command(t.program, how, t.data, offsets, fmt.Sprint(record), fmt.Sprint(passes)).Output()
	if err != nil {
		b.Fatalf("C twin: %v", err)
	}
	if _, err := fmt.Sscan(string(out), &ns, &sum); err != nil {
		b.Fatalf("C twin wrote %q: %v", out, err)
	}
	return ns, sum
}

// recorder is a file that only writes down where it was asked to read.
type recorder struct{ offs *bytes.Buffer }

func (r recorder) Worker(int) (backend.Worker, error) { return r, nil }
func (r recorder) Close() error                       { return nil }
func (r recorder) View(int64, int) ([]byte, error)    { return nil, backend.ErrRange }
func (r recorder) Do(b *backend.Batch) error {
	return binary.Write(r.offs, binary.NativeEndian, b.Off[:b.N])
}

// offsets writes the offsets that the workload visits to a file.
func (t *twin) offsets(b *testing.B, record int) string {
	b.Helper()
	r := recorder{new(bytes.Buffer)}
	a := backend.Access{Open: func(string, backend.Spec) (backend.File, error) { return r, nil }}
	j := newJob(b, workloads.Random, a, backend.Spec{Size: fileSize, Record: record}, t.data)
	if err := j.Prepare(); err != nil {
		b.Fatal(err)
	}
	if err := j.Body(); err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(t.dir, "offsets")
	if err := os.WriteFile(path, r.offs.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

// BenchmarkTwin runs the loops in Go and in C by turns.
func BenchmarkTwin(b *testing.B) {
	t := newTwin(b)
	for _, c := range []struct {
		how      string
		backend  backend.Backend
		options  string
		consumer backend.Consumer
		record   int
	}{
		{"pread-touch", readwrite.Pread, "", backend.Touch, 4 << 10},
		{"mmap-copy", mmapio.Mmap, "populate", backend.Copy, 4 << 10},
		{"mmap-sum", mmapio.Mmap, "populate", backend.Sum, 64 << 10},
	} {
		b.Run(fmt.Sprintf("%s-%dk", c.how, c.record>>10), func(b *testing.B) {
			likeWorker(b)
			j := newJob(b, workloads.Random, configure(b, c.backend, c.options),
				backend.Spec{Size: fileSize, Record: c.record, Consumer: c.consumer}, t.data)
			t.compare(b, c.how, j, c.record)
		})
	}
}

// passes is how often one run goes through the file: some 50 ms.
const passes = 8

// compare takes turns, a pair an iteration, and reports the medians.
func (t *twin) compare(b *testing.B, how string, j *job, record int) {
	offsets := t.offsets(b, record)
	inGo := func() (float64, uint64) { return runGo(b, j, passes) }
	inC := func() (float64, uint64) { return t.run(b, how, offsets, record, passes) }
	inGo() // warm up
	if t.program == "" {
		b.Log("there is no C compiler (cc): the Go figure stands alone")
	}
	var goNs, ratios []float64
	for b.Loop() {
		if t.program == "" {
			g, _ := inGo()
			goNs = append(goNs, g)
			continue
		}
		var g, c float64
		var gSum, cSum uint64
		if len(ratios)%2 == 0 {
			g, gSum = inGo()
			c, cSum = inC()
		} else {
			c, cSum = inC()
			g, gSum = inGo()
		}
		if gSum != cSum {
			b.Fatalf("sum %#x in Go, %#x in C: they do not do the same work", gSum, cSum)
		}
		goNs, ratios = append(goNs, g), append(ratios, g/c)
	}
	b.ReportMetric(median(goNs), "ns/op")
	if len(ratios) > 0 {
		b.ReportMetric(median(ratios), "x-of-C")
	}
}

// BenchmarkBareCopy compares mmap with the consumer copy, as in a trial, with
// nothing but copy() on the same mapping in the same order: x-of-bare is what
// the harness adds.
func BenchmarkBareCopy(b *testing.B) {
	likeWorker(b)
	t := newTwin(b)
	const record = 4 << 10
	mmap := configure(b, mmapio.Mmap, "populate")
	spec := backend.Spec{Size: fileSize, Record: record, Consumer: backend.Copy}
	j := newJob(b, workloads.Random, mmap, spec, t.data)
	raw, err := os.ReadFile(t.offsets(b, record))
	if err != nil {
		b.Fatal(err)
	}
	offs := make([]int64, len(raw)/8)
	if _, err := binary.Decode(raw, binary.NativeEndian, offs); err != nil {
		b.Fatal(err)
	}
	spec.Record, spec.Buf = fileSize, make([]byte, fileSize)
	f, err := mmap.Open(t.data, spec)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	w, err := f.Worker(0)
	if err != nil {
		b.Fatal(err)
	}
	m, err := w.View(0, fileSize)
	if err != nil {
		b.Fatal(err)
	}
	buf := buffer(b, record)
	var goNs, ratios []float64
	for b.Loop() {
		start := time.Now()
		for range passes {
			for _, off := range offs {
				copy(buf, m[off:off+record])
			}
		}
		bare := float64(time.Since(start)) / float64(passes*len(offs))
		g, _ := runGo(b, j, passes)
		goNs, ratios = append(goNs, g), append(ratios, g/bare)
	}
	b.ReportMetric(median(goNs), "ns/op")
	b.ReportMetric(median(ratios), "x-of-bare")
}

// runGo runs the job's body and returns nanoseconds per access and the sum of
// all passes. Every pass uses the same offsets, as a lap of a trial does.
func runGo(b *testing.B, j *job, passes int) (ns float64, sum uint64) {
	b.Helper()
	var took time.Duration
	for range passes {
		if err := j.Prepare(); err != nil {
			b.Fatal(err)
		}
		start := time.Now()
		err := j.Body()
		took += time.Since(start)
		if err != nil {
			b.Fatal(err)
		}
		sum += j.Sum()
	}
	return float64(took) / float64(j.ops*int64(passes)), sum
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	return (x[(len(x)-1)/2] + x[len(x)/2]) / 2
}
