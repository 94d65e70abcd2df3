package workloads

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"mmapbench/io/backend"
	"mmapbench/io/mmapio"
	"mmapbench/io/readwrite"
)

// places is a file of nothing but words that look random, and notes what is asked for.
type places struct{ offsets []int64 }

func (p *places) open(string, backend.Spec) (backend.File, error) { return p, nil }
func (p *places) Worker(int) (backend.Worker, error)              { return p, nil }
func (p *places) Close() error                                    { return nil }
func (p *places) View(off int64, n int) ([]byte, error) {
	p.offsets = append(p.offsets, off)
	b := make([]byte, n)
	b[0] = byte(off >> 3 * 167)
	return b, nil
}

// offsets are those of a workload over records of 8 bytes.
func offsets(t interface{ Fatal(...any) }, text string, records, ops int64, seed uint64) []int64 {
	w, err := (Catalogue{Workloads: All()}).Workload(text)
	if err != nil {
		t.Fatal(err)
	}
	p := &places{}
	lap(t, w, Task{Access: backend.Access{Open: p.open, OpenOwn: p.open}, Ops: ops, Seed: seed,
		Spec: backend.Spec{Size: records*8 + 7, Record: 8}})
	return p.offsets
}

func TestOrdersOfOffsets(t *testing.T) {
	for _, tt := range []struct {
		text         string
		records, ops int64
		want         []int64 // numbers of records
	}{
		{"reverse", 5, 7, []int64{4, 3, 2, 1, 0, 4, 3}},
		{"stride:step=24", 7, 9, []int64{0, 3, 6, 1, 4, 2, 5, 0, 3}},
		{"stride:step=16", 4, 5, []int64{0, 2, 1, 3, 0}},
		{"stride", 3, 3, []int64{0, 1, 2}}, // the file is shorter than the step
		{"load:passes=5", 3, 3, []int64{0, 1, 2}},
		{"private-cow", 3, 3, []int64{0, 1, 2}},
	} {
		got := offsets(t, tt.text, tt.records, tt.ops, 1)
		for i := range got {
			got[i] /= 8
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s over %d records: %d, want %d", tt.text, tt.records, got, tt.want)
		}
	}
}

// TestEveryRecordOnceAPass is what Info.Repeats promises.
func TestEveryRecordOnceAPass(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{"stride:step=64", "stride", "reverse", "chase", "seqscan", "random"}).
			Draw(t, "workload")
		records := rapid.Int64Range(1, 3000).Draw(t, "records")
		ops := rapid.Int64Range(1, 3*records).Draw(t, "ops")
		seed := rapid.Uint64().Draw(t, "seed")
		seen := make([]int64, records)
		for i, off := range offsets(t, text, records, ops, seed) {
			if seen[off/8]++; seen[off/8] != int64(i)/records+1 {
				t.Fatalf("%s: access %d goes to record %d for the %dth time", text, i, off/8, seen[off/8])
			}
		}
		// The number of accesses does not change where they go.
		if less := ops / 2; !slices.Equal(offsets(t, text, records, ops, seed)[:less],
			offsets(t, text, records, less, seed)) {
			t.Fatalf("%s: the first %d accesses of %d are others", text, less, ops)
		}
	})
}

func TestChaseIsNoScan(t *testing.T) {
	got := offsets(t, "chase", 1000, 1000, 3)
	for i := range got[1:] {
		if d := (got[i+1] - got[i]) / 8; d >= -2 && d <= 2 {
			t.Fatalf("access %d is %d records after the one before", i+1, d)
		}
	}
}

// anonymous is what this process has of memory that is no file's, in bytes.
func anonymous(t *testing.T) (n int64) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(status), "RssAnon:")
	if _, err := fmt.Sscanf(after, "%d kB", &n); err != nil {
		t.Fatal(err)
	}
	return n << 10
}

// held runs a lap of whole pages up to its teardown, and returns by how much the memory
// that is no file's has grown.
func held(t *testing.T, text string, b backend.Backend, options, path string, size int64, record int) (n int64) {
	t.Helper()
	w, err := (Catalogue{Workloads: All()}).Workload(text)
	if err != nil {
		t.Fatal(err)
	}
	o, err := b.Info().Parse(options)
	if err != nil {
		t.Fatal(err)
	}
	a, err := backend.Configure(b, w.Info().Verb(), "", o)
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, record)
	for i := range buf {
		buf[i] = 1
	}
	j, err := w.New(Task{Access: a, Data: path, Ops: size / int64(record), Memory: fresh,
		Spec: backend.Spec{Size: size, Record: record, Consumer: backend.Sum, Buf: buf}})
	if err != nil {
		t.Fatal(err)
	}
	before := anonymous(t)
	for _, phase := range []func() error{j.Prepare, j.Setup, j.Body} {
		if err := phase(); err != nil {
			t.Fatalf("%s by %s: %v", text, b.Info().Name, err)
		}
	}
	n = anonymous(t) - before
	if err := j.Teardown(); err != nil {
		t.Fatal(err)
	}
	if sum := lap(t, SeqScan, task(readwrite.Pread, path, size, size/512)).Sum(); sum != j.Sum() {
		t.Errorf("%s by %s saw %x, and a scan %x", text, b.Info().Name, j.Sum(), sum)
	}
	return n
}

func fresh(n int64) ([]byte, func() error, error) {
	p, err := unix.Mmap(-1, 0, int(n), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	return p, func() error { return unix.Munmap(p) }, err
}

// TestWhatIsHeldInMemory looks at the effect of load and private-cow where it shows: at
// pages that are this process's alone.
func TestWhatIsHeldInMemory(t *testing.T) {
	page := os.Getpagesize()
	const pages = 4096
	size := int64(pages * page)
	path, _ := dataset(t, int(size)/record)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		text    string
		b       backend.Backend
		options string
		record  int
		want    int64 // pages
	}{
		{"load", readwrite.Pread, "", 16 * page, pages},
		{"load:passes=3", readwrite.Pread, "", page, pages},
		{"load:passes=3", mmapio.Mmap, "", 16 * page, 0},
		{"private-cow", mmapio.Mmap, "private", 16 * page, pages},
		{"private-cow:per=record", mmapio.Mmap, "private", 16 * page, pages / 16},
		{"private-cow", readwrite.Pread, "", 16 * page, 0},
	} {
		got := held(t, tt.text, tt.b, tt.options, path, size, tt.record)
		// The runtime takes and gives back memory meanwhile, and the kernel counts in batches.
		if slack := int64(pages / 4 * page); got < tt.want*int64(page)-slack || got > tt.want*int64(page)+slack {
			t.Errorf("%s by %s:%s holds %d bytes, want about %d pages", tt.text, tt.b.Info().Name, tt.options, got,
				tt.want)
		}
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, content) {
		t.Errorf("the file is another one: %v", err)
	}
}

func TestWhoCannotStorePrivately(t *testing.T) {
	for _, tt := range []struct {
		b             backend.Backend
		options, want string
	}{
		{mmapio.Mmap, "", "is stored in the file: give private, as in mmap:private"},
		{mmapio.Mmap, "shared", "give private"},
		{mmapio.Mmap, "private,msync=sync", "a read leaves nothing to sync"},
		{readwrite.Direct, "", "backend direct cannot store privately: pread and mmap:private can"},
	} {
		o, err := tt.b.Info().Parse(tt.options)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := backend.Configure(tt.b, PrivateCow.Info().Verb(), "", o); err == nil ||
			!strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s:%s: error %v, want one with %q", tt.b.Info().Name, tt.options, err, tt.want)
		}
	}
}

func TestSizesThatDoNotFit(t *testing.T) {
	for _, tt := range []struct {
		text   string
		record int64
		want   string // "": it fits
	}{
		{"stride", 64 << 10, ""},
		{"stride", 1 << 20, "give stride:step=16M, or smaller records"},
		{"stride:step=64k", 24 << 10, "no multiple of the record"},
		{"load", int64(os.Getpagesize()), ""},
		{"load", 512, "--record "},
	} {
		w, err := (Catalogue{Workloads: All()}).Workload(tt.text)
		if err != nil {
			t.Fatal(err)
		}
		err = w.Info().Fits(1<<30, tt.record)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s with records of %d: %v, want %q", tt.text, tt.record, err, tt.want)
		}
	}
}
