package mmapio

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"mmapbench/internal/units"
	"mmapbench/io/backend"
)

// config is what the options come to.
type config struct {
	private   bool
	noreserve bool
	locked    bool
	flags     int    // MAP_POPULATE, MAP_NONBLOCK
	advice    []int  // arguments of madvise, in the order given
	msync     string // "": not given
	grow      int64  // bytes of a window of an append, whole pages
}

// defaultGrow is the window of an append: large enough that the system calls
// for a window (ftruncate, mmap, munmap) vanish beside its page faults.
const defaultGrow = 1 << 20

// options is the table of options. It is never written to.
var options = backend.Table[config]{
	{
		Option: backend.Option{Name: "shared", Excludes: []string{"private"}, Default: "on",
			Doc: "MAP_SHARED: the page cache itself"},
		Apply: func(*config, backend.Value) {},
	}, {
		Option: backend.Option{Name: "private", Excludes: []string{"shared"},
			Doc: "MAP_PRIVATE: copy on write; a copy's source only, never its destination"},
		Apply:  func(c *config, _ backend.Value) { c.private = true },
		Refuse: map[backend.Verb]string{backend.ToAppend: "what is stored in a private mapping never reaches the file"},
	}, {
		Option: backend.Option{Name: "populate",
			Doc: "MAP_POPULATE: map every page beforehand; errors are hidden (advise=populate-read reports them)"},
		Apply: func(c *config, _ backend.Value) { c.flags |= unix.MAP_POPULATE },
	}, {
		Option: backend.Option{Name: "nonblock",
			Doc: "MAP_NONBLOCK: makes populate do nothing; a negative control"},
		Apply: func(c *config, _ backend.Value) { c.flags |= unix.MAP_NONBLOCK },
	}, {
		Option: backend.Option{Name: "locked", Probe: probeLocked,
			Doc: "mlock(2) after the advice: bring in and keep every page (MAP_LOCKED would hide a failure)"},
		Apply: func(c *config, _ backend.Value) { c.locked = true },
	}, {
		Option: backend.Option{Name: "noreserve", Probe: probeNoreserve,
			Doc: "MAP_NORESERVE: no swap set aside; needs private, makes it writable, so " +
				"populate and locked copy the file"},
		Apply:  func(c *config, _ backend.Value) { c.noreserve = true },
		Refuse: map[backend.Verb]string{backend.ToAppend: "it has a meaning for private mappings only"},
	}, {
		Option: backend.Option{Name: "advise", Kind: backend.Choice, Values: adviceNames(), Many: true,
			Default: "normal",
			Since:   "populate-read: Linux 5.14", Probe: probeAdvice,
			Doc: "madvise(2) after mapping, in the order given; hugepage may do nothing and say nothing"},
		Apply: func(c *config, v backend.Value) { c.advice = append(c.advice, adviceNumber(v.Text)) },
	}, {
		Option: backend.Option{Name: "msync", Kind: backend.Choice, Values: []string{"none", "async", "sync"},
			Default: "sync where data must be durable, none elsewhere",
			Doc: "msync(2) on each window before it is unmapped and at the end; " +
				"durable data without sync is fdatasync's"},
		Apply:  func(c *config, v backend.Value) { c.msync = v.Text },
		Refuse: map[backend.Verb]string{backend.ToRead: "a read leaves nothing to sync"},
	}, {
		Option: backend.Option{Name: "grow", Kind: backend.Size, Default: units.CompactSize(defaultGrow),
			Doc: "the step by which an append grows the file and maps it, rounded up to whole pages"},
		Apply: func(c *config, v backend.Value) { c.grow = pages(v.N) },
		Refuse: map[backend.Verb]string{backend.ToRead: "a read does not grow the file",
			backend.ToCopy: "a copy's length is known beforehand"},
	},
}

// pages rounds up to whole pages.
func pages(n int64) int64 {
	page := int64(os.Getpagesize())
	return (n + page - 1) / page * page
}

// configure turns options into a configuration for the verb.
func configure(verb backend.Verb, given backend.Options) (*config, error) {
	c := &config{grow: pages(defaultGrow)}
	if err := options.Configure("backend mmap", verb, given, c); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("backend mmap: %w", err)
	}
	return c, nil
}

// check refuses what the kernel would accept and ignore.
func (c *config) check() error {
	patterns := 0
	for _, a := range c.advice {
		if a == unix.MADV_NORMAL || a == unix.MADV_RANDOM || a == unix.MADV_SEQUENTIAL {
			patterns++
		}
	}
	switch {
	case c.noreserve && !c.private:
		return errors.New("noreserve has a meaning for private mappings only: give private as well")
	case patterns > 1:
		return errors.New("of advise=normal, random and sequential the last would win: give one")
	}
	return nil
}
