package dataset

import (
	"encoding/binary"
	"fmt"
	"sync"

	"mmapbench/internal/splitmix"
	"mmapbench/internal/units"
)

// Content is what a data file holds: the words of the formula for a seed, or
// the words of a function of the user's own.
type Content struct {
	seed uint64
	own  *own  // nil: the formula
	part int64 // bytes of each of the files in which it lies; 0: there is one
}

// Seeded returns the content that the formula makes of a seed.
func Seeded(seed uint64) Content { return Content{seed: seed} }

// Own returns the content whose word at offset off, a multiple of 8, is
// word(off), as a little-endian number.
func Own(word func(off int64) uint64) Content {
	return Content{own: &own{word: word, prints: map[int64]uint64{}}}
}

// own is a function with the prints that were taken of it.
type own struct {
	word   func(off int64) uint64
	mu     sync.Mutex
	prints map[int64]uint64 // key: size
}

// Other returns a content of the same kind that differs in every word: by
// another seed, or by the same amount in each word, so that words in ascending
// order mostly stay so. A program that takes no notice of the difference does
// not use the bytes.
func (c Content) Other() Content {
	if c.own == nil {
		return Seeded(c.seed + 0x5bd1e995)
	}
	word := c.own.word
	return Own(func(off int64) uint64 { return word(off) + 0x0101010101010101 })
}

// Print returns a number that tells the first size bytes of a content from those
// of another function: it is computed from every word, as a function cannot be
// compared and one that changed between two builds must not be taken for the
// old one. 0 is the formula, which its seed and its version tell apart.
func (c Content) Print(size int64) (sum uint64) {
	if c.own == nil {
		return 0
	}
	c.own.mu.Lock()
	defer c.own.mu.Unlock()
	if known, ok := c.own.prints[size]; ok {
		return known
	}
	for off := int64(0); off < size; off += wordBytes {
		sum = sum*splitmix.Gamma + splitmix.Mix(c.own.word(off))
	}
	sum = max(splitmix.Mix(sum), 1)
	c.own.prints[size] = sum
	return sum
}

// Fill writes into p the content at offset off, without allocating.
func (c Content) Fill(p []byte, off int64) {
	if c.own == nil {
		Fill(p, c.seed, off)
		return
	}
	for len(p) > 0 {
		in := off % wordBytes
		w := c.own.word(off - in)
		if in == 0 && len(p) >= wordBytes {
			binary.LittleEndian.PutUint64(p, w)
			p, off = p[wordBytes:], off+wordBytes
			continue
		}
		p[0] = byte(w >> (8 * in))
		p, off = p[1:], off+1
	}
}

// sum is Sum of a content.
func (c Content) sum(off, n int64) (sum uint64) {
	if c.own == nil {
		return Sum(c.seed, off, n)
	}
	mustBeWord(off)
	for end := off + n&^(wordBytes-1); off < end; off += wordBytes {
		sum += c.own.word(off)
	}
	return sum
}

// firstWrong is firstWrong of a content.
func (c Content) firstWrong(p []byte, off int64) int {
	if c.own == nil {
		return firstWrong(p, c.seed, off)
	}
	for i := range p {
		if p[i] != c.byteAt(off+int64(i)) {
			return i
		}
	}
	return -1
}

func (c Content) byteAt(off int64) byte {
	if c.own == nil {
		return byteAt(c.seed, off)
	}
	in := off % wordBytes
	return byte(c.own.word(off-in) >> (8 * in))
}

// fileName returns the name of the data file, which says what is in it, or what the names
// of its files begin with.
func (c Content) fileName(size int64) string {
	in := units.CompactSize(size)
	if c.part > 0 {
		in += "-in-" + units.CompactSize(c.part)
	}
	if c.own == nil {
		return fmt.Sprintf("%s%s-%x.bin", dataPrefix, in, c.seed)
	}
	return fmt.Sprintf("%s%s-%s%016x.bin", dataPrefix, in, ownMark, c.Print(size))
}

// ownMark precedes the print in the name of a file with content of the user's
// own; a seed, in hexadecimal, never begins so.
const ownMark = "own"
