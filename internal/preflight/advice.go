package preflight

import (
	"time"

	"golang.org/x/sys/unix"

	"mmapbench/internal/procmem"
)

// adviceProbes ask which advice about a mapping has the effect that its name
// promises. Nearly all of madvise(2) returns 0 whether it does anything or not.
var adviceProbes = []probe{
	{
		name: "populate", group: "advice", question: "Does MAP_POPULATE map every page beforehand?",
		weight: Fact, needs: mapping, means: "mmap:populate measures the same as mmap", ask: populate,
	}, {
		name: "populate-read", group: "advice", question: "Does MADV_POPULATE_READ map every page?",
		weight: Fact, needs: mapping, ask: populateRead,
		means: "mmap:advise=populate-read is left out, or measures the same as mmap; the advice needs Linux 5.14",
	}, {
		name: "populate-write", group: "advice", question: "Does MADV_POPULATE_WRITE map every page for stores?",
		weight: Fact, needs: shared, ask: populateWrite,
		means: "the first store to a page may be a fault whatever is done before; the advice needs Linux 5.14",
	}, {
		name: "random", group: "advice", question: "Is MADV_RANDOM kept?",
		weight: Fact, needs: mapping, means: "mmap:advise=random measures the same as mmap",
		ask: flagged("RANDOM", unix.MADV_RANDOM, "rr"),
	}, {
		name: "sequential", group: "advice", question: "Is MADV_SEQUENTIAL kept?",
		weight: Fact, needs: mapping, means: "mmap:advise=sequential measures the same as mmap",
		ask: flagged("SEQUENTIAL", unix.MADV_SEQUENTIAL, "sr"),
	}, {
		name: "willneed", group: "advice", question: "Does MADV_WILLNEED read the file in?",
		weight: Fact, needs: shared, means: "mmap:advise=willneed measures the same as mmap", ask: willNeed,
	}, {
		name: "dontneed", group: "advice", question: "Does MADV_DONTNEED unmap, and the page cache keep?",
		weight: Fact, needs: shared, means: "a program cannot give mapped pages back one by one", ask: dontNeed,
	}, {
		name: "cold-advice", group: "advice", question: "Does MADV_COLD make pages unreferenced?",
		weight: Fact, needs: mapping, ask: coldAdvice,
		means: "a program cannot mark pages as the first to go; the advice needs Linux 5.4",
	}, {
		name: "pageout", group: "advice", question: "Does MADV_PAGEOUT evict mapped pages?",
		weight: Fact, needs: shared, ask: pageOut,
		means: "a program cannot evict what it has mapped; the advice needs Linux 5.4, the file's owner, and a " +
			"place for " +
			"the pages to go",
	}, {
		name: "remove", group: "advice", question: "Does MADV_REMOVE punch a hole into the file?",
		weight: Fact, needs: shared, means: "a program cannot free a file's space through its mapping", ask: remove,
	}, {
		name: "hugepage", group: "advice", question: "Does MADV_HUGEPAGE bring huge pages?",
		weight: Fact, needs: mapping, ask: hugePage,
		means: "mmap:advise=hugepage measures the same as mmap: with this file system, kernel and settings the " +
			"advice is accepted and nothing follows",
	}, {
		name: "collapse", group: "advice", question: "Does MADV_COLLAPSE make a huge page?",
		weight: Fact, needs: mapping, ask: collapse,
		means: "a program cannot ask for a huge page of this file at a moment of its choice; the advice needs " +
			"Linux 6.1 " +
			"and, for files on a device, a kernel built with CONFIG_READ_ONLY_THP_FOR_FS",
	},
}

const manyPages = 16 // 64 KiB at least: less than any read-ahead window

func populate(p *probing) answer {
	f, m := p.newMapped()
	without := present(m)
	with := present(p.mmap(f, len(m), unix.PROT_READ, p.sharing()|unix.MAP_POPULATE))
	return yesIf(with == manyPages && without < manyPages,
		"pages mapped before any touch, by /proc/self/pagemap: %d of %d with the flag, %d without",
		with, manyPages, without)
}

func populateRead(p *probing) answer {
	_, m := p.newMapped()
	return populated(m, "POPULATE_READ", unix.MADV_POPULATE_READ)
}

func populateWrite(p *probing) answer {
	n := manyPages * p.page
	f, want := p.newFile(n)
	fdatasync(f) // the end of a write-back under way makes pages read-only again
	m := p.writable(f, n)
	a := populated(m, "POPULATE_WRITE", unix.MADV_POPULATE_WRITE)
	if a.Answer != Yes {
		return a
	}
	// A page that is mapped for reading alone would fault at the first store.
	faults := must(procmem.MinorFaults(func() {
		for i := 0; i < n; i += p.page {
			m[i] = want[i]
		}
	}))
	equal(a.evidence+"; and it changed the file", m, want)
	return yesIf(faults < manyPages/2, "%s; a store to each is %d faults", a.evidence, faults)
}

func populated(m []byte, name string, advice int) answer {
	before := present(m)
	madvise(m, name, advice)
	after := present(m)
	return yesIf(before < manyPages && after == manyPages,
		"pages mapped, by /proc/self/pagemap: %d of %d before, %d after", before, manyPages, after)
}

// flagged looks for the kernel's note of an advice, and whether MADV_NORMAL takes
// the note back.
func flagged(name string, advice int, flag string) func(*probing) answer {
	return func(p *probing) answer {
		_, m := p.newMapped()
		noted := func() bool {
			r := region(m)
			if len(r.Flags) == 0 {
				end(unknown("/proc/self/smaps has no VmFlags"))
			}
			return r.Has(flag)
		}
		before := noted()
		madvise(m, name, advice)
		with := noted()
		madvise(m, "NORMAL", unix.MADV_NORMAL)
		after := noted()
		return yesIf(!before && with && !after,
			"flag %s in /proc/self/smaps: %s without, %s with it, %s after MADV_NORMAL",
			flag, isSet(before), isSet(with), isSet(after))
	}
}

func isSet(b bool) string {
	if b {
		return "set"
	}
	return "not set"
}

// until asks again for a while: what the kernel does by itself takes its time.
func until(done func() bool) bool {
	for _, pause := range []time.Duration{0, 2, 8, 30, 100, 300} {
		time.Sleep(pause * time.Millisecond)
		if done() {
			return true
		}
	}
	return false
}

func willNeed(p *probing) answer {
	f, m := p.newMapped()
	how := p.evict(f, len(m))
	if !how.gone() {
		return unknown("after %s there is nothing to read in", how)
	}
	madvise(m, "WILLNEED", unix.MADV_WILLNEED)
	var there int
	done := until(func() bool {
		there = resident(f, len(m))
		return there == manyPages
	})
	return yesIf(done,
		"pages in the page cache, by mincore(2): 0 of %d after eviction, %d after the advice and no touch",
		manyPages, there)
}

func dontNeed(p *probing) answer {
	f, m := p.newMapped()
	p.touch(m)
	before := present(m)
	madvise(m, "DONTNEED", unix.MADV_DONTNEED)
	after, there := present(m), resident(f, len(m))
	return yesIf(before == manyPages && after == 0 && there == manyPages,
		"pages mapped: %d of %d before, %d after; in the page cache still %d", before, manyPages, after, there)
}

// coldAdvice looks at the reference bits, which are all that the advice changes
// at once: what follows from them shows when memory is short.
func coldAdvice(p *probing) answer {
	_, m := p.newMapped()
	p.touch(m)
	before := region(m).Bytes["Referenced"]
	madvise(m, "COLD", unix.MADV_COLD)
	after := region(m).Bytes["Referenced"]
	const text = "Referenced in /proc/self/smaps: %d bytes before, %d after"
	if before == 0 {
		return unknown(text, before, after)
	}
	return yesIf(after == 0, text, before, after)
}

func pageOut(p *probing) answer {
	f, m := p.newMapped()
	fdatasync(f)
	var there int
	until(func() bool {
		p.touch(m) // the advice looks at mapped pages only
		madvise(m, "PAGEOUT", unix.MADV_PAGEOUT)
		there = resident(f, len(m))
		return there == 0 || p.stays
	})
	return yesIf(there == 0,
		"it returned 0; pages in the page cache after it, by mincore(2): %d of %d", there, manyPages)
}

func remove(p *probing) answer {
	n := manyPages * p.page
	f, want, m := p.newShared(n)
	madvise(m[p.page:n-p.page], "REMOVE", unix.MADV_REMOVE)
	clear(want[p.page : n-p.page])
	expect("pread after the advice", f, want)
	return yes("%d of %d pages: zeros by pread, the first and the last page as they were", manyPages-2, manyPages)
}
