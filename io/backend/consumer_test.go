package backend_test

import (
	"encoding/binary"
	"os"
	"testing"

	"pgregory.net/rapid"

	"mmapbench/io/backend"
)

func TestSumWords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOfN(rapid.Byte(), 0, 700).Draw(t, "bytes")
		p = p[rapid.IntRange(0, min(len(p), 9)).Draw(t, "misaligned by"):]
		var want uint64
		for i := 0; i+8 <= len(p); i += 8 {
			want += binary.LittleEndian.Uint64(p[i:])
		}
		if got := backend.SumWords(p); got != want {
			t.Fatalf("SumWords of %d bytes = %#x, want %#x", len(p), got, want)
		}
	})
}

// TestTouched sees that each page-sized piece is touched once, inside the
// record, and that neighboring pages are touched in different cache lines.
func TestTouched(t *testing.T) {
	page := os.Getpagesize()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(8, 5*page).Draw(t, "record")
		off := rapid.Int64Range(0, 1<<40).Draw(t, "offset")
		p := make([]byte, n)
		var want uint64
		for k := 0; k*page+8 <= n; k++ {
			at := backend.Touched(off, n, k)
			if at < k*page || at >= (k+1)*page || at+8 > n {
				t.Fatalf("piece %d of a record of %d at %d is touched at %d", k, n, off, at)
			}
			binary.LittleEndian.PutUint64(p[at:], uint64(k)+1)
			want += uint64(k) + 1
			if next := backend.Touched(off, 9*page, k+1); (next-at)%page == 0 && at%page != 0 {
				t.Fatalf("pages %d and %d are touched at the same place", k, k+1)
			}
		}
		if got := backend.TouchPages(p, off); got != want {
			t.Fatalf("TouchPages of %d at %d = %d, want %d", n, off, got, want)
		}
	})
}

func TestParseConsumer(t *testing.T) {
	for _, name := range backend.Consumers {
		if c, err := backend.ParseConsumer(name); err != nil || c.String() != name {
			t.Errorf("ParseConsumer(%q) = %v, %v", name, c, err)
		}
	}
	const want = `unknown consumer "tuch": did you mean "touch"? (known: touch, sum, copy)`
	if _, err := backend.ParseConsumer("tuch"); err == nil || err.Error() != want {
		t.Errorf("ParseConsumer(tuch): %v, want %s", err, want)
	}
}
