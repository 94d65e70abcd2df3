package mmapio

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mmapbench/internal/pagecache"
	"mmapbench/internal/procmem"
	"mmapbench/io/backend"
)

const effectSize = 4 << 20

// opened opens a file of zeros in the folder with the options.
func opened(t *testing.T, dir, options string, record int) backend.File {
	t.Helper()
	path := filepath.Join(dir, "data")
	if err := os.WriteFile(path, make([]byte, effectSize), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := Mmap.Info().Parse(options)
	if err != nil {
		t.Fatal(err)
	}
	a, err := backend.Configure(Mmap, backend.ToRead, dir, o)
	if err != nil {
		t.Skipf("not here: %v", err)
	}
	f, err := a.Open(path, backend.Spec{Size: effectSize, Record: record, Buf: make([]byte, record)})
	if err != nil {
		t.Skipf("refused: %v", err)
	}
	t.Cleanup(func() {
		if err := errors.Join(f.Close(), os.Remove(path)); err != nil {
			t.Error(err)
		}
	})
	return f
}

// scan reads the whole file.
func scan(t *testing.T, f backend.File, record int) backend.Worker {
	t.Helper()
	w, err := f.Worker(0)
	if err != nil {
		t.Fatal(err)
	}
	b := &backend.Batch{Record: record}
	for off := 0; off < effectSize; {
		for b.N = 0; b.N < backend.BatchMax && off < effectSize; b.N++ {
			b.Off[b.N] = int64(off)
			off += record
		}
		if err := w.(backend.Batcher).Do(b); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// TestReleaseDropsPages counts what a scan leaves in the page table, with and without.
func TestReleaseDropsPages(t *testing.T) {
	page := os.Getpagesize()
	for _, c := range []struct {
		options  string
		from, to int
	}{
		{options: "", from: effectSize / page, to: effectSize / page},
		{options: "release=64k", from: 0, to: effectSize / page / 4},
		{options: "release=4k", from: 0, to: effectSize / page / 4},
	} {
		f := opened(t, t.TempDir(), c.options, page)
		scan(t, f, page)
		got, err := procmem.Present(f.(*file).m)
		if err != nil {
			t.Skip(err)
		}
		if got < c.from || got > c.to {
			t.Errorf("%q: %d pages are mapped after a scan, want %d to %d", c.options, got, c.from, c.to)
		}
	}
}

// TestWindowsMove looks at what is mapped after a scan, and after an access elsewhere.
func TestWindowsMove(t *testing.T) {
	page := os.Getpagesize()
	for _, c := range []struct {
		options        string
		record, window int  // bytes; 0: of the access
		stays          bool // for a second access
	}{
		{options: "window=64k", record: page, window: 64 << 10, stays: true},
		{options: "window=1", record: page, window: page, stays: true},
		{options: "window=record", record: page},
		{options: "window=64k", record: 128 << 10, window: 64 << 10, stays: true},
		{options: "window=record", record: 128 << 10},
	} {
		f := opened(t, t.TempDir(), c.options, c.record)
		// A window of a record is mapped in whole pages, as every window is.
		want := func(access int) int { return max(c.window, access, page) }
		w := scan(t, f, c.record).(*window)
		if len(w.m) != want(c.record) {
			t.Errorf("%s, records of %d: a window of %d bytes, want %d", c.options, c.record, len(w.m), want(c.record))
		}
		old := w.m
		if _, err := w.View(0, 8); err != nil {
			t.Fatal(err)
		}
		if r, err := procmem.RegionOf(w.m); err != nil || !strings.HasSuffix(r.Line, "/data") {
			t.Errorf("%s: %v, %v", c.options, r, err)
		}
		if &old[0] != &w.m[0] { // the kernel may have chosen the same address again
			if _, err := procmem.RegionOf(old); !errors.Is(err, procmem.ErrNone) {
				t.Errorf("%s: the old window is mapped still: %v", c.options, err)
			}
		}
		if w.base != 0 || len(w.m) != want(8) {
			t.Errorf("%s: a window of %d bytes at %d, want %d at 0", c.options, len(w.m), w.base, want(8))
		}
		if stays := w.start == 0; stays != c.stays {
			t.Errorf("%s: the window serves a second access: %v", c.options, stays)
		}
	}
}

// TestWindowsServeBothWays: a scan moves as often backwards as forwards.
func TestWindowsServeBothWays(t *testing.T) {
	const record = 3000 // some of them reach over the end of a window
	f := opened(t, t.TempDir(), "window=64k", record)
	w, err := f.Worker(0)
	if err != nil {
		t.Fatal(err)
	}
	moves := map[bool]int{}
	for _, back := range []bool{false, true} {
		for i := range int64(effectSize / record) {
			if back {
				i = effectSize/record - 1 - i
			}
			before := w.(*window).base
			if _, err := w.View(i*record, record); err != nil {
				t.Fatal(err)
			}
			if w.(*window).base != before {
				moves[back]++
			}
		}
	}
	if n := effectSize >> 16; moves[false] != n-1 || moves[true] != n-1 {
		t.Errorf("moves forwards and backwards: %v, want %d", moves, n-1)
	}
}

// TestPageoutEvicts asks the page cache, which only the file's owner may have emptied.
func TestPageoutEvicts(t *testing.T) {
	dir := t.TempDir()
	f := opened(t, dir, "populate,advise=pageout", 4096).(*file)
	data, err := os.Open(filepath.Join(dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	defer data.Close()
	if err := data.Sync(); err != nil { // what is dirty stays
		t.Fatal(err)
	}
	scan(t, f, 4096)
	before, err := pagecache.Resident(data, effectSize)
	if err != nil || before.Resident != before.Pages {
		t.Skipf("residency is not told: %+v, %v", before, err)
	}
	if err := f.c.prepare(f.m); err != nil {
		t.Fatal(err)
	}
	after, err := pagecache.Resident(data, effectSize)
	if err != nil || after.Resident > after.Pages/2 {
		if memory, err := pagecache.InMemory(int(data.Fd())); memory || err != nil {
			t.Skip("a file in memory is not evicted")
		}
		t.Errorf("%+v before, %+v after, %v", before, after, err)
	}
}

// TestIgnoredIsSeen: on a tmpfs without huge pages advice is taken and has no effect; a
// collapse there has one.
func TestIgnoredIsSeen(t *testing.T) {
	dir, err := os.MkdirTemp("/dev/shm", "mmapio")
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { os.Remove(dir) })
	for _, options := range []string{"advise=random", "advise=hugepage", "advise=collapse", "mlock-onfault", ""} {
		t.Run(options, func(t *testing.T) {
			f := opened(t, dir, options, 4096)
			scan(t, f, 4096)
			ignored := f.(backend.Observer).Ignored()
			region, err := procmem.RegionOf(f.(*file).m)
			if err != nil || len(region.Flags) == 0 {
				t.Skip(err)
			}
			huge := region.Bytes["ShmemPmdMapped"] + region.Bytes["FilePmdMapped"]
			_, was := ignored[options]
			want := huge == 0 && (options == "advise=hugepage" || options == "advise=collapse")
			if was != want || len(ignored) > 1 {
				t.Errorf("ignored %v, with %d bytes in huge pages", ignored, huge)
			}
			if options == "advise=collapse" && huge == 0 {
				t.Logf("collapse had no effect here")
			}
		})
	}
}
