//go:build linux && !386 && !arm

package host

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// stacks is a machine with devices on devices: two disks with partitions, a
// mirror and an encrypted volume on them, btrfs over several, and loops.
var stacks = map[string]string{
	"sys/dev/block/8:1":   "-> ../../devices/ata1/block/sda/sda1",
	"sys/dev/block/8:17":  "-> ../../devices/ata2/block/sdb/sdb1",
	"sys/dev/block/8:32":  "-> ../../devices/ata3/block/sdc",
	"sys/dev/block/9:0":   "-> ../../devices/virtual/block/md0",
	"sys/dev/block/9:1":   "-> ../../devices/virtual/block/md1",
	"sys/dev/block/253:0": "-> ../../devices/virtual/block/dm-0",
	"sys/dev/block/253:1": "-> ../../devices/virtual/block/dm-1",
	"sys/dev/block/7:0":   "-> ../../devices/virtual/block/loop0",
	"sys/dev/block/7:1":   "-> ../../devices/virtual/block/loop1",
	"sys/dev/block/7:2":   "-> ../../devices/virtual/block/loop2",

	"sys/devices/ata1/block/sda/queue/iostats":  "1",
	"sys/devices/ata1/block/sda/sda1/partition": "1",
	"sys/devices/ata1/block/sda/sda2/partition": "2",
	"sys/devices/ata2/block/sdb/sdb1/partition": "1",
	"sys/devices/ata3/block/sdc/queue/iostats":  "0",

	"sys/devices/virtual/block/md0/slaves/sda1": "-> ../../../../ata1/block/sda/sda1",
	"sys/devices/virtual/block/md0/slaves/sdb1": "-> ../../../../ata2/block/sdb/sdb1",
	"sys/devices/virtual/block/md1/slaves/sda2": "-> ../../../../ata1/block/sda/sda2",
	"sys/devices/virtual/block/md1/slaves/sdx1": "-> ../../../../gone/block/sdx/sdx1",
	"sys/devices/virtual/block/dm-0/slaves/md0": "-> ../../md0",
	"sys/devices/virtual/block/dm-1/slaves/sdc": "-> ../../../../ata3/block/sdc",

	"sys/devices/virtual/block/loop0/loop/backing_file": "/images/disk.img",
	"sys/devices/virtual/block/loop1/loop/backing_file": "/dev/shm/disk.img",
	"sys/devices/virtual/block/loop2/loop/backing_file": "/gone.img",

	"sys/class/block/sda1": "-> ../../devices/ata1/block/sda/sda1",
	"sys/class/block/dm-0": "-> ../../devices/virtual/block/dm-0",

	"sys/fs/btrfs/1f0c/devices/sda1": "-> ../../../../devices/ata1/block/sda/sda1",
	"sys/fs/btrfs/1f0c/devices/sda2": "-> ../../../../devices/ata1/block/sda/sda2",
	"sys/fs/btrfs/1f0c/devices/sdb1": "-> ../../../../devices/ata2/block/sdb/sdb1",
	"sys/fs/btrfs/2a7e/devices/dm-0": "-> ../../../../devices/virtual/block/dm-0",

	"proc/self/mountinfo": `1 0 8:1 / / rw - ext4 /dev/sda1 rw
2 1 0:40 / /images rw - btrfs /dev/sda1 rw
3 1 0:41 / /luks rw - btrfs /dev/dm-0 rw
4 1 0:25 / /dev/shm rw - tmpfs tmpfs rw
5 1 0:50 / /nfs rw - nfs4 nas:/x rw
6 1 0:51 / /ssh rw - fuse.sshfs me@there: rw
7 1 0:52 / /merged rw - overlay overlay rw,lowerdir=/l,upperdir=/unseen/u,workdir=/unseen/w
8 1 0:53 / /tank rw - zfs tank rw
`,
}

func TestBlockDevices(t *testing.T) {
	for _, tt := range []struct {
		name string
		dev  uint64
		dir  string // where dev is on no block device
		want string // names, or why there are none
	}{
		{"a partition", unix.Mkdev(8, 1), "/d", "sda"},
		{"a mirror of partitions", unix.Mkdev(9, 0), "/d", "sda sdb"},
		{"a mirror with a member that cannot be followed", unix.Mkdev(9, 1), "/d", "sda sdx1"},
		{"encrypted, on the mirror", unix.Mkdev(253, 0), "/d", "sda sdb"},
		{"btrfs on three partitions of two disks", unix.Mkdev(0, 40), "/images", "sda sdb"},
		{"btrfs on one stacked device", unix.Mkdev(0, 41), "/luks", "sda sdb"},
		{"a loop on a file on btrfs", unix.Mkdev(7, 0), "/d", "sda sdb"},
		{"a loop on a file in memory", unix.Mkdev(7, 1), "/d", "loop1"},
		{"a loop on a file that was deleted", unix.Mkdev(7, 2), "/d", "loop2"},
		{"a disk that is not counted", unix.Mkdev(8, 32), "/d",
			"the kernel does not count what sdc does: /sys/block/sdc/queue/iostats is 0"},
		{"encrypted, on such a disk", unix.Mkdev(253, 1), "/d",
			"the kernel does not count what sdc does: /sys/block/sdc/queue/iostats is 0"},
		{"a device that /sys does not know", unix.Mkdev(8, 99), "/d", "the device below ext4 is not known"},
		{"memory", unix.Mkdev(0, 25), "/dev/shm", "tmpfs is in memory"},
		{"a server", unix.Mkdev(0, 50), "/nfs", "nfs4 files are on another machine"},
		{"FUSE", unix.Mkdev(0, 51), "/ssh", "the files of fuse.sshfs come from a process (FUSE)"},
		{"an overlay in a container", unix.Mkdev(0, 52), "/merged", "what overlay lies on cannot be seen from here"},
		{"a file system with devices of its own", unix.Mkdev(0, 53), "/tank", "the device below zfs is not known"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := tree(t, stacks)
			r.EvalSymlinks = func(path string) (string, error) { return path, nil }
			r.Stat = func(path string, st *unix.Stat_t) error {
				dev, ok := map[string]uint64{tt.dir: tt.dev,
					"/images/disk.img": unix.Mkdev(0, 40), "/dev/shm/disk.img": unix.Mkdev(0, 25)}[path]
				if !ok {
					return unix.ENOENT
				}
				st.Dev = dev
				return nil
			}
			f := r.target(Target{"x", tt.dir}, r.mounts())
			names, why := f.BlockDevices()
			if got := strings.Join(names, " ") + why; got != tt.want || (why == "") != (names != nil) {
				t.Errorf("names %q, why %q; want %q", names, why, tt.want)
			}
		})
	}
	if names, why := (&TargetFacts{}).BlockDevices(); names != nil || why == "" {
		t.Errorf("of nothing: %q, %q", names, why)
	}
}

// All members of a file system are part of what it is, whichever one the mount
// table names.
func TestMembers(t *testing.T) {
	read := func(first string) Facts {
		files := maps.Clone(stacks)
		files["sys/class/block/sdb1"] = "-> ../../devices/ata2/block/sdb/sdb1"
		files["sys/devices/ata1/block/sda/device/model"] = "ONE"
		files["sys/devices/ata2/block/sdb/device/model"] = "TWO"
		files["proc/self/mountinfo"] = strings.Replace(stacks["proc/self/mountinfo"], "btrfs /dev/sda1",
			"btrfs "+first, 1)
		r := tree(t, files)
		r.EvalSymlinks = func(path string) (string, error) { return path, nil }
		r.Stat = func(path string, st *unix.Stat_t) error {
			st.Dev = unix.Mkdev(0, 40)
			return nil
		}
		return Facts{Targets: []TargetFacts{r.target(Target{"b", "/images"}, r.mounts())}}
	}
	a, b := read("/dev/sda1"), read("/dev/sdb1")
	if diff := cmp.Diff(a.Targets[0].Members, b.Targets[0].Members); diff != "" || len(a.Targets[0].Members) != 3 {
		t.Errorf("members of the same file system differ:\n%s", diff)
	}
	if Fingerprint(a) != Fingerprint(b) {
		t.Errorf("the fingerprint depends on the device that the mount table names: %q", Differences(a, b))
	}
	a.Targets[0].Members[2].Model = "THREE"
	if diffs := Differences(a, b); len(diffs) != 1 || !strings.Contains(diffs[0], "THREE") {
		t.Errorf("another member: differences %q", diffs)
	}
}
