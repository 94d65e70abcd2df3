package dataset

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"mmapbench/internal/splitmix"
)

// The content may never change silently: files of today are verified with the
// formula of tomorrow. The values were computed by an independent program; the
// first is the first output of the published SplitMix64 with seed 0.
func TestWordGolden(t *testing.T) {
	for _, c := range []struct{ seed, i, want uint64 }{
		{0x0, 0x0, 0xe220a8397b1dcdaf},
		{0x0, 0x1, 0x6e789e6aa1b965f4},
		{0x1, 0x0, 0xbfef8030ddc2d772},
		{0x6d6d6170, 0x0, 0xb4c909d94dcda083},
		{0x6d6d6170, 0x1, 0xaed01cf3d46ae7ab},
		{0x6d6d6170, 0x1ff, 0x6b99d06524e8175e},
		{0x6d6d6170, 0x10000000000, 0xf043c9ccc3d0eeb3},
		{0xffffffffffffffff, 0x1fffffffffffffff, 0xe3f524ef893f296c},
	} {
		if got := Word(c.seed, c.i); got != c.want {
			t.Errorf("Word(%#x, %#x) = %#x, want %#x: raise ContentVersion if this is meant", c.seed, c.i, got,
				c.want)
		}
	}
	p := make([]byte, 1<<20)
	Fill(p, DefaultSeed, 0)
	const want = "936be4aee45895c54029c0e29b2b31a9b2995d16ce4dd4a92cdc79b219d67974"
	if got := fmt.Sprintf("%x", sha256.Sum256(p)); got != want {
		t.Errorf("SHA-256 of the first MiB = %s, want %s", got, want)
	}
}

func TestFillIsTheWords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		off := rapid.Int64Range(0, 1<<50).Draw(t, "off")
		n := rapid.IntRange(0, 100).Draw(t, "n")
		want := make([]byte, n)
		for i := range want {
			var w [8]byte
			at := uint64(off) + uint64(i)
			binary.LittleEndian.PutUint64(w[:], Word(seed, at/8))
			want[i] = w[at%8]
		}
		got := make([]byte, n)
		Fill(got, seed, off)
		if !bytes.Equal(got, want) {
			t.Fatalf("got %x, want %x", got, want)
		}
		if i := firstWrong(got, seed, off); i != -1 {
			t.Fatalf("firstWrong = %d, want -1", i)
		}
		if n > 0 {
			at := rapid.IntRange(0, n-1).Draw(t, "at")
			got[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
			if i := firstWrong(got, seed, off); i != at {
				t.Fatalf("byte %d is wrong, firstWrong = %d", at, i)
			}
		}
	})
}

func TestSums(t *testing.T) {
	const size = 10*minSumBlock + 40
	// One for all draws: it must not forget or mix up. One of a huge file, whose
	// blocks are larger.
	small, huge := Seeded(7).Sums(size), Seeded(7).Sums(3*maxSums*minSumBlock)
	if n := len(huge.sum); n > maxSums || huge.each <= small.each {
		t.Fatalf("%d blocks of %d bytes", n, huge.each)
	}
	rapid.Check(t, func(t *rapid.T) {
		off := 8 * rapid.Int64Range(0, size/8).Draw(t, "words")
		n := rapid.IntRange(0, int(size-off)).Draw(t, "n")
		var want uint64
		for i := range n / 8 {
			want += Word(7, uint64(off)/8+uint64(i))
		}
		for _, sums := range []*Sums{small, huge} {
			if got := sums.Range(off, n); got != want {
				t.Fatalf("Range(%d, %d) = %#x, want %#x, by blocks of %d bytes", off, n, got, want, sums.each)
			}
		}
		if got := Sum(7, off, int64(n)); got != want {
			t.Fatalf("Sum(%d, %d) = %#x, want %#x", off, n, got, want)
		}
	})
}

func TestSumsFromTheMiddleOfAWord(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a sum from offset 4 did not panic")
		}
	}()
	Seeded(1).Sums(100).Range(4, 8)
}

// A device that compresses or deduplicates must gain nothing.
func TestContentHasNoRepetition(t *testing.T) {
	seen := map[uint64]string{}
	for _, seed := range []uint64{0, 1, DefaultSeed, splitmix.Gamma, 2 * (splitmix.Gamma >> 1)} {
		for i := range uint64(5000) {
			w := Word(seed, i)
			if at, twice := seen[w]; twice {
				t.Fatalf("word %d of seed %#x is also %s", i, seed, at)
			}
			seen[w] = fmt.Sprintf("word %d of seed %#x", i, seed)
		}
	}
}

func TestNoAllocations(t *testing.T) {
	p := make([]byte, 4096)
	sums := Seeded(1).Sums(4096)
	if n := testing.AllocsPerRun(10, func() {
		Fill(p, 1, 0)
		sums.Range(0, 4096)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkFill(b *testing.B) {
	p := make([]byte, 1<<20)
	b.SetBytes(int64(len(p)))
	for b.Loop() {
		Fill(p, DefaultSeed, 0)
	}
}

func BenchmarkFirstWrong(b *testing.B) {
	p := make([]byte, 1<<20)
	Fill(p, DefaultSeed, 0)
	b.SetBytes(int64(len(p)))
	for b.Loop() {
		if firstWrong(p, DefaultSeed, 0) >= 0 {
			b.Fatal("wrong")
		}
	}
}

func BenchmarkSumsRange(b *testing.B) {
	s := Seeded(DefaultSeed).Sums(1 << 20)
	b.SetBytes(1 << 20)
	for b.Loop() {
		s.Range(0, 1<<20)
	}
}
