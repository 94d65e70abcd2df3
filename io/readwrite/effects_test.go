package readwrite_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"mmapbench/internal/pagecache"
	"mmapbench/io/backend"
)

// TestHintsShowInTheCache opens a cold file, reads its first record or all of it, and
// looks at how much of it is in the page cache.
func TestHintsShowInTheCache(t *testing.T) {
	page := int64(os.Getpagesize())
	all, one := directSize/page, directRecord/page
	for _, c := range []struct {
		name, options string
		reads         int // records
		least, most   int64
	}{
		{"pread", "fadvise=random", 1, one, one},
		{"pread", "fadvise=willneed", 0, all, all},
		{"pread", "readahead=4M", 0, all, all},
		{"read", "readahead=1M", 0, all / 4, all / 4},
		{"pread", "", directSize / directRecord, all, all},
		{"pread", "fadvise=dontneed", directSize / directRecord, 0, all / 8},
		{"preadv2", "dontcache,fadvise=random", directSize / directRecord, 0, all / 8},
	} {
		t.Run(c.name+":"+c.options, func(t *testing.T) {
			f := coldFile(t)
			b := find(t, c.name)
			o, err := b.Info().Parse(c.options)
			if err != nil {
				t.Fatal(err)
			}
			a, err := backend.Configure(b, backend.ToRead, filepath.Dir(f.Name()), o)
			if err != nil {
				t.Skipf("NOT TESTED: %v", err)
			}
			file, w := opened(t, a, f.Name())
			for i := range c.reads {
				if _, err := w.View(int64(i)*directRecord, directRecord); err != nil {
					t.Fatal(err)
				}
			}
			var r pagecache.Residency
			for range 500 { // reading ahead goes on while setup is over
				if r, err = pagecache.Resident(f, directSize); err != nil {
					t.Fatal(err)
				}
				if r.Resident >= c.least && r.Resident <= c.most {
					break
				}
				time.Sleep(10 * time.Millisecond)
			}
			if r.Resident < c.least || r.Resident > c.most {
				t.Errorf("%d pages of %d are in the cache, want %d to %d", r.Resident, r.Pages, c.least, c.most)
			}
			if o, ok := file.(backend.Observer); ok && len(o.Ignored()) > 0 {
				t.Errorf("ignored: %v", o.Ignored())
			}
		})
	}
}

func opened(t *testing.T, a backend.Access, path string) (backend.File, backend.Worker) {
	t.Helper()
	buf, err := unix.Mmap(-1, 0, directRecord, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Munmap(buf) })
	file, err := a.Open(path, backend.Spec{Size: directSize, Record: directRecord, Buf: buf})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	w, err := file.Worker(0)
	if err != nil {
		t.Fatal(err)
	}
	return file, w
}

// TestSecondCallsAreCounted reads a cold file with nowait, and then a cached one.
func TestSecondCallsAreCounted(t *testing.T) {
	f := coldFile(t)
	b := find(t, "preadv2")
	o, err := b.Info().Parse("nowait,fadvise=random")
	if err != nil {
		t.Fatal(err)
	}
	a, err := backend.Configure(b, backend.ToRead, filepath.Dir(f.Name()), o)
	if err != nil {
		t.Skipf("NOT TESTED: %v", err)
	}
	const records = directSize / directRecord
	for _, want := range []int64{records, 0} { // cold, and then cached
		file, w := opened(t, a, f.Name())
		readAll(t, w)
		got := file.(backend.Counter).Counted()["second-calls"]
		if os.Getpagesize() > 4096 && got > 0 && got < want {
			continue // larger pages are read by several records, or with their neighbors
		}
		if got != want {
			t.Errorf("%d second calls for %d records, want %d", got, records, want)
		}
	}
}

// TestDontneedIsSeenToBeIgnored: of a file in memory no page can be dropped.
func TestDontneedIsSeenToBeIgnored(t *testing.T) {
	var st unix.Statfs_t
	if err := unix.Statfs("/dev/shm", &st); err != nil || st.Type != unix.TMPFS_MAGIC {
		t.Skip("NOT TESTED: no tmpfs at /dev/shm")
	}
	path := filepath.Join(t.TempDir(), "data")
	if dir, err := os.MkdirTemp("/dev/shm", "dontneed-*"); err == nil {
		t.Cleanup(func() { os.RemoveAll(dir) })
		path = filepath.Join(dir, "data")
	}
	if err := os.WriteFile(path, make([]byte, directSize), 0o600); err != nil {
		t.Fatal(err)
	}
	b := find(t, "pread")
	a, err := backend.Configure(b, backend.ToRead, "", backend.Options{{Name: "fadvise", Value: "dontneed"}})
	if err != nil {
		t.Fatal(err)
	}
	file, w := opened(t, a, path)
	readAll(t, w)
	if got := file.(backend.Observer).Ignored(); len(got) != 1 {
		t.Errorf("ignored: %v, want fadvise=dontneed", got)
	}
}

// TestFallocateHasBlocks before anything is written.
func TestFallocateHasBlocks(t *testing.T) {
	path := filepath.Join(filepath.Dir(coldFile(t).Name()), "out")
	a, err := backend.Configure(find(t, "pread"), backend.ToAppend, "", backend.Options{{Name: "fallocate"}})
	if err != nil {
		t.Fatal(err)
	}
	f, err := a.OpenAppend(path, backend.Spec{Size: directSize, Record: directRecord})
	if err != nil {
		t.Skipf("NOT TESTED: %v", err)
	}
	defer f.Close()
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil || st.Blocks*512 < directSize || st.Size != 0 {
		t.Errorf("%d blocks, %d bytes long (%v)", st.Blocks, st.Size, err)
	}
}

// TestDirectWritesAreSeenToBeIgnored: what is written to a tmpfs is in memory, and what is
// written to a device with O_DIRECT is not.
func TestDirectWritesAreSeenToBeIgnored(t *testing.T) {
	shm, err := os.MkdirTemp("/dev/shm", "direct-*")
	if err != nil {
		t.Skip("NOT TESTED: no tmpfs at /dev/shm")
	}
	t.Cleanup(func() { os.RemoveAll(shm) })
	for dir, want := range map[string]int{shm: 1, filepath.Dir(coldFile(t).Name()): 0} {
		a, err := backend.Configure(find(t, "direct"), backend.ToAppend, dir, nil)
		if err != nil {
			t.Logf("NOT TESTED: %v", err)
			continue
		}
		buf, err := unix.Mmap(-1, 0, directSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Munmap(buf)
		f, err := a.OpenAppend(filepath.Join(dir, "out"), backend.Spec{Size: directSize, Record: directRecord})
		if err != nil {
			t.Logf("NOT TESTED: %v", err)
			continue
		}
		defer f.Close()
		if err := f.Append(buf); err != nil {
			t.Fatal(err)
		}
		if got := f.(backend.Observer).Ignored(); len(got) != want {
			t.Errorf("in %s: ignored %v, want %d", dir, got, want)
		}
	}
}
