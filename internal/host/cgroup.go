package host

import (
	"fmt"
	"path/filepath"
	"strings"
)

// memoryCgroup returns the version of the hierarchy that accounts this
// process's memory, and the limit in force.
func (r *reading) memoryCgroup() (version, limit *int64) {
	const fact = "memory.cgroup_limit_bytes"
	groups, err := r.readFile("/proc/self/cgroup")
	if err != nil {
		r.missing(fact, err)
		return nil, nil
	}
	mountinfo, err := r.readFile("/proc/self/mountinfo")
	if err != nil {
		r.missing(fact, err)
		return nil, nil
	}
	v, path := memoryGroup(groups)
	if v == 0 {
		r.missing(fact, fmt.Errorf("/proc/self/cgroup names no group that accounts memory"))
		return nil, nil
	}
	n, err := int64(0), error(nil)
	switch m, dir := cgroupDir(parseMountinfo(mountinfo), v, path); {
	case m == "":
		err = fmt.Errorf("the cgroup v%d hierarchy of memory is not mounted", v)
	case v == 1:
		n, err = r.limitV1(dir)
	default:
		n, err = r.limitV2(m, dir)
	}
	if err != nil {
		r.missing(fact, err)
		return &v, nil
	}
	return &v, &n
}

// memoryGroup finds in /proc/self/cgroup the group that accounts memory: a
// controller is either bound to a version 1 hierarchy, and named, or belongs
// to version 2, the line "0::" (cgroups(7)). Version 0: none.
func memoryGroup(groups string) (version int64, path string) {
	for line := range strings.Lines(groups) {
		f := strings.SplitN(strings.TrimRight(line, "\n"), ":", 3)
		switch {
		case len(f) < 3:
		case f[0] == "0" && f[1] == "" && version == 0:
			version, path = 2, f[2]
		case strings.Contains(","+f[1]+",", ",memory,"):
			version, path = 1, f[2]
		}
	}
	return version, path
}

// cgroupDir returns where the hierarchy is mounted, and this process's
// directory in it. In a container with the host's cgroup namespace, the path
// in /proc/self/cgroup is seen from the host and the mount shows a part of the
// tree, its root; what they have in common goes.
func cgroupDir(mounts []mount, version int64, path string) (mountPoint, dir string) {
	for _, m := range mounts {
		memoryV1 := m.fsType == "cgroup" && strings.Contains(","+m.superOptions+",", ",memory,")
		if version == 1 && !memoryV1 || version == 2 && m.fsType != "cgroup2" {
			continue
		}
		relative, inside := strings.CutPrefix(path, strings.TrimSuffix(m.root, "/"))
		if !inside || strings.HasPrefix(path, "/..") {
			relative = "" // elsewhere in the tree: the best that can be seen is the mount's root
		}
		return m.point, filepath.Join(m.point, relative)
	}
	return "", ""
}

// noLimit is above any memory and below what version 1 shows for "no limit":
// the largest multiple of a page in an int64.
const noLimit = 1 << 60

// limitV1 returns the limit of a group and all above it.
func (r *reading) limitV1(dir string) (int64, error) {
	text, err := r.readFile(dir + "/memory.stat")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(text) {
		if s, ok := strings.CutPrefix(line, "hierarchical_memory_limit "); ok {
			n, err := scaled(strings.TrimSpace(s), 1)
			if err == nil && n >= noLimit {
				n = Unlimited
			}
			return n, err
		}
	}
	return 0, fmt.Errorf("%s/memory.stat has no hierarchical_memory_limit", dir)
}

// limitV2 returns the lowest memory.max from dir up to the mount point. The
// real root of the hierarchy has no such file.
func (r *reading) limitV2(mountPoint, dir string) (int64, error) {
	limit, seen := int64(Unlimited), false
	for ; strings.HasPrefix(dir, mountPoint); dir = filepath.Dir(dir) {
		s := r.optional(dir + "/memory.max")
		n, err := scaled(s, 1)
		seen = seen || s != ""
		switch {
		case s == "" || s == "max":
		case err != nil:
			return 0, fmt.Errorf("%s/memory.max: %w", dir, err)
		case limit == Unlimited || n < limit:
			limit = n
		}
		if dir == mountPoint {
			break
		}
	}
	controllers := " " + r.optional(mountPoint+"/cgroup.controllers") + " "
	if !seen && !strings.Contains(controllers, " memory ") {
		return 0, fmt.Errorf("the memory controller is off (on a Raspberry Pi, cgroup_enable=memory in cmdline.txt turns it on)")
	}
	return limit, nil
}
