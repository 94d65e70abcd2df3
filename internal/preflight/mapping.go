package preflight

import (
	"bytes"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"mmapbench/internal/procmem"
)

// Names of the probes that tell a run which backends it has to leave out.
const (
	SharedMapping  = "shared-mapping"
	PrivateMapping = "private-mapping"
)

const (
	wrongBytes = "other bytes come back than were written: every run is refused; do not keep data there, and look " +
		"at the file system, its server and the kernel's log"
	noCoherence = "mmap and read would not see the same file: every run is refused; use a local file system"
)

// mappingProbes ask whether all ways to the bytes lead to the same bytes.
var mappingProbes = []probe{
	{
		name: "write-read", group: "bytes", question: "Does what was written come back?",
		weight: Vital, needs: file, means: wrongBytes, ask: writeRead,
	}, {
		name: SharedMapping, group: "mappings", question: "Can a file be mapped shared and writable?",
		weight: Degrades, needs: file, ask: sharedMapping,
		without: "mmap with shared mappings: appends and copies by mmap, and reads without the option private",
	}, {
		name: PrivateMapping, group: "mappings", question: "Can a file be mapped private?",
		weight: Degrades, needs: file, without: "mmap:private", ask: privateMapping,
	}, {
		name: "shared-store", group: "mappings", question: "Does a store to a shared mapping reach the file?",
		weight: Vital, needs: shared, means: noCoherence, ask: sharedStore,
	}, {
		name: "private-store", group: "mappings", question: "Does a store to a private mapping stay out of the file?",
		weight: Vital, needs: private, means: noCoherence, ask: privateStore,
	}, {
		name: "coherence", group: "mappings", question: "Do a mapping, read(2) and write(2) agree?",
		weight: Vital, needs: shared, means: noCoherence, ask: coherence,
	}, {
		name: "two-mappings", group: "mappings", question: "Do two mappings of a file show each other's stores?",
		weight: Vital, needs: shared, means: noCoherence, ask: twoMappings,
	}, {
		name: "msync", group: "mappings", question: "Does msync(MS_SYNC) write what was stored?",
		weight: Fact, needs: shared, ask: msyncWrites,
		means: "mmap:msync=sync may cost nothing and promise nothing",
	}, {
		name: "msync-errors", group: "mappings", question: "Does msync refuse what it cannot do?",
		weight: Fact, needs: mapping, ask: msyncErrors,
		means: "a wrong address or flag given to msync goes unnoticed",
	},
}

const fewPages = 4 // enough for a beginning, a middle and an end

func writeRead(p *probing) answer {
	n := fewPages * p.page
	f, want := p.newFile(n)
	expect("pread right after the write", f, want)
	how := p.tryEvict(f, n)
	expect("pread after "+how.String(), f, want)
	return yes("%d bytes written: pread is equal at once, and after %s", n, how)
}

// refusals are the errors by which a file system says that it does not map.
var refusals = []error{unix.ENODEV, unix.EINVAL, unix.EOPNOTSUPP, unix.EACCES}

// refusal returns an error as evidence if it is a refusal of a mapping.
func refusal(err error) string {
	for _, r := range refusals {
		if errors.Is(err, r) {
			return err.Error()
		}
	}
	return ""
}

func sharedMapping(p *probing) answer {
	return p.tryMapping(unix.MAP_SHARED, &p.noShared)
}

func privateMapping(p *probing) answer {
	return p.tryMapping(unix.MAP_PRIVATE, &p.noPrivate)
}

func (p *probing) tryMapping(flags int, refused *string) answer {
	f, want := p.newFile(p.page)
	m, err := p.tryMmap(f, p.page, unix.PROT_READ|unix.PROT_WRITE, flags)
	if why := refusal(err); why != "" {
		*refused = why
		return no("%s", why)
	}
	check(err)
	equal("it maps, and shows other bytes", m, want)
	return yes("mmap, and it shows the %d bytes that were written", p.page)
}

// across is a range that lies on both sides of the first page's end.
func (p *probing) across() (at, n int) { return p.page - 100, 200 }

func sharedStore(p *probing) answer {
	n := fewPages * p.page
	f, want, m := p.newShared(n)
	at, length := p.across()
	copy(want[at:], words(length, 1))
	copy(m[at:], words(length, 1))
	expect("pread after the store", f, want)
	msync(m)
	p.unmap(m)
	how := p.tryEvict(f, n)
	expect("pread after msync and "+how.String(), f, want)
	return yes("store of %d bytes at %d: pread is equal before any msync, and after msync and %s", length, at, how)
}

func privateStore(p *probing) answer {
	n := fewPages * p.page
	f, want := p.newFile(n)
	m := p.mmap(f, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE)
	at, length := p.across()
	mine := words(length, 1)
	p.touch(m)
	copy(m[at:], mine)
	if !bytes.Equal(m[at:at+length], mine) {
		return no("the store does not show in its own mapping")
	}
	copied := ""
	if pages, err := procmem.Pages(m); err == nil && pages[0].Anonymous() {
		copied = "; the page is now this process's own (/proc/self/pagemap)"
	}
	p.unmap(m)
	expect("pread after the store", f, want)
	return yes("store of %d bytes at %d: it shows in the mapping, and pread is as before%s", length, at, copied)
}

// changes is how often each way changes the file in coherence.
const changes = 16

func coherence(p *probing) answer {
	n := fewPages * p.page
	f, _, m := p.newShared(n)
	p.touch(m)
	const length = 200
	for i := range changes {
		at := i * (n - length) / changes
		written, stored := words(length, uint64(2*i+1)), words(length, uint64(2*i+2))
		write(f, written, at)
		equal(fmt.Sprintf("the mapping after write %d of %d, at %d", i+1, changes, at), m[at:at+length], written)
		copy(m[at:], stored)
		expectAt(fmt.Sprintf("pread after store %d of %d, at %d", i+1, changes, at), f, at, stored)
	}
	return yes("%d writes, each seen in the mapping, and %d stores, each seen by pread, in turn", changes, changes)
}

func twoMappings(p *probing) answer {
	n := fewPages * p.page
	f, _ := p.newFile(n)
	g := p.reopen(f, unix.O_RDWR)
	one := p.writable(f, n)
	two := p.writable(g, n)
	p.touch(two)
	copy(one, words(n, 1))
	equal("the second mapping after a store to the first", two, words(n, 1))
	copy(two, words(n, 2))
	equal("the first mapping after a store to the second", one, words(n, 2))
	return yes("mappings of two open files: stores of %d bytes seen both ways", n)
}
