package mmapio

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"mmapbench/internal/units"
	"mmapbench/io/backend"
)

// config is what the options come to.
type config struct {
	private   bool
	noreserve bool
	stores    bool // views are stored to
	locked    bool
	onFault   bool   // locked as pages are touched
	flags     int    // MAP_POPULATE, MAP_NONBLOCK, MAP_SYNC, MAP_HUGETLB
	advice    []int  // arguments of madvise, in the order given
	msync     string // "": not given
	grow      int64  // bytes by which an append grows the file, whole pages
	double    bool   // it grows by as much as the file has, if that is more
	growth    string // how the mapping of an append follows
	window    int64  // bytes of a window of a read; 0: the whole file is mapped
	perRecord bool   // each access has a window of its own
	toWrite   bool   // a copy writes its records
	release   int64  // bytes accessed between two releases; 0: nothing is released
}

// Why options of reads mean nothing to what writes.
var readsOnly = map[backend.Verb]string{
	backend.ToAppend: "it is for reads; an append has windows of its own, of grow=SIZE",
	backend.ToCopy:   "it is for reads; a copy's source is mapped as a whole",
}

// Why options of appends mean nothing elsewhere.
var growsNothing = map[backend.Verb]string{
	backend.ToRead: "a read does not grow the file",
	backend.ToCopy: "a copy's length is known beforehand",
}

// defaultGrow is the window of an append: large enough that the system calls
// for a window (ftruncate, mmap, munmap) vanish beside its page faults.
const defaultGrow = 1 << 20

// options is the table of options. It is never written to.
var options = backend.Table[config]{
	{
		Option: backend.Option{Name: "shared", Excludes: []string{"private"}, Default: "on",
			Doc: "MAP_SHARED: the page cache itself", Seen: "ms, sh: VmFlags in smaps"},
		Apply: func(*config, backend.Value) {},
	}, {
		Option: backend.Option{Name: "private", Excludes: []string{"shared", "sync"},
			Doc:  "MAP_PRIVATE: copy on write; a copy's source only, never its destination",
			Seen: "p in /proc/PID/maps"},
		Apply:  func(c *config, _ backend.Value) { c.private = true },
		Refuse: map[backend.Verb]string{backend.ToAppend: "what is stored in a private mapping never reaches the file"},
	}, {
		Option: backend.Option{Name: "populate",
			Doc:  "MAP_POPULATE: map every page beforehand; errors are hidden (advise=populate-read reports them)",
			Seen: "faults of the body: none are left"},
		Apply: func(c *config, _ backend.Value) { c.flags |= unix.MAP_POPULATE },
	}, {
		Option: backend.Option{Name: "nonblock",
			Doc:  "MAP_NONBLOCK: makes populate do nothing; a negative control",
			Seen: "faults of the body: all are left"},
		Apply: func(c *config, _ backend.Value) { c.flags |= unix.MAP_NONBLOCK },
	}, {
		Option: backend.Option{Name: "locked", Excludes: []string{"mlock-onfault"}, Probe: probeLocked,
			Doc:  "mlock(2) after the advice: bring in and keep every page (MAP_LOCKED would hide a failure)",
			Seen: "lo: VmFlags in smaps, VmLck in status"},
		Apply: func(c *config, _ backend.Value) { c.locked = true },
	}, {
		Option: backend.Option{Name: "mlock-onfault", Excludes: []string{"locked"}, Probe: probeLocked,
			Since: "Linux 4.4", Doc: "mlock2(2) with MLOCK_ONFAULT: keep each page once it was touched",
			Seen: "lo: VmFlags in smaps, VmLck in status"},
		Apply: func(c *config, _ backend.Value) { c.onFault = true },
	}, {
		Option: backend.Option{Name: "noreserve", Probe: probeNoreserve,
			Doc: "MAP_NORESERVE: no swap set aside; needs private, makes it writable, so " +
				"populate and locked copy the file", Seen: "nr: VmFlags in smaps"},
		Apply:  func(c *config, _ backend.Value) { c.noreserve = true },
		Refuse: map[backend.Verb]string{backend.ToAppend: "it has a meaning for private mappings only"},
	}, {
		Option: backend.Option{Name: "sync", Excludes: []string{"private"}, Probe: probeSync, Since: "Linux 4.15",
			Doc:  "MAP_SYNC with MAP_SHARED_VALIDATE: a store needs no call to reach persistent memory (DAX)",
			Seen: "sf: VmFlags in smaps; the kernel refuses what it does not do"},
		Apply: func(c *config, _ backend.Value) { c.flags |= unix.MAP_SHARED_VALIDATE | unix.MAP_SYNC },
		Refuse: map[backend.Verb]string{backend.ToRead: "a read leaves nothing to sync",
			backend.ToCopy: "the options are for a copy's source, which is not stored to"},
	}, {
		Option: backend.Option{Name: "hugetlb", Probe: probeHuge,
			Doc:  "MAP_HUGETLB: pages of the huge page pool",
			Seen: "ht: VmFlags in smaps; the kernel refuses other files"},
		Apply: func(c *config, _ backend.Value) { c.flags |= unix.MAP_HUGETLB },
	}, {
		Option: backend.Option{Name: "advise", Kind: backend.Choice, Values: adviceNames(), Many: true,
			Default: "normal", Probe: probeAdvice,
			Since: "Linux 5.4 (cold, pageout), 5.14 (populate-read, populate-write), 6.1 (collapse)",
			Doc:   "madvise(2) of the whole mapping, in the order given; willneed in chunks of 128 KiB",
			Seen: "rr, sr, hg: VmFlags in smaps; hugepage, collapse: FilePmdMapped in smaps; willneed, pageout: " +
				"bytes of the device; populate-*, dontneed: faults of the body; cold: not at all"},
		Apply: func(c *config, v backend.Value) { c.advice = append(c.advice, adviceNumber(v.Text)) },
	}, {
		Option: backend.Option{Name: "window", Kind: backend.Size, Values: []string{"record"},
			Doc:  "a mapping of so much, which munmap(2) and mmap(2) move; record: one for each access",
			Seen: "system calls in strace; maps"},
		Apply: func(c *config, v backend.Value) {
			c.window, c.perRecord = pages(max(v.N, 1)), v.Text == "record"
		},
		Refuse: readsOnly,
	}, {
		Option: backend.Option{Name: "release", Kind: backend.Size,
			Doc:  "MADV_DONTNEED whenever so much was accessed: pages leave the process, and stay cached",
			Seen: "RssFile in status, faults of the body"},
		Apply:  func(c *config, v backend.Value) { c.release = v.N },
		Refuse: readsOnly,
	}, {
		Option: backend.Option{Name: "msync", Kind: backend.Choice, Values: []string{"none", "async", "sync"},
			Default: "sync where data must be durable, none elsewhere",
			Doc: "msync(2) on each window before it is unmapped and at the end; " +
				"durable data without sync is fdatasync's", Seen: "system calls in strace"},
		Apply:  func(c *config, v backend.Value) { c.msync = v.Text },
		Refuse: map[backend.Verb]string{backend.ToRead: "a read leaves nothing to sync"},
	}, {
		Option: backend.Option{Name: "to", Kind: backend.Choice, Values: []string{"mmap", "write"}, Default: "mmap",
			Doc:  "how a copy writes: by stores into a mapping of the new file, or by write(2) from the mapping",
			Seen: "page faults; system calls in strace"},
		Apply: func(c *config, v backend.Value) { c.toWrite = v.Text == "write" },
		Refuse: map[backend.Verb]string{backend.ToRead: "a read writes nothing",
			backend.ToOwn:    "what is stored stays in memory",
			backend.ToAppend: "an append by write(2) is the backend pread"},
	}, {
		Option: backend.Option{Name: "grow", Kind: backend.Size, Values: []string{"double"},
			Default: units.CompactSize(defaultGrow),
			Doc:     "the step by which an append grows the file, in whole pages; double: by what is there, from 1M on",
			Seen:    "system calls in strace; the file's length meanwhile"},
		Apply: func(c *config, v backend.Value) {
			if c.double = v.Text == "double"; !c.double {
				c.grow = pages(v.N)
			}
		},
		Refuse: growsNothing,
	}, {
		Option: backend.Option{Name: "growth", Kind: backend.Choice,
			Values: []string{byWindow, byRemap, byMremap, byFixed}, Default: byWindow,
			Doc:  "how the mapping of an append follows: its new part alone; all anew; mremap(2); MAP_FIXED behind",
			Seen: "system calls in strace; maps"},
		Apply:  func(c *config, v backend.Value) { c.growth = v.Text },
		Refuse: growsNothing,
	},
}

// pages rounds up to whole pages.
func pages(n int64) int64 {
	page := int64(os.Getpagesize())
	return (n + page - 1) / page * page
}

// configure turns options into a configuration for the verb.
func configure(verb backend.Verb, given backend.Options) (*config, error) {
	c := &config{grow: pages(defaultGrow), growth: byWindow}
	if err := options.Configure("backend mmap", verb, given, c); err != nil {
		return nil, err
	}
	if err := c.check(verb); err != nil {
		return nil, fmt.Errorf("backend mmap: %w", err)
	}
	return c, nil
}

// check refuses what the kernel would accept and ignore, or another option would undo.
func (c *config) check(verb backend.Verb) error {
	patterns, filled := 0, c.flags&(unix.MAP_POPULATE|unix.MAP_NONBLOCK) == unix.MAP_POPULATE
	for _, a := range c.advice {
		switch {
		case a == unix.MADV_NORMAL || a == unix.MADV_RANDOM || a == unix.MADV_SEQUENTIAL:
			patterns++
		case a == unix.MADV_POPULATE_WRITE && verb != backend.ToAppend && !c.noreserve:
			return errors.New("advise=populate-write needs a mapping that may be stored to: give private,noreserve " +
				"as well, which copies the file, or take populate-read")
		case a == unix.MADV_POPULATE_READ || a == unix.MADV_POPULATE_WRITE:
			filled = true
		case drops(a) && verb != backend.ToRead:
			return fmt.Errorf("advise=%s is about pages that were touched, and what writes has none yet", adviceName(a))
		case drops(a) && !filled:
			return fmt.Errorf("advise=%s is about pages that are mapped, and there are none yet: give populate as "+
				"well; release=SIZE drops what a scan leaves behind", adviceName(a))
		case drops(a) && c.locked:
			return fmt.Errorf("locked brings back what advise=%s drops: give one, or mlock-onfault", adviceName(a))
		}
	}
	switch {
	case c.noreserve && !c.private:
		return errors.New("noreserve has a meaning for private mappings only: give private as well")
	case c.flags&(unix.MAP_POPULATE|unix.MAP_NONBLOCK) == unix.MAP_NONBLOCK:
		return errors.New("nonblock has a meaning for populate only, which it makes do nothing: give populate as well")
	case c.toWrite && c.msync != "":
		return errors.New("to=write leaves nothing to msync: give one of them, or durability data")
	case c.growth == byMremap && c.flags&unix.MAP_POPULATE != 0:
		return errors.New("mremap(2) populates nothing: give advise=populate-write, or growth=fixed")
	case c.growth == byFixed && c.advises(unix.MADV_COLLAPSE):
		return errors.New("the addresses of growth=fixed do not begin at a huge page: give growth=window")
	case patterns > 1:
		return errors.New("of advise=normal, random and sequential the last would win: give one")
	case c.release > 0 && c.window > 0:
		return errors.New("a window releases its pages as it moves: give window or release")
	case c.release > 0 && (c.locked || c.onFault):
		return errors.New("the kernel does not release pages that are locked: give one of them, or window=SIZE")
	}
	return nil
}

func (c *config) advises(number int) bool { return slices.Contains(c.advice, number) }
