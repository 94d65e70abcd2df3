package preflight

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

const sizeLies = "the length of a file does not follow what is done to it: every run is refused; use a local file system"

// growthProbes ask what happens at the end of a file, and when it moves.
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
		means: "a file that is shortened under its mapping goes unnoticed: every run is refused; use another file system",
	}, {
		name: "last-page", group: "length", question: "Do zeros follow the end, and stores there change no length?",
		weight: Vital, needs: shared, means: sizeLies, ask: lastPage,
	}, {
		name: "stray-store", group: "length", question: "Are stores behind the end gone once the file grows?",
		weight: Fact, needs: shared, ask: strayStore,
		means: "a store behind the end turns up in the file when it grows: a program that appends by mmap must clear the rest of the last page itself",
	},
}

// appendSizes are odd, around a page, and around the sectors in it.
func (b *bench) appendSizes() []int {
	return []int{1, 511, 512, b.page - 1, b.page, b.page + 1, 7}
}

func appends(b *bench) (reply, error) {
	f, err := b.empty()
	if err != nil {
		return reply{}, err
	}
	g, err := b.again(f, unix.O_WRONLY|unix.O_APPEND)
	if err != nil {
		return reply{}, err
	}
	var total int
	for _, n := range b.appendSizes() {
		total += n
	}
	want, done := words(total, 0), 0
	for _, n := range b.appendSizes() {
		if _, err := g.Write(want[done : done+n]); err != nil {
			return reply{}, failed("write", err)
		}
		done += n
		if now, err := size(f); err != nil || now != int64(done) {
			return wrong("the length by fstat", "", int(now), done, err)
		}
	}
	how := b.tryEvict(f, int64(total))
	got, err := read(f, 0, total+1)
	if d := differ(got, want); d != "" || len(got) != total || err != nil {
		return wrong("pread after "+how.String(), d, len(got), total, err)
	}
	return yes("%d appends of 1 to %d bytes: length %d after the last, bytes equal after %s", len(b.appendSizes()), b.page+1, total, how)
}

func growth(b *bench) (reply, error) {
	f, _, err := b.made(b.page)
	if err != nil {
		return reply{}, err
	}
	m, err := b.readable(f, 3*b.page)
	if err != nil {
		return reply{}, err
	}
	if at, ok := fault(m, func() { b.sink += m[2*b.page] }); !ok || at != int64(2*b.page) {
		return no("the page behind the end can be read before the file grows")
	}
	if err := failed("ftruncate", unix.Ftruncate(int(f.Fd()), int64(3*b.page))); err != nil {
		return reply{}, err
	}
	added := words(b.page, 1)
	if err := write(f, added, int64(2*b.page)); err != nil {
		return reply{}, err
	}
	if d := differ(m[2*b.page:], added); d != "" {
		return no("the mapping after ftruncate and pwrite: %s", d)
	}
	if d := differ(m[b.page:2*b.page], make([]byte, b.page)); d != "" {
		return no("the page that ftruncate added: %s", d)
	}
	return yes("%s of 3 pages, file of 1: SIGBUS in the third; after ftruncate to 3 and a pwrite it shows the bytes", b.mappingName())
}

// sparseFile is a hole of holeSize bytes with a page behind it.
type sparseFile struct {
	*os.File
	last []byte
}

// holeSize is long enough that no file system keeps it in an inode or a single
// cluster.
const holeSize = 1 << 20

func (b *bench) sparse() (f sparseFile, err error) {
	f.File, err = b.empty()
	if err != nil {
		return f, err
	}
	f.last = words(b.page, 0)
	return f, write(f.File, f.last, holeSize)
}

func unwritten(b *bench) (reply, error) {
	f, err := b.sparse()
	if err != nil {
		return reply{}, err
	}
	want := append(make([]byte, holeSize), f.last...)
	got, err := read(f.File, 0, len(want))
	if d := differ(got, want); d != "" || err != nil {
		return wrong("pread of a file whose last page alone was written", d, len(got), len(want), err)
	}
	evidence := fmt.Sprintf("%d bytes before the only page written: zeros by pread", holeSize)
	if b.noShared != "" && b.noPrivate != "" {
		return yes("%s", evidence)
	}
	m, err := b.readable(f.File, len(want))
	if err != nil {
		return reply{}, err
	}
	if d := differ(m, want); d != "" {
		return no("by pread they are zeros, in a mapping not: %s", d)
	}
	return yes("%s and in a mapping", evidence)
}

// holes asks for the space after a flush: before it, delayed allocation has
// given none to anything.
func holes(b *bench) (reply, error) {
	f, err := b.sparse()
	if err != nil {
		return reply{}, err
	}
	if err := failed("fdatasync", unix.Fdatasync(int(f.Fd()))); err != nil {
		return reply{}, err
	}
	takes, err := blocks(f.File)
	if err != nil {
		return reply{}, err
	}
	length := holeSize + b.page
	return verdict(takes < holeSize/2, "a file of %d bytes with %d written takes %d (st_blocks)", length, b.page, takes)
}

func pastEnd(b *bench) (reply, error) {
	f, _, err := b.made(b.page + 100)
	if err != nil {
		return reply{}, err
	}
	m, err := b.readable(f, 3*b.page)
	if err != nil {
		return reply{}, err
	}
	b.touch(m[:2*b.page]) // the page with the end in it is there
	want := int64(2*b.page + 10)
	at, ok := fault(m, func() { b.sink += m[want] })
	switch {
	case !ok:
		return no("%s of 3 pages, file of %d bytes: byte %d can be read", b.mappingName(), b.page+100, want)
	case at != want:
		return no("the fault is at byte %d of the mapping instead of %d", at, want)
	}
	return yes("%s of 3 pages, file of %d bytes: a load at byte %d faults there", b.mappingName(), b.page+100, want)
}

func truncated(b *bench) (reply, error) {
	f, want, err := b.made(3 * b.page)
	if err != nil {
		return reply{}, err
	}
	m, err := b.readable(f, 3*b.page)
	if err != nil {
		return reply{}, err
	}
	b.touch(m)
	if err := failed("ftruncate", unix.Ftruncate(int(f.Fd()), int64(b.page))); err != nil {
		return reply{}, err
	}
	for _, cut := range []int64{int64(b.page), int64(2*b.page + 10)} {
		switch at, ok := fault(m, func() { b.sink += m[cut] }); {
		case !ok:
			return no("cut off after %d bytes, byte %d can still be read", b.page, cut)
		case at != cut:
			return no("the fault is at byte %d of the mapping instead of %d", at, cut)
		}
	}
	if d := differ(m[:b.page], want[:b.page]); d != "" {
		return no("what was not cut off: %s", d)
	}
	return yes("%s of 3 pages, file cut off after 1: loads in the others fault at their addresses and are caught, the first is as it was", b.mappingName())
}

const strayAt = 200 // bytes into the last page, of which 100 belong to the file

func lastPage(b *bench) (reply, error) {
	n := b.page + 100
	f, want, err := b.made(n)
	if err != nil {
		return reply{}, err
	}
	m, err := b.writable(f, 2*b.page)
	if err != nil {
		return reply{}, err
	}
	if d := differ(m[n:], make([]byte, 2*b.page-n)); d != "" {
		return no("behind the end: %s", d)
	}
	m[b.page+strayAt] = 0xff
	if err := failed("msync", unix.Msync(m, unix.MS_SYNC)); err != nil {
		return reply{}, err
	}
	got, err := read(f, 0, 2*b.page)
	if d := differ(got, want); d != "" || len(got) != n || err != nil {
		return wrong("pread after a store behind the end", d, len(got), n, err)
	}
	if now, err := size(f); err != nil || now != int64(n) {
		return wrong("the length after a store behind the end", "", int(now), n, err)
	}
	return yes("file of %d bytes: zeros up to the end of the page; after a store at %d and msync it is still %d bytes long", n, b.page+strayAt, n)
}

func strayStore(b *bench) (reply, error) {
	n := b.page + 100
	f, _, err := b.made(n)
	if err != nil {
		return reply{}, err
	}
	m, err := b.writable(f, 2*b.page)
	if err != nil {
		return reply{}, err
	}
	m[b.page+strayAt] = 0xff
	if err := failed("ftruncate", unix.Ftruncate(int(f.Fd()), int64(2*b.page))); err != nil {
		return reply{}, err
	}
	got, err := read(f, int64(b.page+strayAt), 1)
	if err != nil || len(got) != 1 {
		return reply{}, errors.Join(err, errors.New("the file did not grow"))
	}
	return verdict(got[0] == 0, "store of 0xff at %d of a file of %d bytes, then ftruncate to %d: byte %d is %#02x", b.page+strayAt, n, 2*b.page, b.page+strayAt, got[0])
}
