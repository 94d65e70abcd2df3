//go:build linux

package host

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

func (r *reading) memory() Memory {
	m := Memory{
		Swaps:       r.swaps(),
		Zram:        r.zram(),
		THP:         r.choice("memory.thp", "/sys/kernel/mm/transparent_hugepage/enabled"),
		FaultAround: r.number("memory.fault_around_bytes", "/sys/kernel/debug/fault_around_bytes", 1),
		Overcommit:  r.number("memory.overcommit_memory", "/proc/sys/vm/overcommit_memory", 1),
	}
	r.meminfo(&m)
	m.DirtyRatio, m.DirtyBytes = r.dirty("dirty")
	m.DirtyBackgroundRatio, m.DirtyBackgroundBytes = r.dirty("dirty_background")
	r.memoryCgroup(&m)

	var limit unix.Rlimit
	if err := r.Getrlimit(unix.RLIMIT_MEMLOCK, &limit); err != nil {
		r.missing("memory.memlock_bytes", fmt.Errorf("getrlimit: %w", err))
	} else {
		n := int64(Unlimited) // RLIM_INFINITY is the largest uint64
		if limit.Cur <= math.MaxInt64 {
			n = int64(limit.Cur)
		}
		m.Memlock = &n
	}
	return m
}

func (r *reading) meminfo(m *Memory) {
	text, err := r.readFile("/proc/meminfo")
	values := parseMeminfo(text)
	for _, f := range []struct {
		key, fact string
		to        **int64
	}{
		{"MemTotal", "total_bytes", &m.Total},
		{"MemAvailable", "available_bytes", &m.Available},
		{"SwapTotal", "swap_total_bytes", &m.SwapTotal},
		{"SwapFree", "swap_free_bytes", &m.SwapFree},
	} {
		if n, ok := values[f.key]; ok {
			*f.to = &n
		} else if err != nil {
			r.missing("memory."+f.fact, err)
		} else {
			r.missing("memory."+f.fact, fmt.Errorf("/proc/meminfo has no %s", f.key))
		}
	}
}

// parseMeminfo returns the sizes in /proc/meminfo, in bytes. Lines without
// the unit kB, which count pages, are left out, as are lines it cannot read.
func parseMeminfo(text string) map[string]int64 {
	values := map[string]int64{}
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(line, ":")
		number, isSize := strings.CutSuffix(strings.TrimSpace(value), " kB")
		if n, err := scaled(strings.TrimSpace(number), 1024); isSize && err == nil && n >= 0 {
			values[strings.TrimSpace(key)] = n
		}
	}
	return values
}

// dirty returns the one of a limit's two forms that is in force: setting one
// makes the kernel show the other as 0 (sysctl/vm.rst, "dirty_bytes").
func (r *reading) dirty(name string) (ratio, bytes *int64) {
	bytes = r.number("memory."+name+"_bytes", "/proc/sys/vm/"+name+"_bytes", 1)
	if bytes != nil && *bytes != 0 {
		return nil, bytes
	}
	return r.number("memory."+name+"_ratio_percent", "/proc/sys/vm/"+name+"_ratio", 1), nil
}

func (r *reading) swaps() []Swap {
	text, err := r.readFile("/proc/swaps")
	if err != nil {
		r.missing("memory.swaps", err)
		return nil
	}
	var swaps []Swap
	for line := range strings.Lines(text) {
		// Filename Type Size Used Priority, sizes in KiB; the first line says so.
		f := strings.Fields(line)
		if len(f) < 5 || f[0] == "Filename" {
			continue
		}
		size, err1 := scaled(f[2], 1024)
		used, err2 := scaled(f[3], 1024)
		if err1 != nil || err2 != nil {
			r.missing("memory.swaps", fmt.Errorf("/proc/swaps: cannot read the line %.80q", strings.TrimSpace(line)))
			continue
		}
		swaps = append(swaps, Swap{Name: unescape(f[0]), Type: f[1], Size: size, Used: used})
	}
	return swaps
}

// zram returns the compressed devices that have been given a size.
func (r *reading) zram() []Zram {
	var list []Zram
	for _, dir := range r.glob("/sys/block/zram[0-9]*") {
		size, err := r.readNumber(dir+"/disksize", 1)
		if err != nil {
			r.missing("memory.zram."+filepath.Base(dir), err)
		} else if size > 0 {
			list = append(list, Zram{filepath.Base(dir), size, bracketed(r.optional(dir + "/comp_algorithm"))})
		}
	}
	return list
}
