//go:build linux

package host

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// cpuQuota returns the lowest limit on processor time of this process's cgroup
// and those above it, in processors.
func (r *reading) cpuQuota() *float64 {
	const fact = "processor.cgroup_cpus"
	g, err := r.group("cpu")
	if err != nil {
		r.missing(fact, err)
		return nil
	}
	lowest := float64(Unlimited)
	for _, dir := range g.up() {
		n, err := r.quotaOf(g.version, dir)
		if err != nil {
			r.missing(fact, err)
			return nil
		}
		if n != Unlimited && (lowest == Unlimited || n < lowest) {
			lowest = n
		}
	}
	return &lowest
}

// quotaOf reads the limit of one group. There is no file in the real root of
// the hierarchy, and none where the controller is off: then there is no limit.
func (r *reading) quotaOf(version int64, dir string) (float64, error) {
	path := dir + "/cpu.max" // quota and period, "50000 100000"; "max" for no quota
	text := r.optional(path)
	if version == 1 {
		path = dir + "/cpu.cfs_quota_us" // -1 for no quota
		if text = r.optional(path); text != "" {
			text += " " + r.optional(dir+"/cpu.cfs_period_us")
		}
	}
	quota, period, _ := strings.Cut(text, " ")
	if quota == "" || quota == "max" || quota == "-1" {
		return Unlimited, nil
	}
	q, err1 := strconv.ParseInt(quota, 10, 64)
	p, err2 := strconv.ParseInt(period, 10, 64)
	if err1 != nil || err2 != nil || q <= 0 || p <= 0 {
		return 0, fmt.Errorf("%s: %.40q is not a quota and a period", path, text)
	}
	return float64(q) / float64(p), nil
}

// Files of version 1 that limit I/O, and the names of the same in io.max.
var throttles = []struct{ file, name string }{
	{"blkio.throttle.read_bps_device", "rbps"},
	{"blkio.throttle.write_bps_device", "wbps"},
	{"blkio.throttle.read_iops_device", "riops"},
	{"blkio.throttle.write_iops_device", "wiops"},
}

// ioLimits returns the lowest limits on I/O that this process's cgroup and
// those above it set for the device with a number, "254:0".
func (r *reading) ioLimits(fact, dev string) []string {
	if dev == "" {
		return nil
	}
	g, err := r.group("blkio") // version 2 calls it io, and has one hierarchy for all
	if err != nil {
		r.missing(fact, err)
		return nil
	}
	lowest := map[string]int64{}
	limit := func(name, value string) {
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil { // "max"
			return
		}
		if old, seen := lowest[name]; !seen || n < old {
			lowest[name] = n
		}
	}
	for _, dir := range g.up() {
		for _, field := range fieldsAfter(r.optional(dir+"/io.max"), dev) {
			name, value, _ := strings.Cut(field, "=")
			limit(name, value)
		}
		for _, t := range throttles {
			if f := fieldsAfter(r.optional(dir+"/"+t.file), dev); len(f) == 1 {
				limit(t.name, f[0])
			}
		}
	}
	var all []string
	for name, n := range lowest {
		all = append(all, fmt.Sprintf("%s=%d", name, n))
	}
	slices.Sort(all)
	return all
}

// fieldsAfter returns what follows a device's number on its line.
func fieldsAfter(text, dev string) []string {
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) > 0 && f[0] == dev {
			return f[1:]
		}
	}
	return nil
}
