package settle

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
)

const mib = 1 << 20

func synced() error { return nil }

// falling is a host whose write-back falls by step at every look, down to end.
func falling(from, step, end int64) func() (debt, error) {
	w := from + step
	return func() (debt, error) {
		w = max(w-step, end)
		return debt{dirty: 7 * mib, writeback: w}, nil
	}
}

func TestSettle(t *testing.T) {
	for _, c := range []struct {
		name string
		sync func() error
		read func() (debt, error)
		want Result
	}{
		{"quiet at once", synced, falling(0, 0, 0),
			Result{0, true, 7 * mib}}, // others' dirty pages that nobody writes are not waited for
		{"a log is being written", synced, falling(mib, 0, mib), Result{0, true, 8 * mib}},
		{"falls", synced, falling(100*mib, mib, 0), Result{99 * interval, true, 8 * mib}},
		{"never falls", synced, falling(100*mib, 0, 0), Result{patience, false, 107 * mib}},
		{"falls and stops", synced, falling(100*mib, mib, 50*mib), Result{50*interval + patience, false, 57 * mib}},
		{"falls too slowly", synced, falling(10_000*mib, mib, 0), Result{10 * time.Second, false, 9007 * mib}},
		{"own debt takes a while", func() error { time.Sleep(9 * time.Second); return nil }, falling(10*mib, mib, 0),
			Result{9*time.Second + 9*interval, true, 8 * mib}},
		{"own debt takes too long", func() error { time.Sleep(20 * time.Second); return nil }, falling(0, 0, 0),
			Result{10 * time.Second, false, 7 * mib}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got, err := settle(10*time.Second, c.sync, c.read)
				if err != nil || got != c.want {
					t.Errorf("settle = %+v, %v; want %+v", got, err, c.want)
				}
				time.Sleep(time.Minute) // a syncfs was given up
			})
		})
	}
}

func TestSettleErrors(t *testing.T) {
	boom := errors.New("boom")
	if r, err := settle(time.Second, func() error { return boom }, falling(0, 0, 0)); err != boom || r.Settled {
		t.Errorf("a file system that cannot be written: %+v, %v", r, err)
	}
	if r, err := settle(time.Second, synced, func() (debt, error) { return debt{}, boom }); err != boom || r.Settled {
		t.Errorf("without meminfo: %+v, %v", r, err)
	}
	looks := 0
	breaks := func() (debt, error) {
		if looks++; looks > 1 {
			return debt{dirty: mib}, boom
		}
		return debt{dirty: 7 * mib, writeback: 7 * mib}, nil
	}
	if r, err := settle(time.Second, synced, breaks); err != boom || r.Settled || r.Left != 0 {
		t.Errorf("meminfo goes away: %+v, %v", r, err)
	}
	closed, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	if _, err := Settle(closed, time.Second); err == nil || !strings.Contains(err.Error(), closed.Name()) {
		t.Errorf("of a folder that is closed: %v", err)
	}
}

// What was written is on its way out of memory when Settle returns.
func TestSettleWritesOut(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const size = 4 * mib
	if _, err := f.Write(make([]byte, size)); err != nil {
		t.Fatal(err)
	}
	if dirty(t, f) == 0 {
		t.Skip("the file is not dirty after it was written: the file system writes through, is in memory, or is " +
			"an overlay that hides it")
	}
	dir, err := os.Open(filepath.Dir(f.Name()))
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	r, err := Settle(dir, 30*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if n := dirty(t, f); n != 0 {
		t.Errorf("after Settle (%+v) %d pages are dirty or under write-back", r, n)
	}
}

func dirty(t *testing.T, f *os.File) uint64 {
	t.Helper()
	var c unix.Cachestat_t
	if err := unix.Cachestat(uint(f.Fd()), &unix.CachestatRange{}, &c, 0); err != nil {
		t.Skip("only cachestat(2) (Linux 6.5) shows a file's dirty pages: ", err)
	}
	return c.Dirty + c.Writeback
}

func TestReadMeminfo(t *testing.T) {
	if _, err := readMeminfo(); err != nil {
		t.Error(err)
	}
}

func TestParseMeminfo(t *testing.T) {
	const good = "MemTotal:       24684092 kB\nDirty:              1234 kB\nWriteback:            16 " +
		"kB\nWritebackTmp:         99 kB\n"
	if d, err := parseMeminfo(good); err != nil || d != (debt{1234 << 10, 16 << 10}) {
		t.Errorf("parseMeminfo = %+v, %v", d, err)
	}
	for _, bad := range []string{
		"", "Dirty: 1 kB\n", "Writeback: 1 kB\n",
		"Dirty: -1 kB\nWriteback: 0 kB\n",
		"Dirty: 1 MB\nWriteback: 0 kB\n",
		"Dirty: 99999999999999999 kB\nWriteback: 0 kB\n",
		"Dirty\nWriteback\n",
	} {
		if d, err := parseMeminfo(bad); err == nil {
			t.Errorf("parseMeminfo(%q) = %+v, want an error", bad, d)
		}
	}
}
