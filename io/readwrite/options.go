package readwrite

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"mmapbench/io/backend"
)

// config is what the options come to.
type config struct {
	call   call
	iovecs int   // buffers of a vectored read
	flags  int   // of preadv2 and pwritev2: RWF_NOWAIT, RWF_DONTCACHE
	advice []int // arguments of posix_fadvise for the whole file, in the order given
	behind bool  // posix_fadvise(DONTNEED) for what was read
	ahead  int64 // bytes asked for by readahead(2) beyond what is read

	open      int   // flags of the file that is written: O_DSYNC, O_SYNC, O_DIRECT
	each      int   // flags of each write: RWF_DSYNC, RWF_DONTCACHE
	placed    bool  // an append says where each write goes
	fallocate bool  // the blocks are set aside before anything is written
	syncRange int64 // bytes after which write-back is begun; 0: left to the kernel
	toMap     bool  // a copy reads straight into a mapping of the new file
}

type (
	table = backend.Table[config]
	value = backend.Value
	void  = map[backend.Verb]string
)

const (
	readsNothing  = "an append reads nothing"
	writesNothing = "what reads writes nothing"
)

// The tables of options are never written to.
var hintOptions = table{
	{
		Option: backend.Option{Name: "fadvise", Kind: backend.Choice, Many: true, Default: "normal",
			Values: []string{"normal", "sequential", "random", "noreuse", "willneed", "dontneed"},
			Doc: "posix_fadvise(2) after opening what is read; willneed in chunks, as the kernel cuts a call short; " +
				"dontneed for what was read, every 128 KiB; of noreuse nothing can be seen",
			Seen: "pages in the cache (all but noreuse)"},
		Apply: func(c *config, v value) {
			if v.Text == "dontneed" {
				c.behind = true
				return
			}
			c.advice = append(c.advice, advices[v.Text])
		},
		Refuse: void{backend.ToAppend: readsNothing},
	}, {
		Option: backend.Option{Name: "readahead", Kind: backend.Size,
			Doc: "readahead(2), in chunks, so far ahead of what is read, from the start and after each jump; " +
				"the size of the file and more: everything, while opening",
			Seen: "pages in the cache"},
		Apply:  func(c *config, v value) { c.ahead = v.N },
		Refuse: void{backend.ToAppend: readsNothing},
	},
}

var vectorOptions = table{
	{
		Option: backend.Option{Name: "iovecs", Kind: backend.Count, Min: 1, Max: maxIovecs, Default: "1",
			Doc: "so many buffers, side by side, share a record", Seen: "strace"},
		Apply:  func(c *config, v value) { c.iovecs = int(v.N) },
		Refuse: void{backend.ToAppend: readsNothing},
	},
}

var flagOptions = table{
	{
		Option: backend.Option{Name: "nowait", Since: "Linux 4.14", Probe: probeFlag(unix.RWF_NOWAIT),
			Doc:  "RWF_NOWAIT: read what is in the cache, and the rest by a second call, pread(2), which is counted",
			Seen: "the count of second calls"},
		Apply:  func(c *config, _ value) { c.flags |= unix.RWF_NOWAIT },
		Refuse: void{backend.ToAppend: readsNothing},
	}, {
		Option: backend.Option{Name: "dontcache", Since: "Linux 6.14, on ext4 and XFS",
			Probe: probeFlag(unix.RWF_DONTCACHE), Excludes: []string{"nowait"},
			Doc:  "RWF_DONTCACHE, of writes too: pages that the call brings into the cache leave it again",
			Seen: "pages in the cache"},
		Apply: func(c *config, _ value) {
			c.flags |= unix.RWF_DONTCACHE
			c.each |= unix.RWF_DONTCACHE
		},
	},
}

// durableOptions are those of everything that writes.
var durableOptions = table{
	{
		Option: backend.Option{Name: "write", Kind: backend.Choice, Values: []string{"o-dsync", "o-sync", "rwf-dsync"},
			Doc: "each write is durable when it returns: by O_DSYNC, by O_SYNC (the times of the inode as well), " +
				"or by RWF_DSYNC of pwritev2(2)",
			Seen: "F_GETFL, strace"},
		Apply: func(c *config, v value) {
			switch v.Text {
			case "o-dsync":
				c.open |= unix.O_DSYNC
			case "o-sync":
				c.open |= unix.O_SYNC
			default:
				c.each |= unix.RWF_DSYNC
			}
		},
		Refuse: void{backend.ToRead: writesNothing, backend.ToOwn: writesNothing,
			backend.ToCopy: "a copy is made durable as a whole, which durability data asks for"},
	}, {
		Option: backend.Option{Name: "fallocate",
			Doc:  "fallocate(2) of all blocks while opening (FALLOC_FL_KEEP_SIZE)",
			Seen: "st_blocks"},
		Apply:  func(c *config, _ value) { c.fallocate = true },
		Refuse: void{backend.ToRead: writesNothing, backend.ToOwn: writesNothing},
	},
}

// writeOptions are those of what writes through the page cache.
var writeOptions = slices.Concat(durableOptions, table{
	{
		Option: backend.Option{Name: "append", Kind: backend.Choice, Values: []string{"o-append", "pwrite"},
			Default: "o-append",
			Doc:     "how an append finds the end: by O_APPEND, or by pwrite(2) at the offset that the program keeps",
			Seen:    "F_GETFL, strace"},
		Apply: func(c *config, v value) { c.placed = v.Text == "pwrite" },
		Refuse: void{backend.ToRead: writesNothing, backend.ToOwn: writesNothing,
			backend.ToCopy: "a copy writes from the start of its file to the end"},
	}, {
		Option: backend.Option{Name: "sync-range", Kind: backend.Size,
			Doc: "sync_file_range(2), SYNC_FILE_RANGE_WRITE, whenever so much was written: write-back begins early; " +
				"nothing is durable by it",
			Seen: "strace"},
		Apply:  func(c *config, v value) { c.syncRange = v.N },
		Refuse: void{backend.ToRead: writesNothing, backend.ToOwn: writesNothing},
	},
})

// bufferedOptions are those of a read and write through the page cache.
var bufferedOptions = slices.Concat(hintOptions, writeOptions, table{
	{
		Option: backend.Option{Name: "to", Kind: backend.Choice, Values: []string{"write", "mmap"}, Default: "write",
			Doc:  "how a copy writes: from its buffer, or by reading straight into a mapping of the new file",
			Seen: "page faults, strace"},
		Apply: func(c *config, v value) { c.toMap = v.Text == "mmap" },
		Refuse: void{backend.ToRead: writesNothing, backend.ToOwn: writesNothing,
			backend.ToAppend: "an append has its bytes in memory; the backend mmap stores them into a mapping"},
	},
})

// configure applies options to the configuration for the verb.
func (c *config) configure(name string, t table, verb backend.Verb, given backend.Options) error {
	owner := "backend " + name
	if err := t.Configure(owner, verb, given, c); err != nil {
		return err
	}
	if err := c.check(); err != nil {
		return fmt.Errorf("%s: %w", owner, err)
	}
	return nil
}

// check refuses options of which one makes the other void.
func (c *config) check() error {
	patterns := 0
	for _, a := range c.advice {
		if a == unix.FADV_NORMAL || a == unix.FADV_RANDOM || a == unix.FADV_SEQUENTIAL {
			patterns++
		}
	}
	switch {
	case patterns > 1:
		return errors.New("of fadvise=normal, random and sequential the last would win: give one")
	case c.flags&unix.RWF_NOWAIT != 0 && c.behind:
		return errors.New("fadvise=dontneed empties the cache that nowait reads from: give one")
	case c.toMap && (c.open|c.each) != 0:
		return errors.New("to=mmap makes no write that could be durable or leave the cache: use to=write")
	case c.toMap && c.syncRange > 0:
		return errors.New("to=mmap makes no write after which write-back could begin: use to=write, " +
			"or the backend mmap with msync")
	case c.syncRange > 0 && c.open&(unix.O_DSYNC|unix.O_SYNC) != 0, c.syncRange > 0 && c.each&unix.RWF_DSYNC != 0:
		return errors.New("sync-range begins to write what a durable write has written already: give one")
	}
	return nil
}

// durable is what each write promises.
func (c *config) durable() backend.Durability {
	switch {
	case c.open&unix.O_SYNC == unix.O_SYNC: // O_SYNC includes the bit of O_DSYNC
		return backend.Full
	case c.open&unix.O_DSYNC != 0, c.each&unix.RWF_DSYNC != 0:
		return backend.Data
	}
	return ""
}
