package preflight

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"mmapbench/internal/counters"
	"mmapbench/internal/host"
	"mmapbench/internal/units"
)

// Room is how much must be free for the smallest benchmark.
const Room = 16 << 20

// systemProbes ask what the machine and its limits let a benchmark do.
var systemProbes = []probe{
	{
		name: "locked", group: "machine", question: "Can a mapping be locked in memory?",
		weight: Fact, needs: mapping, ask: locked,
		means: "mmap:locked fails: raise the limit (ulimit -l, or LimitMEMLOCK= of a unit), or grant CAP_IPC_LOCK",
	}, {
		name: "memory-limit", group: "machine", question: "Is memory unlimited by this process's cgroup?",
		weight: Fact, ask: memoryLimit,
		means: "pages are reclaimed when the limit is near, those of the page cache too: keep files below half of " +
			"it, or say so beside the figures",
	}, {
		name: "memory-cgroup", group: "machine", question: "Can this user make a memory cgroup?",
		weight: Fact, ask: memoryCgroup,
		means: "memory cannot be made scarce by this user alone; root can, and systemd-run --user --scope -p " +
			"MemoryMax=",
	}, {
		name: "io-uring", group: "machine", question: "Is there io_uring?",
		weight: Fact, ask: ioUring, means: "programs that use io_uring cannot be compared here",
	}, {
		name: "faults", group: "machine", question: "Does a fault arrive with its address?",
		weight: Fact, ask: faultsArrive,
		means: "what a mapping does at a file's end cannot be asked, and a trial that faults ends its process; " +
			"emulation of user mode alone is like that",
	}, {
		name: "page-size", group: "machine", question: "Is the page size supported (4, 16 or 64 KiB)?",
		weight: Fact, ask: pageSize, means: "nothing is known of pages of this size",
	}, {
		name: "space", group: "machine", question: "Is there room for the smallest benchmark?",
		weight: Degrades, ask: space, means: "a run is refused: free some space, or choose another directory",
	}, {
		name: "clock", group: "machine", question: "Is the clock fine enough for single accesses?",
		weight: Fact, ask: clock,
		means: "latencies of single accesses are coarse: look at /sys/devices/system/clocksource",
	},
}

func locked(p *probing) answer {
	_, m := p.newMapped()
	text := "RLIMIT_MEMLOCK is "
	switch limit := p.host.Memory.Memlock; {
	case limit == nil:
		text += "not known"
	case *limit == host.Unlimited:
		text += "unlimited"
	default:
		text += units.FormatSize(*limit)
	}
	if err := unix.Mlock(m); err != nil {
		return no("mlock of %s: %s; %s", units.FormatSize(int64(len(m))), errnoOf(err), text)
	}
	r := region(m)
	held, flag := r.Bytes["Locked"], r.Has("lo")
	call("munlock", unix.Munlock(m))
	return yesIf(flag && held == int64(len(m)),
		"mlock of %d bytes: %d locked, flag lo %s in /proc/self/smaps; %s", len(m), held, isSet(flag), text)
}

func memoryLimit(p *probing) answer {
	facts := &p.host
	limit, high := facts.Memory.CgroupLimit, facts.Memory.CgroupHigh
	if limit == nil {
		return unknown("%s", facts.Unknown["memory.cgroup_limit_bytes"])
	}
	lowest := *limit
	if high != nil && *high != host.Unlimited && (lowest == host.Unlimited || *high < lowest) {
		lowest = *high
	}
	version := int64(0)
	if v := facts.Memory.CgroupVersion; v != nil {
		version = *v
	}
	switch total := facts.Memory.Total; {
	case lowest == host.Unlimited:
		return yes("no limit in its cgroup (version %d)", version)
	case total != nil && lowest >= *total:
		return yes("its cgroup (version %d) allows %s, more than the machine has", version, units.FormatSize(lowest))
	}
	return no("its cgroup (version %d) allows %s", version, units.FormatSize(lowest))
}

// memoryCgroup looks whether a group may be made; it makes none.
//
// In version 2 a group with processes in it can hand no controller on to groups
// below it (the "no internal processes" rule of cgroup-v2.rst, from which the
// root alone is free): a group with a limit is made beside the process's own, in
// its parent.
func memoryCgroup(*probing) answer {
	version, mount, dir, err := host.MemoryCgroup("/")
	if err != nil {
		return no("%v", err)
	}
	if version == 2 && dir != mount {
		dir = filepath.Dir(dir)
	}
	if err := unix.Access(dir, unix.W_OK|unix.X_OK); err != nil {
		return no("cgroup version %d, access(%s): %s", version, dir, errnoOf(err))
	}
	if version == 1 {
		return yes("cgroup version 1, %s may be written to", dir)
	}
	for _, c := range []struct {
		file, means string
		mode        uint32
	}{
		{"cgroup.subtree_control", "hands the controller on to groups in it", unix.R_OK},
		{"cgroup.controllers", "has the controller, which may be handed on", unix.W_OK},
	} {
		text, err := os.ReadFile(filepath.Join(dir, c.file))
		call("read "+dir+"/"+c.file, err)
		has := slices.Contains(strings.Fields(string(text)), "memory")
		if has && unix.Access(filepath.Join(dir, "cgroup.subtree_control"), c.mode) == nil {
			return yes("cgroup version 2, %s may be written to and %s", dir, c.means)
		}
	}
	return no("cgroup version 2, %s may be written to, and has no memory controller to hand on", dir)
}

// ioUring makes the smallest ring and closes it. The kernel may have none
// (ENOSYS), or forbid it (EPERM: kernel.io_uring_disabled, or a container).
func ioUring(*probing) answer {
	var params [120]byte // struct io_uring_params, all zero on the way in
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 1, uintptr(unsafe.Pointer(&params)), 0)
	if errno == unix.ENOMEM { // a ring counts as locked memory of users without CAP_IPC_LOCK
		return unknown("io_uring_setup: ENOMEM: the limit on locked memory (RLIMIT_MEMLOCK) leaves no room for a " +
			"ring")
	}
	if errno != 0 {
		return no("io_uring_setup: %s", errnoName(errno))
	}
	call("close", unix.Close(int(fd)))
	return yes("io_uring_setup made a ring")
}

func faultsArrive(p *probing) answer {
	if !p.faultsArrive {
		return no("a load from a mapping of an empty file in memory did not fault at its address")
	}
	return yes("a load from a mapping of an empty file in memory faulted at its address")
}

func pageSize(p *probing) answer {
	return yesIf(p.page == 4<<10 || p.page == 16<<10 || p.page == 64<<10,
		"%s, on %s", units.FormatSize(int64(p.page)), runtime.GOARCH)
}

func space(p *probing) answer {
	free, known, err := p.free()
	check(err)
	if !known {
		return unknown("statfs tells no size of this file system")
	}
	return yesIf(free >= Room,
		"%s are free to this user, %s are needed", units.FormatSize(free), units.FormatSize(Room))
}

// fine is the coarsest clock that single accesses can be told apart with: a
// read of a cached page takes some hundred nanoseconds.
const fine = 100 * time.Nanosecond

func clock(*probing) answer {
	step := time.Hour
	start := time.Now()
	last := time.Since(start)
	for range 10000 {
		now := time.Since(start)
		if d := now - last; d > 0 {
			step = min(step, d)
		}
		last = now
	}
	cost := counters.ClockCost()
	return yesIf(step <= fine, "smallest step seen: %d ns; one reading takes %.0f ns", step, cost)
}
