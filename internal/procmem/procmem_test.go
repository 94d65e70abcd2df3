package procmem

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

const smaps = `55e0a1000000-55e0a1002000 r--p 00000000 fe:00 131                        /usr/bin/x
Size:                  8 kB
Rss:                   4 kB
VmFlags: rd mr mw me
7f0000000000-7f0000004000 rw-p 00001000 fe:00 7                          /tmp/with: colon
Size:                 16 kB
KernelPageSize:        4 kB
Rss:                  12 kB
Private_Dirty:         4 kB
Anonymous:             4 kB
THPeligible:           0
VmFlags: rd wr mr mw me ac
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
Size:                  4 kB
`

func TestFind(t *testing.T) {
	r, err := find(strings.NewReader(smaps), 0x7f0000003fff)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(r.Line, "/tmp/with: colon") || r.Bytes["Private_Dirty"] != 4096 || r.Bytes["Size"] != 16384 ||
		!r.Has("wr") || r.Has("sh") || r.Others["THPeligible"] != "0" {
		t.Errorf("%+v", r)
	}
	for _, addr := range []uintptr{0, 0x55e0a1002000, 0x7f0000004000} {
		if r, err := find(strings.NewReader(smaps), addr); !errors.Is(err, ErrNone) {
			t.Errorf("at %#x: %+v, %v", addr, r, err)
		}
	}
	if r, err := find(strings.NewReader(smaps), 0xffffffffff600000); err != nil || r.Bytes["Size"] != 4096 {
		t.Errorf("the last mapping: %+v, %v", r, err)
	}
}

func FuzzFind(f *testing.F) {
	f.Add(smaps, uint64(0x7f0000000000))
	f.Add("1-", uint64(1))
	f.Fuzz(func(t *testing.T, text string, addr uint64) {
		if r, err := find(strings.NewReader(text), uintptr(addr)); (r == nil) == (err == nil) {
			t.Errorf("region %v with error %v", r, err)
		}
	})
}

// TestACopyOnWrite watches a page of a file become one of this process.
func TestACopyOnWrite(t *testing.T) {
	page := os.Getpagesize()
	path := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(path, make([]byte, 3*page), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Sync(); err != nil { // a page of the cache that is dirty counts as dirty in the mapping too
		t.Fatal(err)
	}
	m, err := unix.Mmap(int(f.Fd()), 0, 3*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(m)
	pages := func() []Page {
		p, err := Pages(m)
		if err != nil {
			t.Skip(err)
		}
		if len(p) != 3 {
			t.Fatalf("%d entries for 3 pages", len(p))
		}
		return p
	}
	for i, p := range pages() {
		if p.Present() || p.File() || p.Anonymous() {
			t.Errorf("page %d before it was touched: %#x", i, p)
		}
	}
	m[page]++
	if p := pages(); !p[1].Anonymous() || p[1].File() {
		t.Errorf("page 1 after a store: %#x", p[1])
	}
	if n, err := Present(m); err != nil || n < 1 {
		t.Errorf("%d pages present: %v", n, err)
	}
	r, err := RegionOf(m[page:])
	if err != nil {
		t.Skip(err)
	}
	if r.Bytes["Anonymous"] != int64(page) || r.Bytes["Private_Dirty"] < int64(page) || !r.Has("wr") ||
		!strings.HasSuffix(r.Line, path) {
		t.Errorf("%+v", r)
	}
}
