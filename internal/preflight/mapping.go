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
	wrongBytes  = "other bytes come back than were written: every run is refused; do not keep data there, and look at the file system, its server and the kernel's log"
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
		means: "a run leaves out mmap with shared mappings: appends and copies by mmap, and reads without the option private",
	}, {
		name: PrivateMapping, group: "mappings", question: "Can a file be mapped private?",
		weight: Degrades, needs: file, means: "a run leaves out mmap:private", ask: privateMapping,
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

const filePages = 4 // of most probes' files: a beginning, a middle and an end

func writeRead(b *bench) (reply, error) {
	n := filePages * b.page
	f, want, err := b.made(n)
	if err != nil {
		return reply{}, err
	}
	got, err := read(f, 0, n+1)
	if d := differ(got, want); d != "" || len(got) != n || err != nil {
		return wrong("pread right after the write", d, len(got), n, err)
	}
	how := b.tryEvict(f, int64(n))
	got, err = read(f, 0, n+1)
	if d := differ(got, want); d != "" || len(got) != n || err != nil {
		return wrong("pread after "+how.String(), d, len(got), n, err)
	}
	return yes("%d bytes written: pread is equal at once, and after %s", n, how)
}

// wrong is the answer where bytes differ, or cannot be read.
func wrong(what, difference string, got, want int, err error) (reply, error) {
	switch {
	case err != nil:
		return reply{}, fmt.Errorf("%s: %w", what, err)
	case difference == "":
		return no("%s: %d bytes instead of %d", what, got, want)
	}
	return no("%s: %s", what, difference)
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

func sharedMapping(b *bench) (reply, error) {
	return b.tryMapping(unix.MAP_SHARED, &b.noShared)
}

func privateMapping(b *bench) (reply, error) {
	return b.tryMapping(unix.MAP_PRIVATE, &b.noPrivate)
}

func (b *bench) tryMapping(flags int, refused *string) (reply, error) {
	f, want, err := b.made(b.page)
	if err != nil {
		return reply{}, err
	}
	m, err := b.mmap(f, b.page, unix.PROT_READ|unix.PROT_WRITE, flags)
	if why := refusal(err); why != "" {
		*refused = why
		return no("%s", why)
	}
	if err != nil {
		return reply{}, err
	}
	if d := differ(m, want); d != "" {
		return no("it maps, and shows other bytes: %s", d)
	}
	return yes("mmap, and it shows the %d bytes that were written", b.page)
}

// across is a range that lies on both sides of the first page's end.
func (b *bench) across() (at, n int) { return b.page - 100, 200 }

func sharedStore(b *bench) (reply, error) {
	n := filePages * b.page
	f, want, m, err := b.shared(n)
	if err != nil {
		return reply{}, err
	}
	at, length := b.across()
	copy(want[at:], words(length, 1))
	copy(m[at:], words(length, 1))
	got, err := read(f, 0, n)
	if d := differ(got, want); d != "" || err != nil {
		return wrong("pread after the store", d, len(got), n, err)
	}
	if err := failed("msync", unix.Msync(m, unix.MS_SYNC)); err != nil {
		return reply{}, err
	}
	if err := b.unmap(m); err != nil {
		return reply{}, err
	}
	how := b.tryEvict(f, int64(n))
	got, err = read(f, 0, n)
	if d := differ(got, want); d != "" || err != nil {
		return wrong("pread after msync and "+how.String(), d, len(got), n, err)
	}
	return yes("store of %d bytes at %d: pread is equal before any msync, and after msync and %s", length, at, how)
}

func privateStore(b *bench) (reply, error) {
	n := filePages * b.page
	f, want, err := b.made(n)
	if err != nil {
		return reply{}, err
	}
	m, err := b.mmap(f, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE)
	if err != nil {
		return reply{}, err
	}
	at, length := b.across()
	mine := words(length, 1)
	b.touch(m)
	copy(m[at:], mine)
	if !bytes.Equal(m[at:at+length], mine) {
		return no("the store does not show in its own mapping")
	}
	copied := ""
	if pages, err := procmem.Pages(m); err == nil && pages[0].Anonymous() {
		copied = "; the page is now this process's own (/proc/self/pagemap)"
	}
	if err := b.unmap(m); err != nil {
		return reply{}, err
	}
	got, err := read(f, 0, n)
	if d := differ(got, want); d != "" || err != nil {
		return wrong("pread after the store", d, len(got), n, err)
	}
	return yes("store of %d bytes at %d: it shows in the mapping, and pread is as before%s", length, at, copied)
}

// changes is how often each way changes the file in coherence.
const changes = 16

func coherence(b *bench) (reply, error) {
	n := filePages * b.page
	f, _, m, err := b.shared(n)
	if err != nil {
		return reply{}, err
	}
	b.touch(m)
	const length = 200
	for i := range changes {
		at := i * (n - length) / changes
		written, stored := words(length, uint64(2*i+1)), words(length, uint64(2*i+2))
		if err := write(f, written, int64(at)); err != nil {
			return reply{}, err
		}
		if d := differ(m[at:at+length], written); d != "" {
			return no("the mapping after write %d of %d, at %d: %s", i+1, changes, at, d)
		}
		copy(m[at:], stored)
		got, err := read(f, int64(at), length)
		if d := differ(got, stored); d != "" || err != nil {
			return wrong(fmt.Sprintf("pread after store %d of %d, at %d", i+1, changes, at), d, len(got), length, err)
		}
	}
	return yes("%d writes, each seen in the mapping, and %d stores, each seen by pread, in turn", changes, changes)
}

func twoMappings(b *bench) (reply, error) {
	n := filePages * b.page
	f, _, err := b.made(n)
	if err != nil {
		return reply{}, err
	}
	g, err := b.again(f, unix.O_RDWR)
	if err != nil {
		return reply{}, err
	}
	one, err := b.writable(f, n)
	if err != nil {
		return reply{}, err
	}
	two, err := b.writable(g, n)
	if err != nil {
		return reply{}, err
	}
	b.touch(two)
	copy(one, words(n, 1))
	if d := differ(two, words(n, 1)); d != "" {
		return no("the second mapping after a store to the first: %s", d)
	}
	copy(two, words(n, 2))
	if d := differ(one, words(n, 2)); d != "" {
		return no("the first mapping after a store to the second: %s", d)
	}
	return yes("mappings of two open files: stores of %d bytes seen both ways", n)
}
