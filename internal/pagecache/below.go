package pagecache

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"mmapbench/internal/directio"
	"mmapbench/internal/memory"
	"mmapbench/internal/posix"
	"mmapbench/internal/reason"
)

// Below is how the layer below the page cache answers reads that bypass it, the
// first time and when they are repeated. Judge compares the two.
type Below struct {
	First time.Duration // median of the first reads
	Again time.Duration // median of the second reads of the same blocks
	Reads int           // how many first reads there were, and how many second ones
}

// Caches reports whether repeated reads were so much faster that a cache must
// have answered them.
func (b *Below) Caches() bool { return float64(b.First) > againFactor*float64(b.Again) }

const (
	// belowReads blocks are read twice: on a slow card half a second in all.
	belowReads = 32
	// belowBlock is the size of a read, in bytes, unless the file system wants
	// more: what a random access moves, and small enough that the latency of
	// the device counts and not its bandwidth.
	belowBlock = 4096
)

// ProbeBelow reads blocks of the first size bytes of the file at path with
// O_DIRECT, one in each of 32 equal parts of the file, chosen and ordered by
// seed, and then the same blocks again.
//
// The file must be cold. O_DIRECT is a wish: btrfs with compression, and other
// file systems in some modes, read through the page cache without a word. On a
// cold file that shows as pages that are there afterwards, and is an error; the
// pages are evicted again, so the cache is left as it was found.
func ProbeBelow(path string, size int64, seed uint64) (b *Below, err error) {
	f, err := openDirect(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	before, err := bypassable(f, size)
	if err != nil {
		return nil, err
	}
	block, err := directBlock(f)
	if err != nil {
		return nil, err
	}
	if b, err = readTwice(f, blocks(size, block, seed), block); err != nil {
		return nil, err
	}
	after, err := Observe(f, size)
	if err != nil {
		return nil, err
	}
	if grown(before.Mincore, after.Mincore) || grown(before.Cachestat, after.Cachestat) {
		err := fmt.Errorf("reading %s with O_DIRECT left pages in the page cache: its file system ignores the "+
			"flag, so the layer below cannot be probed", path)
		return nil, errors.Join(err, Evict(f))
	}
	return b, nil
}

func openDirect(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_DIRECT|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if errors.Is(err, unix.EINVAL) {
		return nil, fmt.Errorf("%w: its file system has no O_DIRECT, so the layer below cannot be probed", err)
	}
	if err != nil {
		return nil, fmt.Errorf("probing the layer below the page cache: %w", err)
	}
	return f, nil
}

// bypassable looks at the page cache before the reads, and refuses a file on
// which it could not be shown that they bypassed it.
func bypassable(f *os.File, size int64) (Observation, error) {
	memory, err := InMemory(int(f.Fd()))
	if err != nil {
		return Observation{}, fmt.Errorf("fstatfs of %s: %w", f.Name(), err)
	}
	if memory {
		return Observation{}, fmt.Errorf("%s is on a file system in memory: it has no layer below", f.Name())
	}
	o, err := Observe(f, size)
	if err != nil {
		return o, err
	}
	var doubts findings
	doubts.residency(o, reason.PagesInCache, reason.ResidencyUnknown, IsCold)
	if why := append(doubts.contradictions, doubts.gaps...); len(why) > 0 {
		return o, fmt.Errorf("probing the layer below %s: that reads bypass the page cache shows on a cold file "+
			"only: %s", f.Name(), why[0])
	}
	return o, nil
}

// InMemory reports whether an open file lies on a file system that is memory, and
// has no device below.
func InMemory(fd int) (bool, error) {
	var fs unix.Statfs_t
	err := unix.Fstatfs(fd, &fs)
	return fs.Type == unix.TMPFS_MAGIC || fs.Type == unix.RAMFS_MAGIC, err
}

// directBlock returns the size of a direct read of f in bytes.
func directBlock(f *os.File) (int64, error) {
	a, err := directio.Of(int(f.Fd()))
	if err != nil {
		return 0, fmt.Errorf("%s cannot be read with O_DIRECT: %w, so the layer below cannot be probed",
			f.Name(), err)
	}
	align := int64(a.Offset)
	return (belowBlock + align - 1) / align * align, nil
}

// blocks chooses one block in each of up to belowReads equal parts of the file,
// in random order, so that no read-ahead of the device helps. All of its
// offsets are different.
func blocks(size, block int64, seed uint64) []int64 {
	total := size / block
	n := min(belowReads, total)
	r := rand.New(rand.NewPCG(seed, 0))
	offsets := make([]int64, n)
	for i := range offsets {
		from, to := total*int64(i)/n, total*int64(i+1)/n
		offsets[i] = (from + r.Int64N(to-from)) * block
	}
	r.Shuffle(len(offsets), func(i, j int) { offsets[i], offsets[j] = offsets[j], offsets[i] })
	return offsets
}

func readTwice(f *os.File, offsets []int64, block int64) (*Below, error) {
	if len(offsets) == 0 {
		return nil, fmt.Errorf("%s is too small to probe the layer below it: it needs %d bytes", f.Name(), block)
	}
	// Anonymous memory begins at a page, which is as aligned as any device
	// wants it.
	buf, err := memory.Buffer(block)
	if err != nil {
		return nil, err
	}
	first, err := medianRead(f, offsets, buf)
	again := first
	if err == nil {
		again, err = medianRead(f, offsets, buf)
	}
	if err := errors.Join(err, posix.Munmap(buf)); err != nil {
		return nil, err
	}
	return &Below{First: first, Again: again, Reads: len(offsets)}, nil
}

func medianRead(f *os.File, offsets []int64, buf []byte) (time.Duration, error) {
	times := make([]time.Duration, len(offsets))
	for i, off := range offsets {
		start := time.Now()
		n, err := unix.Pread(int(f.Fd()), buf, off)
		times[i] = time.Since(start)
		if err == nil && n != len(buf) {
			err = fmt.Errorf("%d bytes instead of %d", n, len(buf))
		}
		if err != nil {
			return 0, fmt.Errorf("direct read of %s at offset %d: %w", f.Name(), off, err)
		}
	}
	slices.Sort(times)
	return times[len(times)/2], nil
}

func grown(before, after *int64) bool { return before != nil && after != nil && *after > *before }
