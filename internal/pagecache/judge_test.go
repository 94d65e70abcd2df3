package pagecache

import (
	"slices"
	"strings"
	"testing"
	"time"

	"mmapbench/internal/reason"
	"mmapbench/results"
)

const (
	filePages = 65536 // the size of the file that the evidence is about
	coldPages = filePages / 1000
)

var fileBytes = filePages * page

// saw is what two witnesses saw of the file; a negative number is a witness who
// is not to be trusted.
func saw(mincore, cachestat int64) Observation {
	o := Observation{Pages: filePages, Mincore: &mincore, Cachestat: &cachestat}
	if mincore < 0 {
		o.Mincore, o.MincoreReason = nil, "mincore lies"
	}
	if cachestat < 0 {
		o.Cachestat, o.CachestatReason = nil, "no cachestat"
	}
	return o
}

func percent(n int64) *int64 {
	p := share(fileBytes, n)
	return &p
}

// provenCold is evidence without a flaw, to be spoilt by a case.
func provenCold(want string) Evidence {
	return Evidence{Want: want, Before: saw(0, 0), After: saw(filePages, filePages),
		ExpectDevice: fileBytes, OwnRead: percent(100), ThreadRead: percent(99), DeviceRead: percent(101),
		HasDevice: true,
		Below:     &Below{First: 100 * time.Microsecond, Again: 90 * time.Microsecond, Reads: 32}}
}

func provenCached(want string) Evidence {
	return Evidence{Want: want, Before: saw(filePages, filePages), After: saw(filePages, filePages),
		OwnRead: percent(0), ThreadRead: percent(0), DeviceRead: percent(0), HasDevice: true, MinorFaults: 2}
}

type judgement struct {
	name   string
	spoil  func(*Evidence)
	proof  string
	reason string // a part of it; "": it must be empty
}

var coldCases = []judgement{
	{"all agree", func(*Evidence) {}, "strong", ""},
	{"a few pages are there", func(e *Evidence) { e.Before = saw(coldPages, coldPages) }, "strong", ""},
	{"one page too many", func(e *Evidence) { e.Before = saw(coldPages+1, coldPages) }, "failed",
		"66 of 65536 pages were in the page cache before the trial (mincore)"},
	{"only cachestat sees them", func(e *Evidence) { e.Before = saw(0, filePages) }, "failed", "(cachestat)"},
	{"mincore lies", func(e *Evidence) { e.Before = saw(-1, 0) }, "strong", ""},
	{"mincore lies, and it was cached", func(e *Evidence) { e.Before = saw(-1, filePages) }, "failed", "(cachestat)"},
	{"no cachestat", func(e *Evidence) { e.Before = saw(0, -1) }, "strong", ""},
	{"nobody looked", func(e *Evidence) { e.Before = saw(-1, -1) }, "weak",
		"page cache before the trial is not known (mincore lies; no cachestat)"},
	{"no reasons given", func(e *Evidence) { e.Before = Observation{} }, "weak",
		"mincore was not asked; cachestat was not asked"},
	{"what is in the cache afterwards does not matter", func(e *Evidence) { e.After = saw(-1, -1) }, "strong", ""},

	{"holes", func(e *Evidence) { e.Absent = "data: all of it are holes" }, "weak",
		"costs the device less than its length, or nothing: data: all of it are holes"},
	{"holes, and nothing was delivered", func(e *Evidence) {
		e.Absent, e.OwnRead, e.ThreadRead, e.DeviceRead = "data: holes", percent(0), percent(0), percent(0)
	}, "weak", "data: holes"},
	{"holes, and pages in the cache", func(e *Evidence) {
		e.Absent, e.Before = "data: holes",
			saw(filePages, 0)
	}, "failed", "(mincore)"},
	{"just enough", func(e *Evidence) { e.OwnRead, e.ThreadRead, e.DeviceRead = percent(90), nil, nil },
		"strong", ""},
	{"not quite enough", func(e *Evidence) {
		e.OwnRead, e.ThreadRead, e.DeviceRead = percent(89), percent(89),
			percent(89)
	}, "failed", "the device delivered only"},
	{"nothing delivered", func(e *Evidence) {
		e.OwnRead, e.ThreadRead, e.DeviceRead = percent(0), percent(0),
			percent(0)
	}, "failed", "the device delivered only 0 B"},
	{"nobody looked, and nothing delivered", func(e *Evidence) {
		e.Before = saw(-1, -1)
		e.OwnRead, e.ThreadRead, e.DeviceRead = percent(0), percent(0), percent(0)
	}, "failed", "the device delivered only 0 B"},
	{"only the thread's account", func(e *Evidence) { e.OwnRead, e.DeviceRead = nil, nil }, "strong", ""},
	{"a kernel without accounts", func(e *Evidence) { e.OwnRead, e.ThreadRead = nil, percent(0) }, "weak",
		"is not known"},
	{"a kernel without accounts, no " +
		"device", func(e *Evidence) { e.OwnRead, e.ThreadRead, e.DeviceRead = nil, percent(0), nil }, "weak",
		"no counter of device reads"},
	{"threads that helped", func(e *Evidence) { e.ThreadRead = percent(25) }, "strong", ""},
	{"only the device's account", func(e *Evidence) { e.OwnRead, e.ThreadRead = nil, nil }, "weak", "is not known"},
	{"only the device's account, too " +
		"little", func(e *Evidence) { e.OwnRead, e.ThreadRead, e.DeviceRead = nil, nil, percent(50) }, "failed",
		"the device delivered only"},
	{"the device read for others", func(e *Evidence) { e.OwnRead, e.ThreadRead = percent(10), percent(10) },
		"weak", "others read too"},
	{"no account at all", func(e *Evidence) { e.OwnRead, e.ThreadRead, e.DeviceRead = nil, nil, nil }, "weak",
		"no counter of device reads"},
	{"no look and no account", func(e *Evidence) {
		e.Before = saw(-1, -1)
		e.OwnRead, e.ThreadRead, e.DeviceRead = nil, nil, nil
	}, "weak", "no counter of device reads"},
	{"no device, nothing booked", func(e *Evidence) {
		e.HasDevice, e.OwnRead, e.ThreadRead, e.DeviceRead = false, percent(0), percent(0), nil
	}, "weak", "no block device"},
	{"no device, all booked", func(e *Evidence) { e.HasDevice, e.DeviceRead = false, nil }, "strong", ""},
	{"direct, and nothing left behind", func(e *Evidence) { e.Bypass, e.After = true, saw(0, 0) }, "strong", ""},
	{"direct, and pages left behind", func(e *Evidence) { e.Bypass, e.After = true, saw(12, -1) }, "failed",
		"ignores O_DIRECT"},
	{"nothing expected", func(e *Evidence) { e.ExpectDevice = 0 }, "weak", "had to deliver is not known"},
}

func TestJudgeCold(t *testing.T) {
	short := judgement{"a layer between", func(e *Evidence) { e.DeviceRead = percent(1) }, "weak",
		"a layer between may cache"}
	noBelow := judgement{"not probed", func(e *Evidence) { e.Below = nil }, "strong", ""}
	for _, want := range []string{results.Cold, results.DropCaches} {
		check(t, provenCold(want), append(slices.Clone(coldCases), short, noBelow))
	}
}

func TestJudgeDeviceCold(t *testing.T) {
	below := func(first, again time.Duration, reads int) func(*Evidence) {
		return func(e *Evidence) { e.Below = &Below{first, again, reads} }
	}
	check(t, provenCold(results.DeviceCold), append(slices.Clone(coldCases),
		judgement{"as slow again", below(100, 100, 32), "strong", ""},
		judgement{"slower again", below(100, 1000, 32), "strong", ""},
		judgement{"a little faster", below(150, 100, 32), "strong", ""},
		judgement{"faster", below(151, 100, 32), "failed",
			"the layer below caches: direct reads took 151 ns, and 100 ns when they were repeated"},
		judgement{"not probed", func(e *Evidence) { e.Below = nil }, "weak", "was not probed"},
		judgement{"a hypervisor", func(e *Evidence) { e.BelowUnseen = "its host may hold it" }, "weak",
			"its host may hold it"},
		judgement{"could not be probed", func(e *Evidence) { e.Below, e.NotProbed = nil, "no O_DIRECT" }, "weak",
			"not known: no O_DIRECT"},
		judgement{"nothing read", below(0, 0, 0), "weak", "was not probed"},
		judgement{"a layer between", func(e *Evidence) { e.DeviceRead = percent(1) }, "failed",
			"a layer between caches"},
	))
}

var cachedCases = []judgement{
	{"all agree", func(*Evidence) {}, "strong", ""},
	{"a page is missing before", func(e *Evidence) { e.Before = saw(filePages-1, filePages) }, "failed",
		"1 of 65536 pages were missing from the page cache before the trial (mincore)"},
	{"a page is missing after", func(e *Evidence) { e.After = saw(filePages, filePages-1) }, "weak",
		"1 of 65536 pages were missing from the page cache after the trial (cachestat), though the trial read " +
			"nothing"},
	{"both say so", func(e *Evidence) { e.Before = saw(filePages-2, filePages-2) }, "failed",
		"2 of 65536 pages were missing from the page cache before the trial (mincore and cachestat)"},
	{"they disagree", func(e *Evidence) { e.Before = saw(filePages-2, filePages-1) }, "failed",
		"before the trial (mincore); 1 of 65536"},
	{"a page is missing after, and something was read", func(e *Evidence) {
		one := int64(4096)
		e.After, e.OwnRead = saw(filePages, filePages-1), &one
	}, "failed", "after the trial (cachestat)"},
	{"a page is missing after, no account", func(e *Evidence) {
		e.After, e.OwnRead,
			e.ThreadRead = saw(filePages-1, -1), nil, nil
	}, "failed", "after the trial (mincore)"},
	{"a page is missing after, no device " +
		"books", func(e *Evidence) { e.After, e.HasDevice, e.DeviceRead = saw(filePages-1, -1), false, nil },
		"failed", "after the trial (mincore)"},
	{"only mincore", func(e *Evidence) { e.Before, e.After = saw(filePages, -1), saw(filePages, -1) }, "strong", ""},
	{"only cachestat", func(e *Evidence) { e.Before, e.After = saw(-1, filePages), saw(-1, filePages) },
		"strong", ""},
	{"nobody looked before", func(e *Evidence) { e.Before = saw(-1, -1) }, "weak", "before the trial is not known"},
	{"nobody looked after", func(e *Evidence) { e.After = saw(-1, -1) }, "weak", "after the trial is not known"},
	{"nobody looked, a page was missing", func(e *Evidence) { e.Before, e.After = saw(-1, -1), saw(0, -1) },
		"failed", "65536 of 65536 pages were missing"},
	{"a little is read", func(e *Evidence) { one := share(fileBytes, 1) - 1; e.OwnRead = &one }, "strong", ""},
	{"much is read", func(e *Evidence) { e.OwnRead = percent(1) }, "weak", "although every page was in the cache"},
	{"much is read by the thread", func(e *Evidence) { e.OwnRead, e.ThreadRead = nil, percent(50) }, "weak",
		"although every page was in the cache"},
	{"only the thread's account", func(e *Evidence) { one := int64(4096); e.OwnRead, e.ThreadRead = nil, &one },
		"strong", ""},
	{"a kernel without accounts", func(e *Evidence) { e.OwnRead = nil }, "weak",
		"no counter of this process's device reads"},
	{"no account", func(e *Evidence) { e.OwnRead, e.ThreadRead = nil, nil }, "weak",
		"no counter of this process's device reads"},
	{"others read", func(e *Evidence) { e.DeviceRead = percent(100) }, "strong", ""},
	{"no device", func(e *Evidence) { e.HasDevice, e.DeviceRead = false, nil }, "strong", ""},
}

func TestJudgeCached(t *testing.T) {
	check(t, provenCached(results.Cached), append(slices.Clone(cachedCases),
		judgement{"faults", func(e *Evidence) { e.MinorFaults = filePages / 16 }, "strong", ""}))
}

func TestJudgeMapped(t *testing.T) {
	faults := func(n int64) func(*Evidence) { return func(e *Evidence) { e.MinorFaults = n } }
	small := func(n int64) func(*Evidence) {
		return func(e *Evidence) {
			few := int64(64)
			e.Before = Observation{Pages: few, Mincore: &few}
			e.MinorFaults = n
		}
	}
	check(t, provenCached(results.Mapped), append(slices.Clone(cachedCases),
		judgement{"few faults", faults(filePages / 1024), "strong", ""},
		judgement{"as many as large folios take", faults(filePages / 262), "failed",
			"not populated: 250 faults on 65536 pages"},
		judgement{"a small file, few faults", small(8), "strong", ""},
		judgement{"a small file, many", small(9), "failed", "not populated: 9 faults on 64 pages"},
	))
}

func TestJudgeUnknownState(t *testing.T) {
	if proof, why := judged(provenCold("tepid")); proof != "failed" || !strings.Contains(why, `"tepid"`) {
		t.Errorf("Judge = %s, %q", proof, why)
	}
}

func check(t *testing.T, proven Evidence, cases []judgement) {
	for _, c := range cases {
		t.Run(proven.Want+"/"+c.name, func(t *testing.T) {
			e := proven
			c.spoil(&e)
			proof, why := judged(e)
			if proof != c.proof || !strings.Contains(why, c.reason) || (why == "") != (c.reason == "") ||
				strings.Contains(why, "?") {
				t.Errorf("Judge = %s, %q; want %s, %q", proof, why, c.proof, c.reason)
			}
		})
	}
}

// The strings of the run file, which this package must not import.
func TestWordsOfTheRunFile(t *testing.T) {
	for _, want := range results.Caches {
		e := provenCached(want)
		if results.IsCold(want) {
			e = provenCold(want)
		}
		if proof, why := judged(e); proof != results.ProofStrong || why != "" {
			t.Errorf("%s: %s, %q; want %s", want, proof, why, results.ProofStrong)
		}
		e.Before = saw(-1, -1)
		if proof, _ := Judge(e); proof != results.ProofWeak {
			t.Errorf("%s, unseen: %s, want %s", want, proof, results.ProofWeak)
		}
		e.Before = saw(filePages/2, filePages/2)
		if proof, _ := Judge(e); proof != results.ProofFailed {
			t.Errorf("%s, half of it: %s, want %s", want, proof, results.ProofFailed)
		}
	}
}

// judged puts the reasons into words.
func judged(e Evidence) (proof, why string) {
	proof, reasons := Judge(e)
	return proof, reason.Words(reasons)
}
