package pagecache

import (
	"cmp"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Observation is how many pages of a file are in the page cache, as told by
// each of the kernel's two witnesses. A witness that cannot be heard, or that
// lies, is nil, and the reason says why.
type Observation struct {
	Pages           int64 // pages that the file takes; the last one may be partly used
	Mincore         *int64
	MincoreReason   string
	Cachestat       *int64
	CachestatReason string
}

// Why mincore(2) is not believed.
var errMincoreLies = errors.New("mincore(2) tells this user that all pages are there, whether they are or not: " +
	"only who owns the file, or may write to it, is told the truth")

// Observe looks at the first size bytes of f with both witnesses. What remains
// in the Observation can be trusted. An error means that the file itself cannot
// be asked about.
//
// Both look at the same pages, so they confirm each other: if mincore sees
// pages and cachestat not a single one, cachestat was asked about the wrong
// inode, as on overlayfs and in other file systems that hand the file below
// through, and is dropped. In all other cases a difference is kept; Judge wants
// every witness to agree with the claim.
func Observe(f *os.File, size int64) (Observation, error) {
	o := Observation{Pages: pages(size)}
	if _, err := f.Stat(); err != nil {
		return o, fmt.Errorf("looking at the page cache: %w", err)
	}
	if s, err := cachestat(f, size); err != nil {
		o.CachestatReason = err.Error()
	} else {
		o.Cachestat = &s.Cached
	}
	if n, err := trueMincore(f, size); err != nil {
		o.MincoreReason = err.Error()
	} else {
		o.Mincore = &n
	}
	o.crossCheck()
	return o, nil
}

// Plus adds up what is known of two files. What is not known of one is not
// known of both.
func (o Observation) Plus(other Observation) Observation {
	sum := func(a, b *int64) *int64 {
		if a == nil || b == nil {
			return nil
		}
		return new(*a + *b)
	}
	return Observation{Pages: o.Pages + other.Pages,
		Mincore: sum(o.Mincore, other.Mincore), MincoreReason: cmp.Or(o.MincoreReason, other.MincoreReason),
		Cachestat:       sum(o.Cachestat, other.Cachestat),
		CachestatReason: cmp.Or(o.CachestatReason, other.CachestatReason)}
}

// Whole reports whether a witness was heard, and every witness that was saw all pages.
func (o Observation) Whole() bool {
	all := func(n *int64) bool { return n == nil || *n == o.Pages }
	return (o.Mincore != nil || o.Cachestat != nil) && all(o.Mincore) && all(o.Cachestat)
}

func (o *Observation) crossCheck() {
	if o.Mincore == nil || o.Cachestat == nil {
		return
	}
	if *o.Cachestat == 0 && !IsCold(Residency{o.Pages, *o.Mincore}) {
		o.Cachestat = nil
		o.CachestatReason = fmt.Sprintf("cachestat(2) finds nothing where mincore(2) sees %d pages: it was asked "+
			"about another inode", *o.Mincore)
	}
}

// trueMincore counts by mincore, if mincore tells this process the truth.
func trueMincore(f *os.File, size int64) (int64, error) {
	lies, err := mincoreLies(f, size)
	if err != nil {
		return 0, fmt.Errorf("mincore(2) cannot be asked: %w", err)
	}
	if lies {
		return 0, errMincoreLies
	}
	r, err := Resident(f, size)
	return r.Resident, err
}

// mincoreLies asks mincore about a page that cannot be there: one behind the
// end of the file. can_do_mincore in mm/mincore.c decides, by owner,
// permissions, capabilities and user namespace, whether a caller is told the
// truth or "all resident" for whatever he asks about. To rebuild that decision
// from here could only go wrong; a page behind the end shows it.
//
// The page right behind the end may belong to a large folio that reaches
// beyond it, so a second one is asked about that no folio reaches. A file
// system may not allow offsets as large as that (vfat ends at 4 GiB): then the
// first answer stands.
func mincoreLies(f *os.File, size int64) (bool, error) {
	end := pages(size) * int64(os.Getpagesize())
	var vec [1]byte
	for _, off := range []int64{end, end + window} {
		n, err := residentWindow(f, off, int64(os.Getpagesize()), vec[:])
		if errors.Is(err, unix.EOVERFLOW) {
			break
		}
		if err != nil {
			return false, err
		}
		if n == 0 {
			return false, nil
		}
	}
	return true, nil
}
