package dataset

const (
	// minSumBlock is how much of the content one remembered sum covers at least.
	minSumBlock = 4096
	// maxSums is how many are remembered at most: in a huge file each sum covers
	// more, and costs more where a range ends within its block.
	maxSums = 1 << 18
)

// Sums remembers the sums of the content's blocks, so that summing the same
// ranges for one trial after another costs an addition per block instead of
// the mixing of 512 words or more. It is not safe for concurrent use.
type Sums struct {
	of    Content
	each  int64    // bytes of a block
	sum   []uint64 // one a block, where known
	known []bool
}

// Sums returns the sums of the content of a file of size bytes. Nothing is
// computed yet: the tables take 9 bytes for each 4 KiB of the file, and 2.3 MB at
// most.
func (c Content) Sums(size int64) *Sums {
	each := int64(minSumBlock)
	for size/each > maxSums {
		each *= 2
	}
	blocks := (size + each - 1) / each
	return &Sums{of: c, each: each, sum: make([]uint64, blocks), known: make([]bool, blocks)}
}

// Range returns the sum, modulo 2^64, of the n/8 words of the content from
// offset off, which must be a multiple of 8. The range must lie in the file.
func (s *Sums) Range(off int64, n int) (sum uint64) {
	mustBeWord(off)
	end := off + int64(n)&^(wordBytes-1)
	for off < end {
		next := min(end, (off/s.each+1)*s.each)
		if next-off == s.each {
			sum += s.block(off / s.each)
		} else {
			sum += s.of.sum(off, next-off)
		}
		off = next
	}
	return sum
}

func (s *Sums) block(i int64) uint64 {
	if !s.known[i] {
		s.sum[i], s.known[i] = s.of.sum(i*s.each, s.each), true
	}
	return s.sum[i]
}
