package pagecache

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"

	"mmapbench/internal/units"
)

// The rules by which a trial's cache state is called proven. They were fixed
// before any trial was judged by them, and look only at what surrounds a time,
// never at the time.
const (
	// coldPerMille (residency.go) of a cold file's pages may be in the cache;
	// none of a cached file's may be missing.

	// deliveredPercent of the bytes that a cold trial needs must have come
	// from the device. Not all: what is needed is an estimate at its edges
	// (pages accessed twice, the end of the file), and blocks may be read by
	// kernel threads, on nobody's account.
	deliveredPercent = 90

	// strayPercent of a cached file's bytes may be read from the device
	// during the trial: the file's metadata, or the program's own text.
	strayPercent = 1

	// A body on populated page tables takes no faults, apart from a few of
	// the thread's own. One fault maps at least 64 KiB around it, and since
	// Linux 6.18 a whole large folio: a scan of 1 GiB that was not populated
	// took 1,000 faults, one in 262 pages. So one in 1,024 is the limit, and
	// at least fewFaults.
	pagesPerFault = 1024
	fewFaults     = 8

	// againFactor is by how much reads that bypass the page cache may be
	// faster when they are repeated. A device is as slow the second time, and
	// medians of 32 reads scatter by less; a cache in memory is several times
	// faster.
	againFactor = 1.5
)

// Evidence is everything that is known about the cache state of one trial.
type Evidence struct {
	Want          string // cold, drop-caches, device-cold, cached, mapped
	Before, After Observation

	// ExpectDevice is how many bytes the device must at least have delivered
	// if the file was cold.
	ExpectDevice int64
	// Bytes that were read from the device during the trial; nil: not known.
	// OwnRead and ThreadRead count this process; DeviceRead counts everybody.
	OwnRead    *int64 // read_bytes of /proc/self/io
	ThreadRead *int64 // ru_inblock of getrusage(2), times 512
	DeviceRead *int64 // /proc/diskstats
	// HasDevice says that a block device is behind the file. Without one (a
	// network, FUSE or memory file system) reads may be booked to nobody: a
	// small count contradicts nothing then.
	HasDevice bool

	// Absent says which parts of the file the device need not deliver, such as
	// holes; "": none that matter.
	Absent string

	MinorFaults int64 // the body of one lap took so many

	Bypass bool // the file was read past the page cache (O_DIRECT)

	Below     *Below // nil: not probed
	NotProbed string // why Below is nil
	// BelowUnseen says why a cache under the file system could hold the whole
	// file without a sign; "": no such cache is known.
	BelowUnseen string
}

// Judge says whether a trial was in the cache state it claims: "strong" if
// every witness was heard and agrees, "failed" if one contradicts, "weak" if
// none contradicts and something could not be seen. The reason is "" for
// strong.
//
//   - cold, drop-caches: before the trial nothing in the cache; during it the
//     device delivered what was needed.
//   - device-cold: the same, and the layer below does not cache either.
//   - cached: before and after the trial every page in the cache; during it
//     next to nothing read from the device. Pages that are gone after the trial
//     make the proof weak if the trial read nothing at all, and otherwise refute it.
//   - mapped: the same, and the body took next to no faults. Without a mapping
//     it takes none anyhow, its buffers being in memory.
func Judge(e Evidence) (proof, reason string) {
	var f findings
	switch e.Want {
	case "cold", "drop-caches":
		f.cold(e)
	case "device-cold":
		f.cold(e)
		f.below(e)
	case "cached":
		f.cached(e)
	case "mapped":
		f.cached(e)
		f.populated(e)
	default:
		f.contradict("%q is no cache state", e.Want)
	}
	switch {
	case len(f.contradictions) > 0:
		return "failed", strings.Join(f.contradictions, "; ")
	case len(f.gaps) > 0:
		return "weak", strings.Join(f.gaps, "; ")
	}
	return "strong", ""
}

// findings is what keeps a proof from being strong.
type findings struct {
	contradictions []string // one of them refutes the claim
	gaps           []string // what could not be seen
}

func (f *findings) contradict(format string, args ...any) {
	f.contradictions = append(f.contradictions, fmt.Sprintf(format, args...))
}

func (f *findings) gap(format string, args ...any) {
	f.gaps = append(f.gaps, fmt.Sprintf(format, args...))
}

func (f *findings) cold(e Evidence) {
	f.residency(e.Before, "before the trial", IsCold, present)
	if e.Absent != "" {
		f.gap("reading the file costs the device less than its length, or nothing: %s", e.Absent)
	} else {
		f.delivered(e)
	}
	if e.Bypass && (grown(e.Before.Mincore, e.After.Mincore) || grown(e.Before.Cachestat, e.After.Cachestat)) {
		f.contradict("direct reads left pages in the page cache: the file system ignores O_DIRECT")
	}
}

func (f *findings) cached(e Evidence) {
	f.residency(e.Before, "before the trial", IsWarm, missing)
	own := e.own()
	f.stayed(e, own)
	switch file := e.Before.Pages * int64(os.Getpagesize()); {
	case own == nil:
		f.gap("no counter of this process's device reads could be read")
	case *own > 0 && *own >= share(file, strayPercent):
		// Not a contradiction: the device may have been read for something
		// else, such as the file that a copy writes to.
		f.gap("%s were read from the device although every page was in the cache", units.FormatSize(*own))
	}
}

// stayed wants every page to be in the cache still. A page that was evicted and not
// read again had been used before, or was not needed: where the whole file was seen
// in the cache before, and a device that books its reads booked none to this
// process, all bytes came from memory.
func (f *findings) stayed(e Evidence, own *int64) {
	var before, after findings
	before.residency(e.Before, "before the trial", IsWarm, missing)
	after.residency(e.After, "after the trial", IsWarm, missing)
	seen := len(before.gaps)+len(before.contradictions) == 0
	if seen && e.HasDevice && own != nil && *own == 0 {
		for _, c := range after.contradictions {
			f.gap("%s, though the trial read nothing from the device", c)
		}
		after.contradictions = nil
	}
	f.contradictions = append(f.contradictions, after.contradictions...)
	f.gaps = append(f.gaps, after.gaps...)
}

// residency wants every witness that can be trusted, and at least one, to find
// the file as it should be.
func (f *findings) residency(o Observation, when string, good func(Residency) bool, wrong func(Residency) string) {
	var said, by []string // who said so
	for _, w := range []struct {
		name     string
		resident *int64
	}{{"mincore", o.Mincore}, {"cachestat", o.Cachestat}} {
		if w.resident == nil || good(Residency{o.Pages, *w.resident}) {
			continue
		}
		text := wrong(Residency{o.Pages, *w.resident}) + " the page cache " + when
		if i := slices.Index(said, text); i >= 0 {
			by[i] += " and " + w.name
			continue
		}
		said, by = append(said, text), append(by, w.name)
	}
	for i, text := range said {
		f.contradict("%s (%s)", text, by[i])
	}
	if o.Mincore == nil && o.Cachestat == nil {
		f.gap("how much was in the page cache %s is not known (%s; %s)", when,
			orUnknown(o.MincoreReason, "mincore"), orUnknown(o.CachestatReason, "cachestat"))
	}
}

// present and missing say what is wrong with a file that should be cold or cached.
func present(r Residency) string {
	return fmt.Sprintf("%d of %d pages were in", r.Resident, r.Pages)
}

func missing(r Residency) string {
	return fmt.Sprintf("%d of %d pages were missing from", r.Pages-r.Resident, r.Pages)
}

// delivered wants the bytes that a cold trial needs to have come from the
// device. What is booked to this process is worth more than the device's total,
// in which others may have a share, so a total that has to stand in for it is
// weaker. A total that is smaller than what this process read shows a layer
// between: a loop device over a cached file, a caching device mapper.
func (f *findings) delivered(e Evidence) {
	own, need := e.own(), share(e.ExpectDevice, deliveredPercent)
	enough := func(n *int64) bool { return n != nil && *n >= need }
	switch {
	case e.ExpectDevice <= 0:
		f.gap("how much the device had to deliver is not known")
	case enough(own) && (e.DeviceRead == nil || enough(e.DeviceRead)):
	case enough(own):
		f.gap("this process read %s, and the device behind the file delivered only %s: a layer between may cache",
			size(own), size(e.DeviceRead))
	case enough(e.DeviceRead) && own == nil:
		f.gap("the device delivered %s, and how much of it this process asked for is not known", size(e.DeviceRead))
	case enough(e.DeviceRead):
		f.gap("the device delivered %s of the %s needed, and only %s are booked to this process: others read too",
			size(e.DeviceRead), size(&e.ExpectDevice), size(own))
	case own == nil && e.DeviceRead == nil:
		f.gap("no counter of device reads could be read: neither of this process nor of the device")
	case !e.HasDevice:
		f.gap("no block device is behind the file: its reads are not counted")
	default:
		f.contradict("the device delivered only %s of the %s needed", size(larger(own, e.DeviceRead)),
			size(&e.ExpectDevice))
	}
}

func (f *findings) populated(e Evidence) {
	limit := max(fewFaults, e.Before.Pages/pagesPerFault)
	if e.MinorFaults > limit {
		f.contradict("the page tables were not populated: %d faults on %d pages", e.MinorFaults, e.Before.Pages)
	}
}

// below wants the layer below the page cache (a hypervisor, a RAID controller,
// a loop device, the drive's own memory) not to answer repeated reads faster.
// One that was never asked is a gap, not a contradiction: nothing speaks
// against the claim.
//
// It cannot see a layer that had every block cached before the first read. The
// trial's rate can, against what the device is able to do; so can the device's
// own counter if it is behind that layer, which is why a small one, a gap for
// cold, refutes device-cold.
func (f *findings) below(e Evidence) {
	own, need := e.own(), share(e.ExpectDevice, deliveredPercent)
	if own != nil && e.DeviceRead != nil && *own >= need && *e.DeviceRead < need {
		f.contradict("this process read %s, and the device delivered only %s: a layer between caches", size(own),
			size(e.DeviceRead))
	}
	if e.BelowUnseen != "" {
		f.gap("%s", e.BelowUnseen)
	}
	switch b := e.Below; {
	case b == nil || b.Reads == 0 || b.First <= 0 || b.Again <= 0:
		f.gap("whether the layer below caches is not known: %s", cmp.Or(e.NotProbed, "it was not probed"))
	case b.Caches():
		f.contradict("the layer below caches: direct reads took %s, and %s when they were repeated",
			units.FormatDuration(b.First), units.FormatDuration(b.Again))
	}
}

// own returns what is known to have been read from the device by this process.
// Both accounts are kept by the same option of the kernel
// (CONFIG_TASK_IO_ACCOUNTING). Without it /proc/self/io is missing, while
// getrusage goes on to say 0: a 0 that means nothing.
func (e *Evidence) own() *int64 {
	if e.OwnRead == nil && e.ThreadRead != nil && *e.ThreadRead == 0 {
		return nil
	}
	return larger(e.OwnRead, e.ThreadRead)
}

// share returns percent of n bytes, without overflow.
func share(n int64, percent int64) int64 { return n/100*percent + n%100*percent/100 }

// larger returns the larger of two counts, of which each may be unknown.
func larger(a, b *int64) *int64 {
	if a == nil || b != nil && *b > *a {
		return b
	}
	return a
}

func size(n *int64) string { return units.FormatSize(*n) }

func orUnknown(reason, witness string) string {
	if reason == "" {
		return witness + " was not asked"
	}
	return reason
}
