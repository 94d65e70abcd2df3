package pagecache

import (
	"cmp"
	"maps"
	"os"
	"slices"
	"strconv"

	"mmapbench/internal/reason"
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

	MinorFaults int64 // the minor faults that the body of one lap took

	Bypass bool // the file was read past the page cache (O_DIRECT)

	Below     *Below // nil: not probed
	NotProbed string // why Below is nil
	// BelowUnseen says why a cache under the file system could hold the whole
	// file without a sign; "": no such cache is known.
	BelowUnseen string
}

// Judge says whether a trial was in the cache state it claims: "strong" if
// every witness was heard and agrees, "failed" if one contradicts, "weak" if
// none contradicts and something could not be seen. There is no reason for a
// strong one.
//
//   - cold, drop-caches: before the trial nothing in the cache; during it the
//     device delivered what was needed.
//   - device-cold: the same, and the layer below does not cache either.
//   - cached: before and after the trial every page in the cache; during it
//     next to nothing read from the device. Pages that are gone after the trial
//     make the proof weak if the trial read nothing at all, and otherwise refute it.
//   - mapped: the same, and the body took next to no faults. Without a mapping
//     it takes no fault in any case, since its buffers are in memory.
func Judge(e Evidence) (proof string, why []reason.Reason) {
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
		f.contradict(reason.Reason{Code: reason.UnknownState, Detail: strconv.Quote(e.Want)})
	}
	switch {
	case len(f.contradictions) > 0:
		return "failed", f.contradictions
	case len(f.gaps) > 0:
		return "weak", f.gaps
	}
	return "strong", nil
}

// findings is what keeps a proof from being strong.
type findings struct {
	contradictions []reason.Reason // one of them refutes the claim
	gaps           []reason.Reason // what could not be seen
}

func (f *findings) contradict(why reason.Reason) { f.contradictions = append(f.contradictions, why) }

func (f *findings) gap(why reason.Reason) { f.gaps = append(f.gaps, why) }

// values are those of a reason's sentence.
type values = map[string]int64

func (f *findings) cold(e Evidence) {
	f.residency(e.Before, reason.PagesInCache, reason.ResidencyUnknown, IsCold)
	if e.Absent != "" {
		f.gap(reason.Reason{Code: reason.AbsentData, Detail: e.Absent})
	} else {
		f.delivered(e)
	}
	if e.Bypass && (grown(e.Before.Mincore, e.After.Mincore) || grown(e.Before.Cachestat, e.After.Cachestat)) {
		f.contradict(reason.Reason{Code: reason.DirectIgnored})
	}
}

func (f *findings) cached(e Evidence) {
	f.residency(e.Before, reason.PagesMissing, reason.ResidencyUnknown, IsWarm)
	own := e.own()
	f.stayed(e, own)
	switch file := e.Before.Pages * int64(os.Getpagesize()); {
	case own == nil:
		f.gap(reason.Reason{Code: reason.OwnReadsUnknown})
	case *own > 0 && *own >= share(file, strayPercent):
		// Not a contradiction: the device may have been read for something
		// else, such as the file that a copy writes to.
		f.gap(reason.Reason{Code: reason.ReadWhileCached, Values: values{"own": *own}})
	}
}

// stayed wants every page to be in the cache still. A page that was evicted and not
// read again had been used before, or was not needed: where the whole file was seen
// in the cache before, and a device that books its reads booked none to this
// process, all bytes came from memory.
func (f *findings) stayed(e Evidence, own *int64) {
	var before, after findings
	before.residency(e.Before, reason.PagesMissing, reason.ResidencyUnknown, IsWarm)
	after.residency(e.After, reason.PagesMissingThen, reason.ResidencyLost, IsWarm)
	seen := len(before.gaps)+len(before.contradictions) == 0
	if seen && e.HasDevice && own != nil && *own == 0 {
		for _, c := range after.contradictions {
			c.Code = reason.EvictedUnread
			f.gap(c)
		}
		after.contradictions = nil
	}
	f.contradictions = append(f.contradictions, after.contradictions...)
	f.gaps = append(f.gaps, after.gaps...)
}

// residency wants every witness that can be trusted, and at least one, to find
// the file as it should be. Two codes say what is wrong, and that nobody knows.
func (f *findings) residency(o Observation, wrong, unknown string, good func(Residency) bool) {
	var found []reason.Reason
	for _, w := range []struct {
		name     string
		resident *int64
	}{{"mincore", o.Mincore}, {"cachestat", o.Cachestat}} {
		if w.resident == nil || good(Residency{o.Pages, *w.resident}) {
			continue
		}
		why := reason.Reason{Code: wrong, Detail: w.name,
			Values: values{"resident": *w.resident, "missing": o.Pages - *w.resident, "pages": o.Pages}}
		same := func(r reason.Reason) bool { return maps.Equal(r.Values, why.Values) }
		if i := slices.IndexFunc(found, same); i >= 0 {
			found[i].Detail += " and " + w.name
			continue
		}
		found = append(found, why)
	}
	f.contradictions = append(f.contradictions, found...)
	if o.Mincore == nil && o.Cachestat == nil {
		f.gap(reason.Reason{Code: unknown, Detail: orUnknown(o.MincoreReason, "mincore") + "; " +
			orUnknown(o.CachestatReason, "cachestat")})
	}
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
		f.gap(reason.Reason{Code: reason.NeedUnknown})
	case enough(own) && (e.DeviceRead == nil || enough(e.DeviceRead)):
	case enough(own):
		f.gap(reason.Reason{Code: reason.LayerBetween, Values: values{"own": *own, "device": *e.DeviceRead}})
	case enough(e.DeviceRead) && own == nil:
		f.gap(reason.Reason{Code: reason.ShareUnknown, Values: values{"device": *e.DeviceRead}})
	case enough(e.DeviceRead):
		f.gap(reason.Reason{Code: reason.OthersRead,
			Values: values{"device": *e.DeviceRead, "need": e.ExpectDevice, "own": *own}})
	case own == nil && e.DeviceRead == nil:
		f.gap(reason.Reason{Code: reason.ReadsUnknown})
	case !e.HasDevice:
		f.gap(reason.Reason{Code: reason.NoBlockDevice})
	default:
		f.contradict(reason.Reason{Code: reason.TooLittleRead,
			Values: values{"device": *larger(own, e.DeviceRead), "need": e.ExpectDevice}})
	}
}

func (f *findings) populated(e Evidence) {
	limit := max(fewFaults, e.Before.Pages/pagesPerFault)
	if e.MinorFaults > limit {
		f.contradict(reason.Reason{Code: reason.NotPopulated,
			Values: values{"faults": e.MinorFaults, "pages": e.Before.Pages}})
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
		f.contradict(reason.Reason{Code: reason.LayerCaches, Values: values{"own": *own, "device": *e.DeviceRead}})
	}
	if e.BelowUnseen != "" {
		f.gap(reason.Reason{Code: reason.BelowUnseen, Detail: e.BelowUnseen})
	}
	switch b := e.Below; {
	case b == nil || b.Reads == 0 || b.First <= 0 || b.Again <= 0:
		f.gap(reason.Reason{Code: reason.BelowUnknown, Detail: cmp.Or(e.NotProbed, "it was not probed")})
	case b.Caches():
		f.contradict(reason.Reason{Code: reason.BelowCaches,
			Values: values{"first": int64(b.First), "again": int64(b.Again)}})
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

func orUnknown(reason, witness string) string {
	if reason == "" {
		return witness + " was not asked"
	}
	return reason
}
