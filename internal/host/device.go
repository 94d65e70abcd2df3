//go:build linux

package host

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// maxLayers bounds how deep devices are followed through dm, md and loop.
const maxLayers = 8

// deviceDir returns the directory in /sys of a block device number.
func (r *reading) deviceDir(dev uint64) (string, error) {
	return r.resolve(fmt.Sprintf("/sys/dev/block/%d:%d", unix.Major(dev), unix.Minor(dev)))
}

// blockDevice describes the block device with a number; nil, with the reason
// noted, if /sys does not know it.
func (r *reading) blockDevice(fact string, dev uint64, depth int) *Device {
	sys, err := r.deviceDir(dev)
	if err != nil {
		r.missing(fact, err)
		return nil
	}
	return r.deviceAt(fact, sys, depth)
}

// deviceAt describes the device, or the partition of a device, whose directory
// in /sys is sys, links resolved; depth is how many devices lie above it.
func (r *reading) deviceAt(fact, sys string, depth int) *Device {
	d := &Device{}
	disk := sys
	if r.exists(sys + "/partition") {
		d.Partition, disk = filepath.Base(sys), filepath.Dir(sys)
	}
	d.Name = filepath.Base(disk)
	d.Size = r.number(fact+".size_bytes", disk+"/size", 512) // whatever the block size is
	r.queue(fact, disk, d)
	d.Limits = r.ioLimits(fact+".cgroup_limits", r.optional(disk+"/dev"))
	d.Kind = r.deviceKind(disk, d.Rotational)
	r.identity(fact, disk, d)
	if depth < maxLayers {
		r.underlying(fact, disk, d, depth)
	}
	return d
}

// queue reads how the kernel drives the device; the meaning of each file is in
// Documentation/ABI/stable/sysfs-block.
func (r *reading) queue(fact, disk string, d *Device) {
	q := disk + "/queue/"
	fact += "."
	d.Rotational = r.flag(fact+"rotational", q+"rotational")
	d.IOStats = r.flag(fact+"iostats", q+"iostats")
	d.Scheduler = r.choice(fact+"scheduler", q+"scheduler")
	d.WriteCache = r.text(fact+"write_cache", q+"write_cache")
	d.ReadAhead = r.number(fact+"read_ahead_bytes", q+"read_ahead_kb", 1024)
	d.MaxRequest = r.number(fact+"max_request_bytes", q+"max_sectors_kb", 1024)
	d.DiscardMax = r.number(fact+"discard_max_bytes", q+"discard_max_bytes", 1)
	d.LogicalBlock = r.number(fact+"logical_block_bytes", q+"logical_block_size", 1)
	d.PhysicalBlock = r.number(fact+"physical_block_bytes", q+"physical_block_size", 1)
}

// deviceKind tells the kind by the driver's prefix of the name, and for SCSI
// disks, which nearly everything looks like, by the bus in the path.
func (r *reading) deviceKind(disk string, rotational *bool) string {
	name := filepath.Base(disk)
	for _, k := range []struct{ prefix, kind string }{
		{"nvme", KindNVMe}, {"vd", KindVirtio}, {"loop", KindLoop}, {"dm-", KindDM},
		{"md", KindMD}, {"zram", KindMemory}, {"ram", KindMemory},
	} {
		if strings.HasPrefix(name, k.prefix) {
			return k.kind
		}
	}
	switch {
	case strings.HasPrefix(name, "mmcblk") && r.optional(disk+"/device/type") == "MMC":
		return KindEMMC
	case strings.HasPrefix(name, "mmcblk"):
		return KindSD
	case !strings.HasPrefix(name, "sd"):
		return KindOther
	case strings.Contains(disk, "/usb"):
		return KindUSB
	case strings.Contains(disk, "/virtio"):
		return KindVirtio
	case rotational == nil:
		return KindOther
	case *rotational:
		return KindHDD
	}
	return KindSSD
}

// identity reads which device this is, from where its driver puts it.
func (r *reading) identity(fact, disk string, d *Device) {
	dev := disk + "/device/"
	switch {
	case d.Kind == KindSD || d.Kind == KindEMMC:
		d.Model = r.text(fact+".model", dev+"name")
		d.Serial = r.text(fact+".serial", dev+"serial")
		d.Firmware = r.text(fact+".firmware", dev+"fwrev")
		d.Card = r.card(fact+".card", disk)
	case d.Kind == KindNVMe:
		d.Model = r.text(fact+".model", dev+"model")
		d.Serial = r.text(fact+".serial", dev+"serial")
		d.Firmware = r.text(fact+".firmware", dev+"firmware_rev")
		d.Link = r.pcieLink(fact+".pcie_link", disk)
	case strings.HasPrefix(d.Name, "vd"):
		d.Serial = r.text(fact+".serial", disk+"/serial")
	case strings.HasPrefix(d.Name, "sd"):
		r.scsiIdentity(fact, disk, d)
	case d.Kind == KindLoop:
		d.BackingFile = r.text(fact+".backing_file", disk+"/loop/backing_file")
	case d.Kind == KindDM:
		d.Model = r.text(fact+".model", disk+"/dm/name")
		// The uuid begins with what made the mapping: CRYPT-LUKS2-…, LVM-….
		made, _, _ := strings.Cut(r.optional(disk+"/dm/uuid"), "-")
		d.Layer = strings.ToLower(made)
	case d.Kind == KindMD:
		d.Layer = r.text(fact+".layer", disk+"/md/level")
	}
}

func (r *reading) scsiIdentity(fact, disk string, d *Device) {
	d.Model = r.text(fact+".model", disk+"/device/model")
	if v := r.optional(disk + "/device/vendor"); v != "" && v != "ATA" { // "ATA" stands for all SATA disks
		d.Model = strings.TrimSpace(v + " " + d.Model)
	}
	d.Firmware = r.text(fact+".firmware", disk+"/device/rev")

	// The unit serial number page: four bytes of header, then text (SPC-4,
	// 7.8.15). USB adapters often have none, or all the same one.
	page, err := r.readBytes(disk + "/device/vpd_pg80")
	if err == nil && len(page) > 4 {
		d.Serial = strings.Trim(string(page[4:]), " \x00")
	}
	for dir := disk; d.Kind == KindUSB && len(dir) > 1; dir = filepath.Dir(dir) {
		if r.exists(dir + "/idVendor") { // the directory of the USB device
			if s := r.optional(dir + "/serial"); s != "" {
				d.Serial = s
			}
			break
		}
	}
	if d.Serial == "" {
		if err == nil {
			err = errors.New("the device gives none")
		}
		r.missing(fact+".serial", err)
	}
}

// pcieLink reads the link of an NVMe controller. Behind native multipath the
// disk hangs under a subsystem that contains the controllers.
func (r *reading) pcieLink(fact, disk string) *Link {
	dir := disk + "/device/device"
	if found := r.glob(disk + "/device/nvme*/device/current_link_speed"); len(found) > 0 {
		dir = filepath.Dir(found[0])
	}
	speed, err := r.readFile(dir + "/current_link_speed")
	maxSpeed, err2 := r.readFile(dir + "/max_link_speed")
	width, err3 := r.readNumber(dir+"/current_link_width", 1)
	maxWidth, err4 := r.readNumber(dir+"/max_link_width", 1)
	for _, e := range []error{err2, err3, err4} {
		if err == nil {
			err = e
		}
	}
	if err == nil && generation(speed) == 0 { // emulated controllers say "Unknown"
		err = fmt.Errorf("the link speed reads %q", speed)
	}
	if err != nil {
		r.missing(fact, err)
		return nil
	}
	return &Link{speed, maxSpeed, width, maxWidth}
}

// underlying describes the devices that a stacked device passes its requests
// to: the slaves that /sys lists, and what a loop's file lies on.
func (r *reading) underlying(fact, disk string, d *Device, depth int) {
	for _, slave := range r.glob(disk + "/slaves/*") {
		d.Underlying = append(d.Underlying, r.linked(fact+".underlying."+filepath.Base(slave), slave, depth+1))
	}
	if d.BackingFile != "" {
		r.backing(fact+".underlying", d, depth+1)
	}
}

// linked describes the device that a link in /sys leads to. One that cannot be
// followed is there all the same, by the name of the link: without it, a stack
// would look complete.
func (r *reading) linked(fact, link string, depth int) Device {
	sys, err := r.resolve(link)
	if err != nil {
		r.missing(fact, err)
		return Device{Kind: KindOther, Name: filepath.Base(link)}
	}
	return *r.deviceAt(fact, sys, depth)
}

// backing describes what a loop's file lies on: as for a target, that may be
// no block device, or several.
func (r *reading) backing(fact string, d *Device, depth int) {
	var st unix.Stat_t
	if err := r.Stat(d.BackingFile, &st); err != nil {
		r.missing(fact, fmt.Errorf("stat %s: %w", d.BackingFile, err))
		return
	}
	mounts := r.mounts()
	m, ok := findMount(mounts, d.BackingFile, st.Dev)
	if !ok && unix.Major(st.Dev) == 0 {
		r.missing(fact, fmt.Errorf("no mount in /proc/self/mountinfo contains %s", d.BackingFile))
		return
	}
	var below TargetFacts
	r.storage(fact, &below, mounts, m, st.Dev, depth)
	for _, device := range below.devices() {
		d.Underlying = append(d.Underlying, *device)
	}
}
