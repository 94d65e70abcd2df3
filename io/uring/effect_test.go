package uring

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"mmapbench/internal/memory"
	"mmapbench/internal/pagecache"
	"mmapbench/internal/posix"
	"mmapbench/io/backend"
)

func checkError(t *testing.T, err error, is error, want string) {
	t.Helper()
	if !errors.Is(err, is) || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want one that wraps %v and says %q", err, is, want)
	}
}

const (
	record  = 4096 * 16 // pages of any size
	records = 96
)

// opened is a file of so many records, opened to be read.
func opened(t *testing.T, options string) (*worker, string) {
	t.Helper()
	given, err := Uring.Info().Parse(options)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	a, err := backend.Configure(Uring, backend.ToRead, dir, given)
	if err != nil {
		t.Skipf("NOT TESTED, set TMPDIR to a directory on another file system: %v", err)
	}
	path := filepath.Join(dir, "data")
	if err := os.WriteFile(path, make([]byte, records*record), 0o600); err != nil {
		t.Fatal(err)
	}
	buf, err := memory.Buffer(int64(a.Needs.Depth) * record)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { posix.Munmap(buf) })
	f, err := a.Open(path, backend.Spec{Size: records * record, Record: record, Buf: buf})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	w, err := f.Worker(0)
	if err != nil {
		t.Fatal(err)
	}
	return w.(*worker), path
}

// readAll reads every record, in two batches of which the first is followed by more.
func readAll(w *worker) error {
	b := backend.Batch{Record: record, N: records / 2, More: true}
	for i := range records {
		b.Off[i%(records/2)] = int64(i) * record
		if i == records/2-1 {
			if err := w.Do(&b); err != nil {
				return err
			}
		}
	}
	b.More = false
	return w.Do(&b)
}

// TestDepth: of a cached file each call of io_uring_enter brings as many records as are
// in flight, and there are as many calls as that takes.
func TestDepth(t *testing.T) {
	for _, depth := range []int{1, 2, 32, 64} {
		w, _ := opened(t, fmt.Sprintf("depth=%d", depth))
		if err := readAll(w); err != nil {
			t.Fatal(err)
		}
		if w.most != depth {
			t.Errorf("depth=%d: %d reads were in flight at most", depth, w.most)
		}
		if want := int64((records + depth - 1) / depth); w.enters < want || depth == 1 && w.enters > want {
			t.Errorf("depth=%d: %d calls for %d reads, want %d or so", depth, w.enters, records, want)
		}
		if depth > 1 && w.enters > records/2 {
			t.Errorf("depth=%d: %d calls for %d reads", depth, w.enters, records)
		}
	}
}

// TestFixedIsRegistered asks the kernel what the ring has.
func TestFixedIsRegistered(t *testing.T) {
	for options, want := range map[string]string{"depth=4": "0 0", "depth=4,fixed": "1 1"} {
		w, _ := opened(t, options)
		text, err := os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", w.ring.fd))
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(`(?m)^User(Files|Bufs):\s*(\d+)`).FindAllSubmatch(text, -1)
		if len(found) != 2 {
			t.Skipf("this kernel does not tell what a ring has:\n%s", text)
		}
		if got := fmt.Sprintf("%s %s", found[0][2], found[1][2]); got != want {
			t.Errorf("%s: %s files and buffers are registered, want %s", options, got, want)
		}
		if err := readAll(w); err != nil {
			t.Error(err)
		}
	}
}

// TestDirectLeavesNoPage: the device delivers every byte, and the cache stays empty.
func TestDirectLeavesNoPage(t *testing.T) {
	w, path := opened(t, "depth=8,direct")
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil || st.Type == unix.TMPFS_MAGIC {
		t.Skip("NOT TESTED: the directory for temporary files has no device behind it")
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if r, err := pagecache.Cold(f, records*record); err != nil || !pagecache.IsCold(r) {
		t.Fatalf("Cold = %+v, %v", r, err)
	}
	blocks := func() int64 {
		var ru unix.Rusage
		if err := unix.Getrusage(unix.RUSAGE_SELF, &ru); err != nil {
			t.Fatal(err)
		}
		return ru.Inblock * 512
	}
	before := blocks()
	if err := readAll(w); err != nil {
		t.Fatal(err)
	}
	if n := blocks() - before; n < records*record {
		t.Errorf("%d bytes came from the device, want %d", n, records*record)
	}
	if r, err := pagecache.Resident(f, records*record); err != nil || r.Resident != 0 {
		t.Errorf("%d pages are in the page cache; error %v", r.Resident, err)
	}
}

// TestErrorHasOffset cuts the file off under reads in flight: the error names the place,
// and what is left can be read afterwards.
func TestErrorHasOffset(t *testing.T) {
	for _, options := range []string{"depth=8", "depth=8,fixed", "depth=8,direct"} {
		w, path := opened(t, options)
		if err := os.Truncate(path, 10*record+100); err != nil {
			t.Fatal(err)
		}
		b := backend.Batch{Record: record, N: 3}
		b.Off = [backend.BatchMax]int64{0, 10 * record, record}
		checkError(t, w.Do(&b), errShortened, fmt.Sprintf("%d bytes at offset %d of %s", record, 10*record, path))
		b.Off[1] = 2 * record
		if err := w.Do(&b); err != nil || w.flying != 0 {
			t.Errorf("%s: what is left: %v; %d in flight", options, err, w.flying)
		}
	}
}
