package preflight

import (
	"fmt"
	"os"
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
		means: "mmap:advise=populate-read is left out, or measures the same as mmap; it needs Linux 5.14",
	}, {
		name: "populate-write", group: "advice", question: "Does MADV_POPULATE_WRITE map every page for stores?",
		weight: Fact, needs: shared, means: "the first store to a page may be a fault whatever is done before; it needs Linux 5.14", ask: populateWrite,
	}, {
		name: "random", group: "advice", question: "Is MADV_RANDOM kept?",
		weight: Fact, needs: mapping, means: "mmap:advise=random measures the same as mmap",
		ask: func(b *bench) (reply, error) { return b.flagged("RANDOM", unix.MADV_RANDOM, "rr") },
	}, {
		name: "sequential", group: "advice", question: "Is MADV_SEQUENTIAL kept?",
		weight: Fact, needs: mapping, means: "mmap:advise=sequential measures the same as mmap",
		ask: func(b *bench) (reply, error) { return b.flagged("SEQUENTIAL", unix.MADV_SEQUENTIAL, "sr") },
	}, {
		name: "willneed", group: "advice", question: "Does MADV_WILLNEED read the file in?",
		weight: Fact, needs: shared, means: "mmap:advise=willneed measures the same as mmap", ask: willNeed,
	}, {
		name: "dontneed", group: "advice", question: "Does MADV_DONTNEED unmap, and the page cache keep?",
		weight: Fact, needs: shared, means: "a program cannot give mapped pages back one by one", ask: dontNeed,
	}, {
		name: "cold-advice", group: "advice", question: "Does MADV_COLD make pages unreferenced?",
		weight: Fact, needs: mapping, means: "a program cannot mark pages as the first to go; it needs Linux 5.4", ask: coldAdvice,
	}, {
		name: "pageout", group: "advice", question: "Does MADV_PAGEOUT evict mapped pages?",
		weight: Fact, needs: shared, means: "a program cannot evict what it has mapped; it needs Linux 5.4, the file's owner, and a place for the pages to go", ask: pageOut,
	}, {
		name: "remove", group: "advice", question: "Does MADV_REMOVE punch a hole into the file?",
		weight: Fact, needs: shared, means: "a program cannot free a file's space through its mapping", ask: remove,
	}, {
		name: "hugepage", group: "advice", question: "Does MADV_HUGEPAGE bring huge pages?",
		weight: Fact, needs: mapping, means: "mmap:advise=hugepage measures the same as mmap: with this file system, kernel and settings the advice is accepted and nothing follows", ask: hugePage,
	}, {
		name: "collapse", group: "advice", question: "Does MADV_COLLAPSE make a huge page?",
		weight: Fact, needs: mapping, means: "a program cannot ask for a huge page of this file at a moment of its choice; it needs Linux 6.1 and, for files on a device, a kernel built with CONFIG_READ_ONLY_THP_FOR_FS", ask: collapse,
	},
}

const advicePages = 16 // 64 KiB at least: less than any read-ahead window

// advisedFile is a file and its mapping.
type advisedFile struct {
	*os.File
	m []byte
}

// advised makes a file and maps it for reading.
func (b *bench) advised() (advisedFile, error) {
	n := advicePages * b.page
	f, _, err := b.made(n)
	if err != nil {
		return advisedFile{}, err
	}
	m, err := b.readable(f, n)
	return advisedFile{f, m}, err
}

// presence counts the mapped pages before and after something is done.
func presence(m []byte, do func() error) (before, after int, err error) {
	if before, err = procmem.Present(m); err != nil {
		return 0, 0, err
	}
	if err = do(); err != nil {
		return 0, 0, err
	}
	after, err = procmem.Present(m)
	return before, after, err
}

func madvise(m []byte, name string, advice int) error {
	err := unix.Madvise(m, advice)
	for err == unix.EINTR {
		err = unix.Madvise(m, advice)
	}
	return failed("madvise("+name+")", err)
}

func populate(b *bench) (reply, error) {
	f, err := b.advised()
	if err != nil {
		return reply{}, err
	}
	without, err := procmem.Present(f.m)
	if err != nil {
		return reply{}, err
	}
	m, err := b.mmap(f.File, len(f.m), unix.PROT_READ, b.sharing()|unix.MAP_POPULATE)
	if err != nil {
		return reply{}, err
	}
	with, err := procmem.Present(m)
	if err != nil {
		return reply{}, err
	}
	return verdict(with == advicePages && without < advicePages, "pages mapped before any touch, by /proc/self/pagemap: %d of %d with the flag, %d without", with, advicePages, without)
}

func populateRead(b *bench) (reply, error) {
	f, err := b.advised()
	if err != nil {
		return reply{}, err
	}
	return b.populated(f.m, "POPULATE_READ", unix.MADV_POPULATE_READ)
}

func populateWrite(b *bench) (reply, error) {
	n := advicePages * b.page
	f, want, err := b.made(n)
	if err != nil {
		return reply{}, err
	}
	// The end of a write-back under way makes pages read-only again.
	if err := failed("fdatasync", unix.Fdatasync(int(f.Fd()))); err != nil {
		return reply{}, err
	}
	m, err := b.writable(f, n)
	if err != nil {
		return reply{}, err
	}
	r, err := b.populated(m, "POPULATE_WRITE", unix.MADV_POPULATE_WRITE)
	if err != nil || r.answer != Yes {
		return r, err
	}
	// A page that is mapped for reading alone would fault at the first store.
	faults, err := procmem.MinorFaults(func() {
		for i := 0; i < n; i += b.page {
			m[i] = want[i]
		}
	})
	if err != nil {
		return reply{}, err
	}
	if d := differ(m, want); d != "" {
		return no("%s; and it changed the file: %s", r.evidence, d)
	}
	return verdict(faults < advicePages/2, "%s; a store to each is %d faults", r.evidence, faults)
}

func (b *bench) populated(m []byte, name string, advice int) (reply, error) {
	before, after, err := presence(m, func() error { return madvise(m, name, advice) })
	if err != nil {
		return reply{}, err
	}
	return verdict(before < advicePages && after == advicePages, "pages mapped, by /proc/self/pagemap: %d of %d before, %d after", before, advicePages, after)
}

// flagged looks for the kernel's note of an advice, and that MADV_NORMAL takes
// it back.
func (b *bench) flagged(name string, advice int, flag string) (reply, error) {
	f, err := b.advised()
	if err != nil {
		return reply{}, err
	}
	var has [3]bool
	for i, do := range []func() error{
		func() error { return nil },
		func() error { return madvise(f.m, name, advice) },
		func() error { return madvise(f.m, "NORMAL", unix.MADV_NORMAL) },
	} {
		if err := do(); err != nil {
			return reply{}, err
		}
		r, err := procmem.RegionOf(f.m)
		if err != nil {
			return reply{}, err
		}
		if len(r.Flags) == 0 {
			return unknown("/proc/self/smaps has no VmFlags")
		}
		has[i] = r.Has(flag)
	}
	return verdict(has == [3]bool{false, true, false}, "flag %s in /proc/self/smaps: %s without, %s with it, %s after MADV_NORMAL", flag, isSet(has[0]), isSet(has[1]), isSet(has[2]))
}

func isSet(b bool) string {
	if b {
		return "set"
	}
	return "not set"
}

// until asks again for a while: what the kernel does by itself takes its time.
func until(done func() (bool, error)) (bool, error) {
	for _, pause := range []time.Duration{0, 2, 8, 30, 100, 300} {
		time.Sleep(pause * time.Millisecond)
		if ok, err := done(); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

func willNeed(b *bench) (reply, error) {
	f, err := b.advised()
	if err != nil {
		return reply{}, err
	}
	how, err := b.evict(f.File, int64(len(f.m)))
	if err != nil {
		return reply{}, err
	}
	if !how.gone() {
		return unknown("after %s there is nothing to read in", how)
	}
	if err := madvise(f.m, "WILLNEED", unix.MADV_WILLNEED); err != nil {
		return reply{}, err
	}
	var there int64
	done, err := until(func() (bool, error) {
		there, err = resident(f.File, int64(len(f.m)))
		return there == advicePages, err
	})
	if err != nil {
		return reply{}, err
	}
	return verdict(done, "pages in the page cache, by mincore(2): 0 of %d after eviction, %d after the advice and no touch", advicePages, there)
}

func dontNeed(b *bench) (reply, error) {
	f, err := b.advised()
	if err != nil {
		return reply{}, err
	}
	b.touch(f.m)
	before, after, err := presence(f.m, func() error { return madvise(f.m, "DONTNEED", unix.MADV_DONTNEED) })
	if err != nil {
		return reply{}, err
	}
	there, err := resident(f.File, int64(len(f.m)))
	if err != nil {
		return reply{}, err
	}
	return verdict(before == advicePages && after == 0 && there == advicePages, "pages mapped: %d of %d before, %d after; in the page cache still %d", before, advicePages, after, there)
}

// coldAdvice looks at the reference bits, which are all that the advice changes
// at once: what follows from them shows when memory is short.
func coldAdvice(b *bench) (reply, error) {
	f, err := b.advised()
	if err != nil {
		return reply{}, err
	}
	b.touch(f.m)
	before, err := procmem.RegionOf(f.m)
	if err != nil {
		return reply{}, err
	}
	if err := madvise(f.m, "COLD", unix.MADV_COLD); err != nil {
		return reply{}, err
	}
	after, err := procmem.RegionOf(f.m)
	if err != nil {
		return reply{}, err
	}
	evidence := fmt.Sprintf("Referenced in /proc/self/smaps: %d bytes before, %d after", before.Bytes["Referenced"], after.Bytes["Referenced"])
	if before.Bytes["Referenced"] == 0 {
		return unknown("%s", evidence)
	}
	return verdict(after.Bytes["Referenced"] == 0, "%s", evidence)
}

func pageOut(b *bench) (reply, error) {
	f, err := b.advised()
	if err != nil {
		return reply{}, err
	}
	if err := failed("fdatasync", unix.Fdatasync(int(f.Fd()))); err != nil {
		return reply{}, err
	}
	var there int64
	done, err := until(func() (bool, error) {
		b.touch(f.m) // it looks at mapped pages only
		if err := madvise(f.m, "PAGEOUT", unix.MADV_PAGEOUT); err != nil {
			return false, err
		}
		there, err = resident(f.File, int64(len(f.m)))
		return there == 0 || b.stays, err
	})
	if err != nil {
		return reply{}, err
	}
	return verdict(done && there == 0, "it returned 0; pages in the page cache after it, by mincore(2): %d of %d", there, advicePages)
}

func remove(b *bench) (reply, error) {
	n := advicePages * b.page
	f, want, m, err := b.shared(n)
	if err != nil {
		return reply{}, err
	}
	if err := madvise(m[b.page:n-b.page], "REMOVE", unix.MADV_REMOVE); err != nil {
		return reply{}, err
	}
	clear(want[b.page : n-b.page])
	got, err := read(f, 0, n)
	if d := differ(got, want); d != "" || err != nil {
		return wrong("pread after the advice", d, len(got), n, err)
	}
	return yes("%d of %d pages: zeros by pread, the first and the last page as they were", advicePages-2, advicePages)
}
