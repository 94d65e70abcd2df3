package preflight

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

const sizeLies = "the length of a file does not follow what is done to it: every run is refused; " +
	"use a local file system"

// growthProbes ask what happens at the end of a file, and when the end moves.
var growthProbes = []probe{
	{
		name: "append", group: "length", question: "Do appends add exactly what is written?",
		weight: Vital, needs: file, means: sizeLies, ask: appends,
	}, {
		name: "growth", group: "length", question: "Does a mapping past the end show the file's growth?",
		weight: Vital, needs: mapping | faults, means: sizeLies, ask: growth,
	}, {
		name: "unwritten", group: "length", question: "Does what was never written read as zeros?",
		weight: Vital, needs: file, means: wrongBytes, ask: unwritten,
	}, {
		name: "holes", group: "length", question: "Does a hole take no space?",
		weight: Fact, needs: file, ask: holes,
		means: "growing a file writes zeros: an append by mmap costs that too",
	}, {
		name: "past-end", group: "length", question: "Is touching a page past the end a SIGBUS?",
		weight: Vital, needs: mapping | faults, ask: pastEnd,
		means: "a mapping too long goes unnoticed: every run is refused; use another file system",
	}, {
		name: "truncate", group: "length", question: "Is touching what was cut off a SIGBUS, and survived?",
		weight: Vital, needs: mapping | faults, ask: truncated,
		means: "a file that is shortened under its mapping goes unnoticed: every run is refused; use another file " +
			"system",
	}, {
		name: "last-page", group: "length", question: "Do zeros follow the end, and stores there change no length?",
		weight: Vital, needs: shared, means: sizeLies, ask: lastPage,
	}, {
		name: "stray-store", group: "length", question: "Are stores behind the end gone once the file grows?",
		weight: Fact, needs: shared, ask: strayStore,
		means: "a store behind the end turns up in the file when it grows: a program that appends by mmap must " +
			"clear the rest of the last page itself",
	},
}

func appends(p *probing) answer {
	sizes := []int{1, 511, 512, p.page - 1, p.page, p.page + 1, 7} // odd, around a page, and around the sectors in it
	f := p.empty()
	g := p.reopen(f, unix.O_WRONLY|unix.O_APPEND)
	var total int
	for _, n := range sizes {
		total += n
	}
	want, done := words(total, 0), 0
	for _, n := range sizes {
		_, err := g.Write(want[done : done+n])
		call("write", err)
		done += n
		expectLength("the length by fstat", f, done)
	}
	how := p.tryEvict(f, total)
	expect("pread after "+how.String(), f, want)
	return yes("%d appends of 1 to %d bytes: length %d after the last, bytes equal after %s",
		len(sizes), p.page+1, total, how)
}

func growth(p *probing) answer {
	f, _ := p.newFile(p.page)
	m := p.readable(f, 3*p.page)
	if at, ok := fault(m, func() { p.sink += m[2*p.page] }); !ok || at != 2*p.page {
		return no("the page behind the end can be read before the file grows")
	}
	ftruncate(f, 3*p.page)
	added := words(p.page, 1)
	write(f, added, 2*p.page)
	equal("the mapping after ftruncate and pwrite", m[2*p.page:], added)
	equal("the page that ftruncate added", m[p.page:2*p.page], make([]byte, p.page))
	return yes("%s of 3 pages, file of 1: SIGBUS in the third; after ftruncate to 3 and a pwrite it shows the bytes",
		p.mappingName())
}

// holeSize is long enough that no file system keeps it in an inode or a single
// cluster.
const holeSize = 1 << 20

// sparse makes a file that is a hole of holeSize bytes with a page behind it.
func (p *probing) sparse() (f *os.File, last []byte) {
	f, last = p.empty(), words(p.page, 0)
	write(f, last, holeSize)
	return f, last
}

func unwritten(p *probing) answer {
	f, last := p.sparse()
	want := append(make([]byte, holeSize), last...)
	expect("pread of a file whose last page alone was written", f, want)
	evidence := fmt.Sprintf("%d bytes before the only page written: zeros by pread", holeSize)
	if p.unmappable() {
		return yes("%s", evidence)
	}
	equal("by pread they are zeros, in a mapping not", p.readable(f, len(want)), want)
	return yes("%s and in a mapping", evidence)
}

// holes asks for the space after a flush: before it, delayed allocation has
// given none to anything.
func holes(p *probing) answer {
	f, last := p.sparse()
	fdatasync(f)
	takes := blocks(f)
	return yesIf(takes < holeSize/2,
		"a file of %d bytes with %d written takes %d (st_blocks)", holeSize+len(last), len(last), takes)
}

func pastEnd(p *probing) answer {
	n := p.page + 100
	f, _ := p.newFile(n)
	m := p.readable(f, 3*p.page)
	p.touch(m[:2*p.page]) // the page with the end in it is there
	want := 2*p.page + 10
	switch at, ok := fault(m, func() { p.sink += m[want] }); {
	case !ok:
		return no("%s of 3 pages, file of %d bytes: byte %d can be read", p.mappingName(), n, want)
	case at != want:
		return no("the fault is at byte %d of the mapping instead of %d", at, want)
	}
	return yes("%s of 3 pages, file of %d bytes: a load at byte %d faults there", p.mappingName(), n, want)
}

func truncated(p *probing) answer {
	f, want := p.newFile(3 * p.page)
	m := p.readable(f, 3*p.page)
	p.touch(m)
	ftruncate(f, p.page)
	for _, cut := range []int{p.page, 2*p.page + 10} {
		switch at, ok := fault(m, func() { p.sink += m[cut] }); {
		case !ok:
			return no("cut off after %d bytes, byte %d can still be read", p.page, cut)
		case at != cut:
			return no("the fault is at byte %d of the mapping instead of %d", at, cut)
		}
	}
	equal("what was not cut off", m[:p.page], want[:p.page])
	return yes("%s of 3 pages, file cut off after 1: loads in the others fault at their addresses and are caught, "+
		"the first is as it was",
		p.mappingName())
}

const strayAt = 200 // bytes into the last page, of which 100 belong to the file

func lastPage(p *probing) answer {
	n := p.page + 100
	f, want := p.newFile(n)
	m := p.writable(f, 2*p.page)
	equal("behind the end", m[n:], make([]byte, 2*p.page-n))
	m[p.page+strayAt] = 0xff
	msync(m)
	expect("pread after a store behind the end", f, want)
	expectLength("the length after a store behind the end", f, n)
	return yes("file of %d bytes: zeros up to the end of the page; after a store at %d and msync it is still %d "+
		"bytes long",
		n, p.page+strayAt, n)
}

func strayStore(p *probing) answer {
	n, at := p.page+100, p.page+strayAt
	f, _ := p.newFile(n)
	p.writable(f, 2*p.page)[at] = 0xff
	ftruncate(f, 2*p.page)
	got := must(read(f, at, 1))
	if len(got) != 1 {
		return unknown("the file did not grow")
	}
	return yesIf(got[0] == 0,
		"store of 0xff at %d of a file of %d bytes, then ftruncate to %d: byte %d is %#02x",
		at, n, 2*p.page, at, got[0])
}
