//go:build linux

package host

import (
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A mount is one line of /proc/self/mountinfo, proc_pid_mountinfo(5).
type mount struct {
	dev          uint64 // st_dev of its files, but not on btrfs and some overlays
	root         string // what part of the file system is mounted
	point        string
	options      string // this mount's
	fsType       string
	source       string
	superOptions string // the file system's
}

// parseMountinfo reads /proc/self/mountinfo and passes over lines that it
// cannot read.
func parseMountinfo(text string) []mount {
	var mounts []mount
	for line := range strings.Lines(text) {
		if m, ok := parseMount(strings.TrimRight(line, "\n")); ok {
			mounts = append(mounts, m)
		}
	}
	return mounts
}

// parseMount reads a line such as
//
//	36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
//
// where zero or more optional fields stand before the hyphen. Fields may be
// empty (a tmpfs may have no source), so single spaces separate.
func parseMount(line string) (mount, bool) {
	before, after, ok := strings.Cut(line, " - ")
	left := strings.Split(before, " ")
	right := strings.SplitN(after, " ", 3)
	if !ok || len(left) < 6 || len(right) < 3 {
		return mount{}, false
	}
	dev, ok := parseDev(left[2])
	if !ok {
		return mount{}, false
	}
	return mount{
		dev:          dev,
		root:         unescape(left[3]),
		point:        unescape(left[4]),
		options:      left[5],
		fsType:       unescape(right[0]),
		source:       unescape(right[1]),
		superOptions: unescape(right[2]),
	}, true
}

// parseDev reads a device number, "179:2".
func parseDev(s string) (uint64, bool) {
	major, minor, _ := strings.Cut(s, ":")
	m, err1 := strconv.ParseUint(major, 10, 32)
	n, err2 := strconv.ParseUint(minor, 10, 32)
	return unix.Mkdev(uint32(m), uint32(n)), err1 == nil && err2 == nil
}

// unescape turns the octal escapes of /proc (space is \040) back.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+4 <= len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(c))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// findMount returns the mount that a directory is on: of those with its
// st_dev, the innermost that contains it; if the file system hands out device
// numbers of its own (btrfs for each subvolume, some overlays), the innermost
// of all. Of two mounts on the same point the later one hides the other.
func findMount(mounts []mount, dir string, dev uint64) (mount, bool) {
	var best mount
	found, sameDev := false, false
	for _, m := range mounts {
		if !within(dir, m.point) || sameDev && m.dev != dev {
			continue
		}
		if newDev := m.dev == dev && !sameDev; newDev || !found || len(m.point) >= len(best.point) {
			best, found, sameDev = m, true, sameDev || newDev
		}
	}
	return best, found
}

// within reports whether a path is dir or below it; both are clean.
func within(path, dir string) bool {
	return path == dir || dir == "/" || strings.HasPrefix(path, dir+"/")
}

// allOptions joins the mount's options and the file system's that the mount
// does not repeat. Either may be read-only, and then files here are.
func (m mount) allOptions() string {
	var all []string
	seen := map[string]bool{"": true}
	for o := range strings.SplitSeq(m.options+","+m.superOptions, ",") {
		if !seen[o] {
			all = append(all, o)
		}
		seen[o] = true
	}
	if seen["ro"] {
		all = slices.DeleteFunc(all, func(o string) bool { return o == "rw" })
	}
	return strings.Join(all, ",")
}
