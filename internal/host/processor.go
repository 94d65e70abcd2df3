//go:build linux

package host

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

func (r *reading) processor() Processor {
	var p Processor
	info, err := r.readFile("/proc/cpuinfo")
	if err == nil {
		if p.Model = processorModel(info); p.Model == "" {
			err = fmt.Errorf("/proc/cpuinfo names no model")
		}
	}
	if err != nil {
		r.missing("processor.model", err)
	}
	p.CPUs = r.online()
	var set unix.CPUSet
	if err := r.Affinity(0, &set); err != nil {
		r.missing("processor.cpus_allowed", fmt.Errorf("sched_getaffinity: %w", err))
	} else {
		p.Allowed = new(int64(set.Count()))
	}
	p.Quota = r.cpuQuota()
	p.Clocks = r.clocks()
	return p
}

func (r *reading) online() *int64 {
	const path = "/sys/devices/system/cpu/online"
	s, err := r.readFile(path)
	if err == nil {
		var cpus []int
		if cpus, err = parseCPUList(s); err == nil {
			return new(int64(len(cpus)))
		}
		err = fmt.Errorf("%s: %w", path, err)
	}
	r.missing("processor.cpus", err)
	return nil
}

// maxCPUs is more than any kernel is built for (NR_CPUS is at most 8,192).
const maxCPUs = 1 << 16

// parseCPUList reads the kernel's list format, "0-3,8".
func parseCPUList(s string) ([]int, error) {
	var cpus []int
	for part := range strings.SplitSeq(s, ",") {
		low, high, isRange := strings.Cut(part, "-")
		first, err := strconv.Atoi(low)
		last := first
		if err == nil && isRange {
			last, err = strconv.Atoi(high)
		}
		if err != nil || first < 0 || last < first || last >= maxCPUs {
			return nil, fmt.Errorf("%.40q is not a list of CPUs", s)
		}
		for cpu := first; cpu <= last; cpu++ {
			cpus = append(cpus, cpu)
		}
	}
	return cpus, nil
}

// cpuinfoValue returns the first value of a key in /proc/cpuinfo.
func cpuinfoValue(info, key string) string {
	for line := range strings.Lines(info) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// processorModel names the processor: on ARM from the implementer and part
// numbers of each core, elsewhere by "model name".
func processorModel(info string) string {
	if cores := armCores(info); cores != "" {
		return cores
	}
	for _, key := range []string{"model name", "Processor", "Hardware"} {
		if s := cpuinfoValue(info, key); s != "" {
			return s
		}
	}
	return ""
}

// clocks reads the frequency scaling of every processor and puts those that
// are governed alike together.
func (r *reading) clocks() []Clock {
	var clocks []Clock
	for _, dir := range r.glob("/sys/devices/system/cpu/cpu[0-9]*/cpufreq") {
		cpu, err := strconv.Atoi(strings.TrimPrefix(filepath.Base(filepath.Dir(dir)), "cpu"))
		if err != nil {
			continue
		}
		c := Clock{CPUs: []int{cpu}}
		fact := fmt.Sprintf("processor.clocks.cpu%d.", cpu)
		c.Driver = r.optional(dir + "/scaling_driver")
		c.Governor = r.text(fact+"governor", dir+"/scaling_governor")
		c.Min = r.number(fact+"min_hz", dir+"/scaling_min_freq", 1000)
		c.Max = r.number(fact+"max_hz", dir+"/scaling_max_freq", 1000)
		c.Slowest = r.number(fact+"frequency", dir+"/scaling_cur_freq", 1000)
		c.Fastest = c.Slowest
		clocks = addClock(clocks, c)
	}
	if clocks == nil {
		r.missing("processor.clocks", fmt.Errorf("there is no /sys/devices/system/cpu/cpu*/cpufreq: the frequency "+
			"is not Linux's to set here"))
	}
	return clocks
}

func addClock(clocks []Clock, c Clock) []Clock {
	for i := range clocks {
		k := &clocks[i]
		if k.Driver != c.Driver || k.Governor != c.Governor || !same(k.Min, c.Min) || !same(k.Max, c.Max) {
			continue
		}
		k.CPUs = append(k.CPUs, c.CPUs...)
		slices.Sort(k.CPUs)
		if k.Slowest == nil || c.Slowest != nil && *c.Slowest < *k.Slowest {
			k.Slowest = c.Slowest
		}
		if k.Fastest == nil || c.Fastest != nil && *c.Fastest > *k.Fastest {
			k.Fastest = c.Fastest
		}
		return clocks
	}
	return append(clocks, c)
}

// same reports whether two facts are equal or both unknown.
func same(a, b *int64) bool {
	return a == b || a != nil && b != nil && *a == *b
}
