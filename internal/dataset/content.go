// Package dataset makes the data file of a benchmark, knows every byte of it,
// and owns the folder it lives in.
//
// The content is a formula, so what a trial read can be checked without reading
// anything, and whoever has the seed can verify a file.
// The folder is somebody else's disk: nothing outside it is touched, nothing in
// it is believed to be ours unless the manifest says so, and what was begun can
// be removed after kill -9 at any moment.
package dataset

import (
	"encoding/binary"

	"mmapbench/internal/splitmix"
)

// ContentVersion is the version of the formula in Word. A file made by another
// version is made anew.
const ContentVersion = 1

// DefaultSeed is the seed of the content where the experiment names none.
const DefaultSeed uint64 = 0x6d6d6170 // "mmap"

// wordBytes is the unit of the content.
const wordBytes = 8

// Word returns word number i of the content, the 8 bytes at offset 8i, read as
// little-endian. The words of one seed are all different, so neither a
// compressing nor a deduplicating device can save itself a byte, and a page
// that arrives from the wrong place is noticed. The seed is mixed before use:
// otherwise seeds that differ by gamma would give the same content, one word
// apart.
func Word(seed, i uint64) uint64 { return splitmix.Mix(state(seed, i)) }

// state returns the argument of Mix for word number i; each further word adds
// Gamma.
func state(seed, i uint64) uint64 { return splitmix.Mix(seed) + (i+1)*splitmix.Gamma }

// byteAt returns the byte of the content at offset off.
func byteAt(seed uint64, off int64) byte {
	return byte(Word(seed, uint64(off)/wordBytes) >> (8 * (off % wordBytes)))
}

// head returns how many of n bytes at offset off come before the first whole
// word.
func head(off int64, n int) int {
	return min(n, int(-off&(wordBytes-1)))
}

// Fill writes into p the content at offset off. It is fastest where off is a
// multiple of 8, and does not allocate.
func Fill(p []byte, seed uint64, off int64) {
	h := head(off, len(p))
	for i := range p[:h] {
		p[i] = byteAt(seed, off+int64(i))
	}
	p, off = p[h:], off+int64(h)

	// No word waits for the one before it: the processor mixes several at once.
	z := state(seed, uint64(off)/wordBytes)
	for len(p) >= wordBytes {
		binary.LittleEndian.PutUint64(p, splitmix.Mix(z))
		z += splitmix.Gamma
		p, off = p[wordBytes:], off+wordBytes
	}
	for i := range p {
		p[i] = byteAt(seed, off+int64(i))
	}
}

// firstWrong returns the index of the first byte of p that is not the content
// at offset off, or -1.
func firstWrong(p []byte, seed uint64, off int64) int {
	h := head(off, len(p))
	if i := firstWrongByte(p[:h], seed, off); i >= 0 {
		return i
	}
	at, end := h, h+(len(p)-h)&^(wordBytes-1)
	z := state(seed, uint64(off+int64(h))/wordBytes)
	for at < end && binary.LittleEndian.Uint64(p[at:]) == splitmix.Mix(z) {
		at += wordBytes
		z += splitmix.Gamma
	}
	// What is left is nothing, the last bytes, or begins with a wrong word.
	if i := firstWrongByte(p[at:], seed, off+int64(at)); i >= 0 {
		return at + i
	}
	return -1
}

func firstWrongByte(p []byte, seed uint64, off int64) int {
	for i, b := range p {
		if b != byteAt(seed, off+int64(i)) {
			return i
		}
	}
	return -1
}

// Sum returns the sum, modulo 2^64, of the n/8 words of the content from
// offset off, which must be a multiple of 8.
func Sum(seed uint64, off, n int64) (sum uint64) {
	mustBeWord(off)
	z := state(seed, uint64(off)/wordBytes)
	for range n / wordBytes {
		sum += splitmix.Mix(z)
		z += splitmix.Gamma
	}
	return sum
}

func mustBeWord(off int64) {
	if off < 0 || off%wordBytes != 0 {
		panic("dataset: sum from an offset that is not a multiple of 8")
	}
}
