//go:build linux

package host

import (
	"fmt"
	"path/filepath"
	"strings"
)

// A group is this process's place in the cgroup hierarchy of a controller.
type group struct {
	version    int64  // the hierarchy's: 1 or 2
	mount, dir string // where the hierarchy is mounted, and the group in it
}

// MemoryCgroup returns where this process's memory is accounted: the version
// of the hierarchy, where it is mounted, and this process's directory in it,
// both as seen below root. The group that accounts may be one above that
// directory, as far up as the mount.
func MemoryCgroup(root string) (version int64, mount, dir string, err error) {
	r := &reading{Reader: Reader{Root: root}}
	g, err := r.group("memory")
	return g.version, g.mount, g.dir, err
}

// group finds this process's group of a controller. The version is known even
// where the directory is not.
func (r *reading) group(controller string) (group, error) {
	groups, err := r.readFile("/proc/self/cgroup")
	if err != nil {
		return group{}, err
	}
	mountinfo, err := r.readFile("/proc/self/mountinfo")
	if err != nil {
		return group{}, err
	}
	version, path := controllerGroup(groups, controller)
	if version == 0 {
		return group{}, fmt.Errorf("/proc/self/cgroup names no group of the controller %s", controller)
	}
	mount, dir := cgroupDir(parseMountinfo(mountinfo), version, controller, path)
	if mount == "" {
		return group{version: version}, fmt.Errorf("the cgroup v%d hierarchy of the controller %s is not "+
			"mounted", version, controller)
	}
	return group{version, mount, dir}, nil
}

// up lists the directories from the group's up to where its hierarchy is
// mounted: a limit holds for all below it.
func (g group) up() []string {
	var dirs []string
	for dir := g.dir; within(dir, g.mount); dir = filepath.Dir(dir) {
		dirs = append(dirs, dir)
		if dir == g.mount || dir == "/" {
			break
		}
	}
	return dirs
}

// memoryCgroup reads the version of the hierarchy that accounts this process's
// memory, and the limits in force.
func (r *reading) memoryCgroup(m *Memory) {
	const fact = "memory.cgroup_limit_bytes"
	g, err := r.group("memory")
	if g.version != 0 {
		m.CgroupVersion = &g.version
	}
	var limit int64
	switch {
	case err != nil:
	case g.version == 1:
		limit, err = r.limitV1(g.dir)
	default:
		limit, err = r.limitV2(g)
	}
	if err != nil {
		r.missing(fact, err)
		return
	}
	m.CgroupLimit = &limit
	if g.version == 2 { // version 1 has no such limit that is enforced
		high, _, err := r.lowest(g, "memory.high")
		if err != nil {
			r.missing("memory.cgroup_high_bytes", err)
			return
		}
		m.CgroupHigh = &high
	}
}

// controllerGroup finds in /proc/self/cgroup this process's group of a
// controller, which is either bound to a version 1 hierarchy, and named, or
// belongs to version 2, the line "0::" (cgroups(7)). Version 0: none.
func controllerGroup(groups, controller string) (version int64, path string) {
	for line := range strings.Lines(groups) {
		f := strings.SplitN(strings.TrimRight(line, "\n"), ":", 3)
		switch {
		case len(f) < 3:
		case f[0] == "0" && f[1] == "" && version == 0:
			version, path = 2, f[2]
		case strings.Contains(","+f[1]+",", ","+controller+","):
			version, path = 1, f[2]
		}
	}
	return version, path
}

// cgroupDir returns where the hierarchy is mounted, and this process's
// directory in it. In a container with the host's cgroup namespace, the path
// in /proc/self/cgroup is seen from the host and the mount shows a part of the
// tree, its root; what they have in common goes.
func cgroupDir(mounts []mount, version int64, controller, path string) (mountPoint, dir string) {
	for _, m := range mounts {
		v1 := m.fsType == "cgroup" && strings.Contains(","+m.superOptions+",", ","+controller+",")
		if version == 1 && !v1 || version == 2 && m.fsType != "cgroup2" {
			continue
		}
		relative := "" // elsewhere in the tree: the best that can be seen is the mount's root
		if within(path, m.root) && !strings.HasPrefix(path, "/..") {
			relative = strings.TrimPrefix(path, strings.TrimSuffix(m.root, "/"))
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

// limitV2 returns the lowest memory.max. The real root of the hierarchy has no
// such file.
func (r *reading) limitV2(g group) (int64, error) {
	limit, seen, err := r.lowest(g, "memory.max")
	if err != nil {
		return 0, err
	}
	controllers := " " + r.optional(g.mount+"/cgroup.controllers") + " "
	if !seen && !strings.Contains(controllers, " memory ") {
		return 0, fmt.Errorf("the memory controller is off (on a Raspberry Pi, cgroup_enable=memory in " +
			"cmdline.txt turns it on)")
	}
	return limit, nil
}

// lowest returns the lowest limit in the files of a name from the group's
// directory up, and whether there was such a file.
func (r *reading) lowest(g group, name string) (limit int64, seen bool, err error) {
	limit = Unlimited
	for _, dir := range g.up() {
		s := r.optional(dir + "/" + name)
		n, err := scaled(s, 1)
		seen = seen || s != ""
		switch {
		case s == "" || s == "max":
		case err != nil:
			return 0, seen, fmt.Errorf("%s/%s: %w", dir, name, err)
		case limit == Unlimited || n < limit:
			limit = n
		}
	}
	return limit, seen, nil
}
