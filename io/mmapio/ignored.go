package mmapio

import (
	"mmapbench/internal/procmem"
	"mmapbench/internal/reason"
)

func (f *file) Ignored() map[string]reason.Reason       { return f.c.ignored(f.m) }
func (a *appendFile) Ignored() map[string]reason.Reason { return a.c.ignored(a.win) }
func (c *copyFile) Ignored() map[string]reason.Reason   { return c.c.ignored(c.from.m) }

// Ignored tells of the window that was mapped last.
func (f *windows) Ignored() map[string]reason.Reason {
	if len(f.workers) == 0 {
		return nil
	}
	return f.c.ignored(f.workers[0].m)
}

// ignored looks into smaps for what the options should have done to the mapping. What
// the kernel does not show there is not judged.
func (c *config) ignored(m []byte) map[string]reason.Reason {
	if len(m) == 0 || len(c.advice) == 0 && !c.locked && !c.onFault {
		return nil
	}
	region, err := procmem.RegionOf(m)
	if err != nil || len(region.Flags) == 0 {
		return nil
	}
	all := map[string]reason.Reason{}
	for _, a := range advices {
		if !c.advises(a.number) {
			continue
		}
		option := "advise=" + a.name
		if a.flag != "" && !region.Has(a.flag) {
			all[option] = reason.Reason{Code: reason.FlagMissing, Detail: a.flag}
		}
		if huge, known := hugeBytes(region); known && huge == 0 && (a.name == "hugepage" || a.name == "collapse") {
			all[option] = reason.Reason{Code: reason.NoHugePage, Values: map[string]int64{"bytes": region.Bytes["Rss"]}}
		}
	}
	for option, given := range map[string]bool{"locked": c.locked, "mlock-onfault": c.onFault} {
		if given && !region.Has("lo") {
			all[option] = reason.Reason{Code: reason.FlagMissing, Detail: "lo"}
		}
	}
	return all
}

// hugeBytes is how much of the mapping is mapped as huge pages: of a file, of tmpfs, and
// of what a private mapping copied.
func hugeBytes(r *procmem.Region) (sum int64, known bool) {
	for _, name := range []string{"FilePmdMapped", "ShmemPmdMapped", "AnonHugePages"} {
		n, there := r.Bytes[name]
		sum, known = sum+n, known || there
	}
	return sum, known
}
