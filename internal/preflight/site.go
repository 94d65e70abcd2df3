package preflight

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"mmapbench/internal/dataset"
	"mmapbench/internal/host"
	"mmapbench/internal/memfault"
	"mmapbench/internal/pagecache"
	"mmapbench/internal/units"
)

// site is the target of the probes: a folder there, and what was found out so
// far that later probes rest on.
type site struct {
	target string
	page   int
	dir    *dataset.Dir
	noFile error // why no file can be made; nil: one can
	host   host.Facts

	noShared, noPrivate string // the refusal of such a mapping; "": none
	faultsArrive        bool
	stays               bool // pages were asked to leave the page cache, and stayed
}

func newSite(target string) *site {
	return &site{target: target, page: os.Getpagesize(), faultsArrive: memfault.Works()}
}

// find answers one question.
func (s *site) find(q probe) Finding {
	f := Finding{Name: q.name, Group: q.group, Question: q.question, Weight: q.weight}
	lack, why := s.lacks(q.needs)
	a := answer{Unknown, why}
	switch lack {
	case "":
		a = s.ask(q.ask)
	case LacksMapping, LacksShared, LacksPrivate: // a clean refusal is no lie
		if q.weight == Vital {
			f.Weight = Degrades
		}
	}
	f.Answer, f.Evidence, f.Lacks = a.Answer, a.evidence, lack
	if f.Answer == No {
		f.Consequence, f.LeavesOut = q.consequence(), q.without
	}
	return f
}

// consequence is what a no means.
func (q *probe) consequence() string {
	if q.without != "" {
		return "a run leaves out " + q.without
	}
	return q.means
}

// lacks says what is missing for a probe to be asked, and why; "" if it can be asked.
func (s *site) lacks(n need) (lack Lack, why string) {
	switch {
	case n != 0 && n != faults && s.noFile != nil:
		return LacksFile, s.noFile.Error()
	case n&shared != 0 && s.noShared != "":
		return LacksShared, "there is no shared mapping to ask it of: " + s.noShared
	case n&private != 0 && s.noPrivate != "":
		return LacksPrivate, "there is no private mapping to ask it of: " + s.noPrivate
	case n&mapping != 0 && s.unmappable():
		return LacksMapping, "there is no mapping to ask it of: " + s.noPrivate
	case n&faults != 0 && !s.faultsArrive:
		return LacksFaults, "faults do not arrive here with their address, as under user-mode emulation"
	}
	return "", ""
}

func (s *site) unmappable() bool { return s.noShared != "" && s.noPrivate != "" }

// sharing is the flag of a mapping for reading.
func (s *site) sharing() int {
	if s.noShared != "" {
		return unix.MAP_PRIVATE
	}
	return unix.MAP_SHARED
}

// mappingName names a mapping for reading.
func (s *site) mappingName() string {
	if s.noShared != "" {
		return "private mapping"
	}
	return "mapping"
}

// room says why there is none for the files of Check. A file system that says
// nothing of its size (a tmpfs without a limit has 0 blocks) is given a try.
func (s *site) room() error {
	free, known, err := s.free()
	if err != nil {
		return err
	}
	if known && free < Bytes {
		return fmt.Errorf("only %s are free, and it takes %s to ask", units.FormatSize(free), units.FormatSize(Bytes))
	}
	return nil
}

// free asks how many bytes this user may write to the target, which not every
// file system knows.
func (s *site) free() (n int64, known bool, err error) {
	var st unix.Statfs_t
	if err := failed("statfs", unix.Statfs(s.target, &st)); err != nil {
		return 0, false, err
	}
	return int64(st.Bavail) * int64(st.Frsize), st.Blocks > 0, nil
}

// evicted is how far an eviction went.
type evicted struct {
	pagecache.Residency
	unseen error // why that is not known; nil: it is
}

func (e evicted) gone() bool { return e.unseen == nil && e.Resident == 0 }

func (e evicted) String() string {
	switch {
	case e.unseen != nil:
		return fmt.Sprintf("an eviction that could not be made or seen (%v)", e.unseen)
	case e.gone():
		return "eviction"
	}
	return fmt.Sprintf("an eviction that left %d of %d pages", e.Resident, e.Pages)
}

// tryEvict writes a file's pages to the device and has them dropped. Where
// pages have stayed once, tryEvict does not insist: a file system in memory has
// no other place for them. An eviction that could not be made or seen is part of
// the result: a sandbox without mincore(2) or posix_fadvise(2) says nothing about
// the bytes.
func (s *site) tryEvict(f *os.File, n int) (e evicted) {
	if s.stays {
		if e.unseen = pagecache.Evict(f); e.unseen == nil {
			e.Residency, e.unseen = pagecache.Resident(f, int64(n))
		}
	} else {
		e.Residency, e.unseen = pagecache.Cold(f, int64(n))
	}
	s.stays = s.stays || e.Resident > 0
	return e
}
