package preflight

import (
	"cmp"
	"fmt"

	"golang.org/x/sys/unix"

	"mmapbench/internal/pagecache"
)

// cacheProbes ask whether the states of the page cache can be had, and seen.
var cacheProbes = []probe{
	{
		name: "mincore", group: "page cache", question: "Does mincore(2) tell this user the truth?",
		weight: Fact, needs: shared, ask: mincoreHonest,
		means: "cache states cannot be proven by it: cold trials are weak evidence",
	}, {
		name: "cachestat", group: "page cache", question: "Does cachestat(2) tell this user the truth?",
		weight: Fact, needs: shared, ask: cachestatHonest,
		means: "cache states have one witness less: mincore(2) alone is heard",
	}, {
		name: "cold", group: "page cache", question: "Can a file be made cold without root?",
		weight: Degrades, needs: mapping, ask: cold,
		without: "the cache states cold, drop-caches and device-cold: choose a directory on a device for them",
	}, {
		name: "drop-caches", group: "page cache", question: "May this user drop all caches of the host?",
		weight: Degrades, ask: dropCaches,
		without: "the cache state drop-caches, and loses nothing where cold can be had; root has the right",
	}, {
		name: "cached", group: "page cache", question: "Does a file that was read stay in the page cache?",
		weight: Degrades, needs: mapping, ask: staysCached,
		without: "the cache states cached and mapped",
	},
}

// witnesses hold what both witnesses say of a file after an eviction, and after
// the file was read.
type witnesses struct {
	how        evicted
	cold, warm pagecache.Observation
}

// observe evicts a file, reads it, and hears both witnesses each time.
func (p *probing) observe() (w witnesses) {
	n := manyPages * p.page
	f, _ := p.newFile(n)
	w.how = p.evict(f, n)
	w.cold = must(pagecache.Observe(f, int64(n)))
	must(read(f, 0, n))
	w.warm = must(pagecache.Observe(f, int64(n)))
	return w
}

func mincoreHonest(p *probing) answer {
	w := p.observe()
	return honest(w, w.cold.Mincore, w.warm.Mincore, cmp.Or(w.cold.MincoreReason, w.warm.MincoreReason),
		"it says that a page behind the end is not there")
}

func cachestatHonest(p *probing) answer {
	w := p.observe()
	a := honest(w, w.cold.Cachestat, w.warm.Cachestat, cmp.Or(w.cold.CachestatReason, w.warm.CachestatReason),
		"mincore(2) agrees")
	if a.Answer == Yes && (w.warm.Mincore == nil || *w.warm.Mincore != *w.warm.Cachestat) {
		return unknown("mincore(2) does not say the same")
	}
	return a
}

// honest judges a witness by what is known of the file: that it was read.
func honest(w witnesses, cold, warm *int64, reason, also string) answer {
	if cold == nil || warm == nil {
		return no("%s", reason)
	}
	text := fmt.Sprintf("%d of %d pages after %s, %d after they were read; %s", *cold, manyPages, w.how, *warm, also)
	switch {
	case *warm < manyPages:
		return unknown("%s: either it is wrong, or the pages do not stay", text)
	case w.how.gone() && *cold > 0:
		return no("%s", text)
	}
	return yes("%s", text)
}

// cold evicts a file that was read, and looks whether the device is asked for the
// file again. Not every file system has its reads booked to the process.
func cold(p *probing) answer {
	n := manyPages * p.page
	f, want := p.newFile(n)
	how := p.evict(f, n)
	if !how.gone() {
		return no("fdatasync and FADV_DONTNEED left %d of %d pages in the page cache, by mincore(2)",
			how.Resident, how.Pages)
	}
	before := inblock()
	expect("pread after eviction", f, want)
	again := "what reading them again took is not booked to the process"
	if took := inblock() - before; took > 0 {
		again = fmt.Sprintf("reading them again took %d bytes from a device (ru_inblock)", 512*took)
	}
	return yes("fdatasync and FADV_DONTNEED leave 0 of %d pages by mincore(2); %s", manyPages, again)
}

func inblock() int64 {
	var u unix.Rusage
	call("getrusage", unix.Getrusage(unix.RUSAGE_SELF, &u))
	return u.Inblock
}

// dropCaches does not drop them: others use this machine too.
func dropCaches(*probing) answer {
	const path = "/proc/sys/vm/drop_caches"
	if err := unix.Access(path, unix.W_OK); err != nil {
		return no("access(%s): %s", path, errnoOf(err))
	}
	return yes("%s may be written to; it was not", path)
}

func staysCached(p *probing) answer {
	n := manyPages * p.page
	f, _ := p.newFile(n)
	p.evict(f, n)
	r := must(pagecache.Warm(f, int64(n), make([]byte, n)))
	return yesIf(pagecache.IsWarm(r),
		"after reading it from start to end, by mincore(2): %d of %d pages", r.Resident, r.Pages)
}
