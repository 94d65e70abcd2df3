package dataset

// sumBlock is how much of the content one remembered sum covers.
const sumBlock = 4096

// Sums remembers the sums of the content's blocks, so that summing the same
// ranges for one trial after another costs an addition per 4 KiB instead of
// the mixing of 512 words. It is not safe for concurrent use.
type Sums struct {
	seed  uint64
	sum   []uint64 // of each block, if known
	known []bool
}

// NewSums returns the sums of the content of a file of size bytes. Nothing is
// computed yet: the tables take 9 bytes for each 4 KiB of the file.
func NewSums(seed uint64, size int64) *Sums {
	blocks := (size + sumBlock - 1) / sumBlock
	return &Sums{seed: seed, sum: make([]uint64, blocks), known: make([]bool, blocks)}
}

// Range returns the sum, modulo 2^64, of the n/8 words of the content from
// offset off, which must be a multiple of 8. The range must lie in the file.
func (s *Sums) Range(off int64, n int) (sum uint64) {
	mustBeWord(off)
	end := off + int64(n)&^(wordBytes-1)
	for off < end {
		next := min(end, (off/sumBlock+1)*sumBlock)
		if next-off == sumBlock {
			sum += s.block(off / sumBlock)
		} else {
			sum += Sum(s.seed, off, next-off)
		}
		off = next
	}
	return sum
}

func (s *Sums) block(i int64) uint64 {
	if !s.known[i] {
		s.sum[i], s.known[i] = Sum(s.seed, i*sumBlock, sumBlock), true
	}
	return s.sum[i]
}
