package counters

import (
	"cmp"
	"errors"
	"slices"
)

// The counters that a caller samples by name.
const (
	IOReadBytes    = "io.read_bytes"         // what this process read from devices, mappings included
	IOWriteBytes   = "io.write_bytes"        // what this process dirtied, written since or not
	ReadCalls      = "io.syscr"              // calls of this process that read
	ReadBytes      = "io.rchar"              // what they returned
	DiskReadBytes  = "diskstats.read_bytes"  // everybody's, on Options.Devices
	DiskWriteBytes = "diskstats.write_bytes" // everybody's, on Options.Devices
	Shootdowns     = "interrupts.tlb_shootdowns"
	Waited         = "schedstat.wait" // this thread waited for a processor
	Pressure       = "psi.cpu_some"   // some task of the host did
	Stolen         = "stat.steal"     // ticks that a hypervisor took from all processors
	Wanted         = "stat.wanted"    // ticks that tasks had of all processors, or that were stolen from them
)

// Sample is what some counters of a set showed at one moment.
type Sample []value

type value struct {
	n      int64 // absent: see reason
	reason string
	group  int
}

// Change is what a counter gained between two samples.
type Change struct {
	N      *int64 // nil: unknown
	Reason string // why N is nil
}

// Sample reads some counters at any moment, in a phase too, and each file once.
// Reading /proc/self/io counts in that file itself: 1 in io.syscr.
func (s *Set) Sample(names ...string) Sample {
	out := make(Sample, len(names))
	for i := range out {
		out[i] = value{n: absent, reason: "there is no counter of this name"}
	}
	for i := range s.groups {
		g, read, failed := &s.groups[i], false, error(nil)
		for place, m := range g.metrics {
			k := slices.Index(names, m.Name)
			if k < 0 {
				continue
			}
			if !read {
				read, failed = true, g.read()
			}
			out[k] = value{n: absent, group: i}
			switch {
			case failed != nil:
				out[k].reason = failed.Error()
			case g.source == nil:
				out[k].reason = cmp.Or(m.Reason, "the counters are closed")
			default:
				out[k].n = g.now[place]
				out[k].reason = cmp.Or(m.Reason, "no such value in "+m.Source)
			}
		}
	}
	return out
}

// read reads a group into now, which is free between Begin and End.
func (g *group) read() error {
	if g.source == nil {
		return nil
	}
	none(g.now)
	return g.end(g.now)
}

var errBackwards = errors.New("a counter went backwards: it wrapped, or its device was taken away and came back")

// Since returns what the counters gained since an earlier sample of the same
// ones. Where a counter went backwards, the others of its file began anew as
// well: all of them are unknown.
func (s Sample) Since(base Sample) []Change {
	out := make([]Change, len(s))
	for i, now := range s {
		switch before := base[i]; {
		case now.n == absent:
			out[i].Reason = now.reason
		case before.n == absent:
			out[i].Reason = before.reason
		case s.backwards(base, now.group):
			out[i].Reason = errBackwards.Error()
		default:
			out[i].N = new(now.n - before.n)
		}
	}
	return out
}

func (s Sample) backwards(base Sample, group int) bool {
	for i, now := range s {
		if now.group == group && now.n != absent && base[i].n != absent && now.n < base[i].n {
			return true
		}
	}
	return false
}
