//go:build linux

package host

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

func (r *reading) mounts() []mount {
	text, err := r.readFile("/proc/self/mountinfo")
	if err != nil {
		r.missing("targets.mounts", err)
	}
	return parseMountinfo(text)
}

func (r *reading) target(t Target, mounts []mount) TargetFacts {
	fact := "targets." + t.Name
	f := TargetFacts{Name: t.Name, Dir: t.Dir}
	dir, err := filepath.Abs(t.Dir)
	if err == nil {
		f.Dir = dir
		dir, err = r.EvalSymlinks(dir)
	}
	var st unix.Stat_t
	if err == nil {
		f.Dir = dir
		if err = r.Stat(dir, &st); err != nil {
			err = fmt.Errorf("stat %s: %w", dir, err)
		}
	}
	if err != nil {
		r.missing(fact, err)
		return f
	}
	r.space(fact, &f)
	m, ok := findMount(mounts, dir, st.Dev)
	if !ok {
		r.missing(fact+".file_system", fmt.Errorf("no mount in /proc/self/mountinfo contains %s", dir))
		f.Device = r.blockDevice(fact+".device", st.Dev, 0)
		return f
	}
	f.FileSystem, f.MountPoint, f.MountSource, f.MountOptions = m.fsType, m.point, m.source, m.allOptions()
	r.storage(fact, &f, mounts, m, st.Dev, 0)
	return f
}

func (r *reading) space(fact string, f *TargetFacts) {
	var st unix.Statfs_t
	if err := r.Statfs(f.Dir, &st); err != nil {
		r.missing(fact+".total_bytes", fmt.Errorf("statfs %s: %w", f.Dir, err))
		return
	}
	if st.Blocks == 0 { // FUSE and 9p servers that do not tell answer so
		r.missing(fact+".total_bytes", fmt.Errorf("statfs %s: the file system gives no size", f.Dir))
		return
	}
	// Blocks are counted in f_frsize; f_bsize is a preferred size of I/O on
	// some file systems (NFS).
	unit := int64(st.Frsize)
	total, free := int64(st.Blocks)*unit, int64(st.Bavail)*unit
	f.BlockSize, f.Total, f.Free = &unit, &total, &free
}

// storage finds what a mount keeps its files on, and the read-ahead in force
// there; depth is how many devices lie above.
func (r *reading) storage(fact string, f *TargetFacts, mounts []mount, m mount, dev uint64, depth int) {
	kind := fileSystemKind(m.fsType)
	switch {
	case unix.Major(dev) != 0:
		f.Device = r.blockDevice(fact+".device", dev, depth)
		if f.Device != nil {
			f.ReadAhead = f.Device.ReadAhead
		}
	case kind == KindOverlay:
		r.overlay(fact, f, mounts, m, depth)
	case kind == KindMemory:
		f.Device = &Device{Kind: kind}
	case kind != "":
		f.Device = &Device{Kind: kind}
		f.ReadAhead = r.ownReadAhead(fact, m, dev)
	default:
		r.mounted(fact, f, m, depth)
	}
}

// fileSystemKind returns the kind of device that stands for a file system
// without a block device, "" for one that must have one.
func fileSystemKind(fsType string) string {
	switch fsType {
	case "tmpfs", "ramfs", "rootfs", "devtmpfs", "hugetlbfs":
		return KindMemory
	case "nfs", "nfs4", "cifs", "smb3", "9p", "virtiofs", "ceph", "afs", "vboxsf":
		return KindNetwork
	case "overlay", "aufs":
		return KindOverlay
	}
	if fsType == "fuse" || strings.HasPrefix(fsType, "fuse.") {
		return KindFUSE
	}
	return ""
}

// overlay looks for the device of the upper directory, to which an overlay
// writes. In a container it lies outside of what can be seen.
func (r *reading) overlay(fact string, f *TargetFacts, mounts []mount, m mount, depth int) {
	upper := mountOption(m.superOptions, "upperdir")
	err := errors.New("the overlay has no upper directory")
	if upper != "" {
		var st unix.Stat_t
		if err = r.Stat(upper, &st); err == nil {
			below, ok := findMount(mounts, upper, st.Dev)
			if ok && below.fsType != m.fsType {
				r.storage(fact, f, mounts, below, st.Dev, depth)
				return
			}
		}
		err = fmt.Errorf("the overlay's upper directory %s cannot be seen from here; a volume mounted into the "+
			"container shows its device", upper)
	}
	f.Device = &Device{Kind: KindOverlay}
	r.missing(fact+".device", err)
	r.missing(fact+".read_ahead_bytes", errors.New("an overlay reads ahead as the file system below it does"))
}

// mountOption returns the value of an option of the form name=value.
func mountOption(options, name string) string {
	for o := range strings.SplitSeq(options, ",") {
		if v, ok := strings.CutPrefix(o, name+"="); ok {
			return v
		}
	}
	return ""
}

// ownReadAhead returns the read-ahead of a file system without a block
// device. The kernel files it under the device number (NFS, FUSE) or under
// the type and a serial number (9p, CIFS; super_setup_bdi in fs/super.c), which
// tells only if there is one such mount.
func (r *reading) ownReadAhead(fact string, m mount, dev uint64) *int64 {
	path := fmt.Sprintf("/sys/class/bdi/%d:%d/read_ahead_kb", unix.Major(dev), unix.Minor(dev))
	if !r.exists(path) {
		if named := r.glob("/sys/class/bdi/" + m.fsType + "-*/read_ahead_kb"); len(named) == 1 {
			path = named[0]
		}
	}
	return r.number(fact+".read_ahead_bytes", path, 1024)
}

// mounted finds the device of a file system whose files have st_devs of their
// own, such as btrfs, by what was mounted.
func (r *reading) mounted(fact string, f *TargetFacts, m mount, depth int) {
	sys, err := r.nodeDevice(m.source)
	if err != nil {
		r.missing(fact+".device", fmt.Errorf("%s files carry no device number, and the mount source does not "+
			"help: %w", m.fsType, err))
		return
	}
	f.Device = r.deviceAt(fact+".device", sys, depth)
	f.ReadAhead = f.Device.ReadAhead
	if m.fsType == "btrfs" {
		r.btrfs(fact, f, filepath.Base(sys), depth)
	}
}

// nodeDevice returns the directory in /sys of a device node. In a container
// the node may be missing while /sys knows the name.
func (r *reading) nodeDevice(node string) (string, error) {
	var st unix.Stat_t
	err := r.Stat(node, &st)
	if err == nil && st.Mode&unix.S_IFMT == unix.S_IFBLK {
		return r.deviceDir(st.Rdev)
	}
	if sys, err := r.resolve("/sys/class/block/" + filepath.Base(node)); err == nil &&
		strings.HasPrefix(node, "/dev/") {
		return sys, nil
	}
	if err != nil {
		return "", fmt.Errorf("stat %s: %w", node, err)
	}
	return "", fmt.Errorf("%s is not a block device", node)
}

// btrfs has a read-ahead window of its own, 4 MiB by default, and may span
// several devices.
func (r *reading) btrfs(fact string, f *TargetFacts, device string, depth int) {
	found := r.glob("/sys/fs/btrfs/*/devices/" + device)
	if len(found) == 0 {
		r.missing(fact+".read_ahead_bytes", fmt.Errorf("no /sys/fs/btrfs/*/devices has %s", device))
		f.ReadAhead = nil
		return
	}
	dir := filepath.Dir(found[0])
	f.ReadAhead = r.number(fact+".read_ahead_bytes", filepath.Dir(dir)+"/bdi/read_ahead_kb", 1024)
	if all := r.glob(dir + "/*"); len(all) > 1 {
		for _, p := range all {
			f.Members = append(f.Members, r.linked(fact+".members."+filepath.Base(p), p, depth))
		}
	}
}
