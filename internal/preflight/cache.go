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
		weight: Fact, needs: shared, means: "cache states cannot be proven by it: cold trials are weak evidence", ask: mincoreHonest,
	}, {
		name: "cachestat", group: "page cache", question: "Does cachestat(2) tell this user the truth?",
		weight: Fact, needs: shared, means: "cache states have one witness less: mincore(2) alone is heard", ask: cachestatHonest,
	}, {
		name: "cold", group: "page cache", question: "Can a file be made cold without root?",
		weight: Degrades, needs: mapping, ask: cold,
		means: "a run leaves out the cache states cold, drop-caches and device-cold: choose a directory on a device for them",
	}, {
		name: "drop-caches", group: "page cache", question: "May this user drop all caches of the host?",
		weight: Degrades, ask: dropCaches,
		means: "a run leaves out the cache state drop-caches, and loses nothing where cold can be had; root has it",
	}, {
		name: "cached", group: "page cache", question: "Does a file that was read stay in the page cache?",
		weight: Degrades, needs: mapping, ask: staysCached,
		means: "a run leaves out the cache states cached and mapped",
	},
}

// witnesses are what is said of a file after an eviction, and after it was read.
type witnesses struct {
	how        evicted
	cold, warm pagecache.Observation
}

// observe evicts a file, reads it, and hears both witnesses each time.
func (b *bench) observe() (w witnesses, err error) {
	n := advicePages * b.page
	f, _, err := b.made(n)
	if err != nil {
		return w, err
	}
	if w.how, err = b.evict(f, int64(n)); err != nil {
		return w, err
	}
	if w.cold, err = pagecache.Observe(f, int64(n)); err != nil {
		return w, err
	}
	if _, err = read(f, 0, n); err != nil {
		return w, err
	}
	w.warm, err = pagecache.Observe(f, int64(n))
	return w, err
}

func mincoreHonest(b *bench) (reply, error) {
	w, err := b.observe()
	if err != nil {
		return reply{}, err
	}
	return honest(w, w.cold.Mincore, w.warm.Mincore, cmp.Or(w.cold.MincoreReason, w.warm.MincoreReason), "it says that a page behind the end is not there")
}

func cachestatHonest(b *bench) (reply, error) {
	w, err := b.observe()
	if err != nil {
		return reply{}, err
	}
	r, err := honest(w, w.cold.Cachestat, w.warm.Cachestat, cmp.Or(w.cold.CachestatReason, w.warm.CachestatReason), "mincore(2) agrees")
	if r.answer == Yes && (w.warm.Mincore == nil || *w.warm.Mincore != *w.warm.Cachestat) {
		return unknown("mincore(2) does not say the same")
	}
	return r, err
}

// honest judges a witness by what is known of the file: that it was read.
func honest(w witnesses, cold, warm *int64, reason, also string) (reply, error) {
	if cold == nil || warm == nil {
		return no("%s", reason)
	}
	text := fmt.Sprintf("%d of %d pages after %s, %d after they were read; %s", *cold, advicePages, w.how, *warm, also)
	switch {
	case *warm < advicePages:
		return unknown("%s: either it is wrong, or the pages do not stay", text)
	case w.how.gone() && *cold > 0:
		return no("%s", text)
	}
	return yes("%s", text)
}

// cold evicts a file that was read, and looks whether the device is asked for
// it again. Not every file system has its reads booked to the process.
func cold(b *bench) (reply, error) {
	n := advicePages * b.page
	f, want, err := b.made(n)
	if err != nil {
		return reply{}, err
	}
	how, err := b.evict(f, int64(n))
	if err != nil {
		return reply{}, err
	}
	if !how.gone() {
		return no("fdatasync and FADV_DONTNEED left %d of %d pages in the page cache, by mincore(2)", how.Resident, how.Pages)
	}
	var before, after unix.Rusage
	if err := failed("getrusage", unix.Getrusage(unix.RUSAGE_SELF, &before)); err != nil {
		return reply{}, err
	}
	got, err := read(f, 0, n)
	if d := differ(got, want); d != "" || err != nil {
		return wrong("pread after eviction", d, len(got), n, err)
	}
	if err := failed("getrusage", unix.Getrusage(unix.RUSAGE_SELF, &after)); err != nil {
		return reply{}, err
	}
	again := fmt.Sprintf("reading them again took %d bytes from a device (ru_inblock)", 512*(after.Inblock-before.Inblock))
	if after.Inblock == before.Inblock {
		again = "what reading them again took is not booked to the process"
	}
	return yes("fdatasync and FADV_DONTNEED leave 0 of %d pages by mincore(2); %s", advicePages, again)
}

// dropCaches does not drop them: others use this machine too.
func dropCaches(*bench) (reply, error) {
	const path = "/proc/sys/vm/drop_caches"
	if err := unix.Access(path, unix.W_OK); err != nil {
		return no("access(%s): %s", path, errnoOf(err))
	}
	return yes("%s may be written to; it was not", path)
}

func staysCached(b *bench) (reply, error) {
	n := advicePages * b.page
	f, _, err := b.made(n)
	if err != nil {
		return reply{}, err
	}
	if _, err := b.evict(f, int64(n)); err != nil {
		return reply{}, err
	}
	r, err := pagecache.Warm(f, int64(n), make([]byte, n))
	if err != nil {
		return reply{}, err
	}
	return verdict(pagecache.IsWarm(r), "after reading it from start to end, by mincore(2): %d of %d pages", r.Resident, r.Pages)
}
