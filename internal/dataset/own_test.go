package dataset

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"testing"

	"pgregory.net/rapid"
)

func ascending(off int64) uint64 { return uint64(off) }

func TestOwnContentIsTheFunction(t *testing.T) {
	const size = 3 * minSumBlock
	c := Own(ascending)
	whole := make([]byte, size)
	var total uint64
	for off := int64(0); off < size; off += wordBytes {
		binary.LittleEndian.PutUint64(whole[off:], ascending(off))
		total += ascending(off)
	}
	sums := c.Sums(size)
	if got := sums.Range(0, size); got != total {
		t.Errorf("sum %d, want %d", got, total)
	}
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.IntRange(0, size).Draw(t, "from")
		to := rapid.IntRange(from, size).Draw(t, "to")
		got := make([]byte, to-from)
		c.Fill(got, int64(from))
		if !bytes.Equal(got, whole[from:to]) {
			t.Fatalf("bytes %d to %d differ", from, to)
		}
		if i := c.firstWrong(got, int64(from)); i >= 0 {
			t.Fatalf("byte %d is taken for wrong", i)
		}
		if len(got) > 0 {
			at := rapid.IntRange(0, len(got)-1).Draw(t, "at")
			got[at] ^= 1
			if i := c.firstWrong(got, int64(from)); i != at {
				t.Fatalf("the wrong byte is %d, want %d", i, at)
			}
		}
		if from %= size / 2; from%wordBytes == 0 {
			var want uint64
			n := rapid.IntRange(0, size/2).Draw(t, "n")
			for off := from; off+wordBytes <= from+n; off += wordBytes {
				want += binary.LittleEndian.Uint64(whole[off:])
			}
			if got := sums.Range(int64(from), n); got != want {
				t.Fatalf("sum of %d bytes from %d is %d, want %d", n, from, got, want)
			}
		}
	})
}

// TestPrintsTellFunctionsApart changes one word.
func TestPrintsTellFunctionsApart(t *testing.T) {
	const size = 1 << 16
	first := Own(ascending).Print(size)
	for off := int64(0); off < size; off += 8 * 513 {
		changed := Own(func(at int64) uint64 {
			if at == off {
				return ascending(at) + 1
			}
			return ascending(at)
		})
		if changed.Print(size) == first {
			t.Errorf("a change at %d leaves the print as it was", off)
		}
	}
	if again := Own(func(off int64) uint64 { return uint64(off) }); again.Print(size) != first ||
		again.fileName(size) != Own(ascending).fileName(size) {
		t.Error("the same words have two prints")
	}
	if Seeded(1).Print(size) != 0 {
		t.Error("content of a seed has a print")
	}
	if Own(ascending).Other().Print(size) == first || Seeded(1).Other() == Seeded(1) {
		t.Error("the other content is the same")
	}
}

// TestOwnContentIsUsedAgain: by its words and by nothing else.
func TestOwnContentIsUsedAgain(t *testing.T) {
	const size = 1 << 20
	d := open(t, t.TempDir())
	contents := []Content{Seeded(1), Own(ascending), Own(func(off int64) uint64 { return uint64(off) + 1 })}
	names := map[string]bool{}
	for _, c := range contents {
		for try := range 2 {
			name, made, err := d.Ensure(size, c, nil)
			if err != nil || made != (try == 0) || !d.Lookup(size, c) {
				t.Fatalf("made %v at try %d: %v", made, try, err)
			}
			if err := d.Verify(name, c, size, 0); err != nil {
				t.Error(err)
			}
			names[name] = true
		}
	}
	if len(names) != len(contents) {
		t.Errorf("%d files of %d contents", len(names), len(contents))
	}
	name, _, err := d.Ensure(size, contents[1], nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Verify(name, contents[2], size, 0); !errors.As(err, new(*MismatchError)) {
		t.Errorf("another content verifies: %v", err)
	}
	if err := os.WriteFile(d.file(name), make([]byte, size), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, made, err := d.Ensure(size, contents[1], nil); err != nil || !made {
		t.Errorf("a file of zeros is used: made %v, %v", made, err)
	}
}
