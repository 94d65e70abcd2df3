package backend

import (
	"math/bits"
	"os"
	"unsafe"

	"mmapbench/internal/spelling"
)

// A Consumer is what a program does with the bytes it read, the same for every
// backend. Each leaves a sum, so that the compiler cannot delete the accesses
// and a wrong byte cannot pass.
type Consumer uint8

const (
	// Touch loads one word of every page, at the place [Touched] declares:
	// what a program does that looks at headers or follows pointers.
	Touch Consumer = iota
	// Sum adds up every 8-byte word where it lies: what a parser, a checksum
	// or a filter does. On a mapping nothing is copied.
	Sum
	// Copy brings the record into a private buffer, then touches the copy:
	// what a program does that must own its bytes. A read does that by
	// itself; a mapping needs one memcpy.
	Copy
)

var consumerNames = [...]string{"touch", "sum", "copy"}

// Consumers lists the names of the consumers.
var Consumers = consumerNames[:]

func (c Consumer) String() string { return consumerNames[c] }

// ParseConsumer returns the consumer of that name.
func ParseConsumer(name string) (Consumer, error) {
	for i, n := range consumerNames {
		if n == name {
			return Consumer(i), nil
		}
	}
	return 0, spelling.Unknown("consumer", name, Consumers)
}

// WordBytes is the unit of the sums: records are a multiple of it.
const WordBytes = 8

// pageShift is the base-2 logarithm of the system's page size: 12 for 4 KiB,
// 14 on a Raspberry Pi 5 with its default kernel.
var pageShift = uint(bits.TrailingZeros(uint(os.Getpagesize())))

// Consume does to the record p, which was read from offset off, what the
// consumer does to every record, and returns what is to be added to the sum.
// For Copy the bytes are taken to be in the private buffer already.
func (c Consumer) Consume(p []byte, off int64) uint64 {
	if c == Sum {
		return SumWords(p)
	}
	return TouchPages(p, off)
}

// Piece returns where the page-sized piece number k of a record begins.
func Piece(k int) int { return k << pageShift }

// Touched returns where in the page-sized piece number k of a record of n
// bytes that starts at offset off the word is that Touch loads: one cache line
// further in each page of the file. Loading the first word of every page would
// hit the same few sets of the first-level cache, which are indexed by the low
// bits of the address, and measure conflict misses. A record too short for
// that place is touched at its start.
func Touched(off int64, n, k int) int {
	piece := Piece(k)
	at := piece + int((off>>pageShift+int64(k))<<6)&(1<<pageShift-1)
	if at > n-WordBytes {
		return piece
	}
	return at
}

// TouchPages loads one word of each page-sized piece of p, the record that
// starts at offset off, and returns their sum. A piece of less than 8 bytes
// at the end is left out.
//
// It is [Touched] with the multiplications taken out of the loop: it follows
// every access of a page, where each nanosecond is half a percent.
func TouchPages(p []byte, off int64) (sum uint64) {
	shift := pageShift & 63 // tells the compiler that the shifts are in range
	page, last := 1<<shift, len(p)-WordBytes
	base := unsafe.Pointer(unsafe.SliceData(p))
	line := int(off>>shift) << 6
	for piece := 0; piece <= last; piece += page {
		at := piece + line&(page-1)
		if at > last {
			at = piece
		}
		sum += *(*uint64)(unsafe.Add(base, at))
		line += 64
	}
	return sum
}

// SumWords returns the sum, modulo 2^64, of the 8-byte little-endian words of
// p. Bytes beyond the last whole word are left out.
//
// Four independent sums keep the loads from waiting on one adder, and sixteen
// words a turn make the loop's own instructions rare, so that more of a block
// that comes from memory is in flight at once. The pointer is moved by hand:
// reslicing costs four instructions a turn more, which halved the speed.
func SumWords(p []byte) uint64 {
	// Both architectures this runs on are little-endian and load unaligned
	// words at no cost that could be measured.
	base := unsafe.Pointer(unsafe.SliceData(p))
	n := len(p) &^ (WordBytes - 1)
	var s0, s1, s2, s3 uint64
	i := 0
	for ; i <= n-16*WordBytes; i += 16 * WordBytes {
		v := (*[16]uint64)(unsafe.Add(base, i))
		s0 += v[0]
		s1 += v[1]
		s2 += v[2]
		s3 += v[3]
		s0 += v[4]
		s1 += v[5]
		s2 += v[6]
		s3 += v[7]
		s0 += v[8]
		s1 += v[9]
		s2 += v[10]
		s3 += v[11]
		s0 += v[12]
		s1 += v[13]
		s2 += v[14]
		s3 += v[15]
	}
	for ; i < n; i += WordBytes {
		s0 += *(*uint64)(unsafe.Add(base, i))
	}
	return s0 + s1 + s2 + s3
}
