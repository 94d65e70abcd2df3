package host

// Target is a named directory to be described.
type Target struct {
	Name string
	Dir  string
}

// TargetFacts is what is known of a target: the directory, the file system it
// is on, and the device below that.
type TargetFacts struct {
	Name string `json:"name"`
	Dir  string `json:"dir"` // absolute, symbolic links resolved

	FileSystem   string `json:"file_system,omitempty"` // type, e.g. "ext4"
	MountPoint   string `json:"mount_point,omitempty"`
	MountOptions string `json:"mount_options,omitempty"` // the mount's own, then the file system's
	MountSource  string `json:"mount_source,omitempty"`  // a device node, a share, a name

	BlockSize *int64 `json:"block_size_bytes,omitempty"`
	Total     *int64 `json:"total_bytes,omitempty"`
	Free      *int64 `json:"free_bytes,omitempty"` // what users other than root may write

	// ReadAhead is the read-ahead window in force for files here. It is the
	// device's on most file systems, and their own on btrfs, NFS and FUSE.
	ReadAhead *int64 `json:"read_ahead_bytes,omitempty"`

	Device *Device `json:"device,omitempty"`
	// Members are all devices of a file system that spans several, the one in
	// Device, by which it was mounted, included.
	Members []Device `json:"members,omitempty"`
}

// Kinds of devices. The last four have no block device.
const (
	KindSD      = "sd"
	KindEMMC    = "emmc"
	KindNVMe    = "nvme"
	KindSSD     = "ssd" // SATA, SAS
	KindHDD     = "hdd" // SATA, SAS, rotating
	KindUSB     = "usb"
	KindVirtio  = "virtio"
	KindLoop    = "loop"
	KindDM      = "dm"    // device mapper: LVM, LUKS
	KindMD      = "md"    // software RAID
	KindOther   = "other" // a block device of none of these kinds
	KindMemory  = "memory"
	KindNetwork = "network" // NFS, CIFS, 9p: a server's or the hypervisor's file system
	KindFUSE    = "fuse"
	KindOverlay = "overlay"
)

// Device is a whole block device, or what stands in for one.
type Device struct {
	Kind      string `json:"kind"`
	Name      string `json:"name,omitempty"`      // name in this boot, e.g. "mmcblk0"
	Partition string `json:"partition,omitempty"` // name in this boot, e.g. "mmcblk0p2"
	Model     string `json:"model,omitempty"`
	Serial    string `json:"serial,omitempty"`
	Firmware  string `json:"firmware,omitempty"`
	Layer     string `json:"layer,omitempty"` // what dm or md does: "crypt", "lvm", "raid1"
	Size      *int64 `json:"size_bytes,omitempty"`

	Rotational    *bool  `json:"rotational,omitempty"`
	Scheduler     string `json:"scheduler,omitempty"`
	WriteCache    string `json:"write_cache,omitempty"` // "write back" or "write through"
	ReadAhead     *int64 `json:"read_ahead_bytes,omitempty"`
	MaxRequest    *int64 `json:"max_request_bytes,omitempty"`
	DiscardMax    *int64 `json:"discard_max_bytes,omitempty"` // 0: it cannot discard
	LogicalBlock  *int64 `json:"logical_block_bytes,omitempty"`
	PhysicalBlock *int64 `json:"physical_block_bytes,omitempty"`
	IOStats       *bool  `json:"iostats,omitempty"` // /proc/diskstats counts its requests
	// Limits are what this process's cgroup and the groups above it set, in the
	// form of io.max, "rbps=94371840"; empty: none was found.
	Limits []string `json:"cgroup_limits,omitempty"`

	Link        *Link    `json:"pcie_link,omitempty"`    // NVMe
	Card        *Card    `json:"card,omitempty"`         // SD, eMMC
	BackingFile string   `json:"backing_file,omitempty"` // loop
	Underlying  []Device `json:"underlying,omitempty"`   // loop, dm, md
}

// Link is the PCIe link of a device: what it negotiated and what it could do.
type Link struct {
	Speed    string `json:"speed"`     // the kernel's words, "8.0 GT/s PCIe"
	MaxSpeed string `json:"max_speed"` // the device's own limit
	Width    int64  `json:"width"`     // lanes
	MaxWidth int64  `json:"max_width"`
}

// Card is the identity of an SD card or an eMMC. Numbers are in the kernel's
// notation.
type Card struct {
	Type         string `json:"type,omitempty"` // "SD" or "MMC"
	Manufacturer string `json:"manfid,omitempty"`
	OEM          string `json:"oemid,omitempty"`
	Date         string `json:"date,omitempty"` // manufactured in month/year
	CID          string `json:"cid,omitempty"`  // the register, hexadecimal

	Classes *SDClasses `json:"classes,omitempty"` // SD only
	// Bus is the mode in use, e.g. "sd uhs SDR104, 200 MHz, 4 bits, 1.80 V".
	// Only root can read it.
	Bus string `json:"bus,omitempty"`
}

// SDClasses are the speeds that a card claims. Empty: it claims none.
type SDClasses struct {
	Speed       string `json:"speed,omitempty"`       // "C10": MB/s, sequential write
	UHS         string `json:"uhs,omitempty"`         // "U3": tens of MB/s, sequential write
	Video       string `json:"video,omitempty"`       // "V30": MB/s, sequential write
	Application string `json:"application,omitempty"` // "A2": random reads and writes
}
