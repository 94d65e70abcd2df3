package pagecache

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

var page = int64(os.Getpagesize())

// deviceDir returns a temporary directory on a file system that has a device
// behind it.
func deviceDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		t.Fatal(err)
	}
	if st.Type == unix.TMPFS_MAGIC || st.Type == unix.RAMFS_MAGIC {
		t.Skip("the directory for temporary files is in memory, from which nothing can be evicted: set TMPDIR")
	}
	return dir
}

// cached makes a file of size bytes that is in the page cache.
func cached(t *testing.T, size int64) *os.File {
	t.Helper()
	dir := deviceDir(t)
	f, err := os.Create(filepath.Join(dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if _, err := f.Write(make([]byte, size)); err != nil {
		t.Fatal(err)
	}
	return f
}

func wantResidency(t *testing.T, f *os.File, size int64, want Residency) {
	t.Helper()
	got, err := Resident(f, size)
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("residency = %+v, want %+v", got, want)
	}
}

func TestColdEvictsDirtyPages(t *testing.T) {
	const size = 4 << 20
	f := cached(t, size) // written and not synced: dirty
	wantResidency(t, f, size, Residency{size / page, size / page})
	r, err := Cold(f, size)
	if err != nil {
		t.Fatal(err)
	}
	if want := (Residency{size / page, 0}); r != want || !IsCold(r) {
		t.Errorf("Cold = %+v, want %+v", r, want)
	}
	// The dirty pages were written, not dropped.
	if st, err := f.Stat(); err != nil || st.Size() != size {
		t.Errorf("after Cold the file has %d bytes (%v), want %d", st.Size(), err, size)
	}
}

func TestWarmAfterCold(t *testing.T) {
	size := 256*page + 1 // the last page is used by one byte
	f := cached(t, size)
	if r, err := Cold(f, size); err != nil || r != (Residency{257, 0}) {
		t.Fatalf("Cold = %+v, %v", r, err)
	}
	r, err := Warm(f, size, make([]byte, 10_000))
	if err != nil {
		t.Fatal(err)
	}
	if r != (Residency{257, 257}) || !IsWarm(r) {
		t.Errorf("Warm = %+v, want all of 257", r)
	}
}

func TestResidentLeavesNothingMappedNorRead(t *testing.T) {
	const size = 1 << 20
	f := cached(t, size)
	if _, err := Cold(f, size); err != nil {
		t.Fatal(err)
	}
	for range 3 { // looking neither warms nor holds it
		wantResidency(t, f, size, Residency{size / page, 0})
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(maps), f.Name()) {
		t.Error("the file is still mapped")
	}
}

func TestMappedPagesStay(t *testing.T) {
	const size = 4 << 20
	f := cached(t, size)
	if _, err := Cold(f, size); err != nil { // clean first: a fault of one page stays small
		t.Fatal(err)
	}
	m, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	for i := int64(0); i < size; i += page {
		sink += m[i]
	}
	r, err := Cold(f, size)
	if err != nil {
		t.Fatal(err)
	}
	if IsCold(r) || r.Resident != r.Pages {
		t.Errorf("with every page mapped Cold = %+v, want all resident", r)
	}
	if err := unix.Munmap(m); err != nil {
		t.Fatal(err)
	}
	if r, err := Cold(f, size); err != nil || r.Resident != 0 {
		t.Errorf("unmapped, Cold = %+v, %v, want none resident", r, err)
	}
}

var sink byte

func TestResidentInWindows(t *testing.T) {
	size := 10*page + 7
	f := cached(t, size)
	if _, err := Cold(f, size); err != nil {
		t.Fatal(err)
	}
	if err := unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_RANDOM); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1)
	for _, p := range []int64{0, 3, 10} { // the first, a middle and the last window
		if _, err := f.ReadAt(buf, p*page); err != nil {
			t.Fatal(err)
		}
	}
	for _, pages := range []int64{1, 2, 3, 4, 11, 12} {
		r, err := resident(f, size, pages*page)
		if err != nil {
			t.Fatal(err)
		}
		if r.Pages != 11 || r.Resident != 3 {
			t.Errorf("windows of %d pages: %+v, want 3 of 11", pages, r)
		}
	}
}

func TestEmptyFile(t *testing.T) {
	f := cached(t, 0)
	wantResidency(t, f, 0, Residency{})
	if r, err := Warm(f, 0, make([]byte, 1)); err != nil || r != (Residency{}) {
		t.Errorf("Warm = %+v, %v", r, err)
	}
}

func TestThresholds(t *testing.T) {
	for _, c := range []struct {
		pages, resident int64
		cold, warm      bool
	}{
		{1, 0, true, false},
		{1, 1, false, true},
		{999, 1, false, false},
		{1000, 1, true, false},
		{1000, 2, false, false},
		{1000, 999, false, false},
		{1000, 1000, false, true},
		{1 << 40, 1 << 30, true, false},
		{1 << 40, 1 << 31, false, false},
	} {
		r := Residency{c.pages, c.resident}
		if IsCold(r) != c.cold || IsWarm(r) != c.warm {
			t.Errorf("%+v: cold %v, warm %v; want %v, %v", r, IsCold(r), IsWarm(r), c.cold, c.warm)
		}
	}
}

func TestWarmShortFile(t *testing.T) {
	f := cached(t, 100)
	if _, err := Warm(f, 101, make([]byte, 64)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Warm past the end: %v, want an unexpected EOF", err)
	}
}

func TestErrorsNameTheFile(t *testing.T) {
	f := cached(t, page)
	f.Close()
	_, resident := Resident(f, page)
	_, cold := Cold(f, page)
	_, warm := Warm(f, page, make([]byte, 1))
	for _, err := range []error{resident, cold, warm, Evict(f)} {
		if err == nil || !strings.Contains(err.Error(), f.Name()) {
			t.Errorf("error of a closed file: %v", err)
		}
	}
}

// The real file is not written here: it would empty the cache of the machine.
func TestDropCaches(t *testing.T) {
	path := filepath.Join(t.TempDir(), "drop_caches")
	err := dropCaches(path)
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "needs root") {
		t.Errorf("dropCaches of a missing file: %v", err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := dropCaches(path); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "1" {
		t.Errorf("wrote %q, %v", got, err)
	}
}
