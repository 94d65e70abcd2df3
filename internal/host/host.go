// Package host reads the facts of the machine that a run depends on: kernel,
// processor, memory, power, and for every target the file system and the
// device below it.
//
// A fact is read, never guessed. What cannot be read is absent
// and named in [Facts.Unknown] with the reason, because a zero that means
// "unknown" ends up in somebody's report. Nothing here is an error: a machine
// without /sys can still be measured, it merely says less about itself.
// Devices are found by st_dev and told apart by serial number, since names
// such as sda change places between boots.
//
// The library prometheus/procfs is not used: it says of no field why the field is
// missing, does not unescape mount points, refuses lines of mountinfo that a
// container may see, and would take the place of the readers of meminfo, swaps and
// thermal zones at most.
package host

// Facts is what is known about a machine and the targets on it.
//
// Strings are empty and pointers nil where a fact is unknown (then Unknown
// says why) or does not apply. Sizes are in bytes.
type Facts struct {
	Machine   Machine       `json:"machine"`
	Processor Processor     `json:"processor"`
	Memory    Memory        `json:"memory"`
	Power     Power         `json:"power"`
	Targets   []TargetFacts `json:"targets,omitempty"`

	// Unknown maps a fact that could not be read, named by its JSON path
	// ("memory.fault_around_bytes", "targets.sd.device.serial"), to the
	// reason.
	Unknown map[string]string `json:"unknown,omitempty"`
}

// None is said of what was looked for and not found.
const None = "none"

// Unlimited is the value of a limit that is not set.
const Unlimited = -1

// Machine is what the hardware and the operating system say they are.
type Machine struct {
	Model         string `json:"model,omitempty"` // device tree or DMI
	KernelRelease string `json:"kernel_release,omitempty"`
	KernelVersion string `json:"kernel_version,omitempty"` // build number and date
	Arch          string `json:"arch,omitempty"`           // uname -m
	PageSize      int64  `json:"page_size_bytes"`
	Distribution  string `json:"distribution,omitempty"`

	// Virtualisation is the hypervisor, "other" where one shows itself
	// without a name, None where none shows itself.
	Virtualisation string `json:"virtualisation,omitempty"`
	// Container is the container engine, None where there is no sign of one.
	Container string `json:"container,omitempty"`
}

// Processor is the processor and how it is clocked.
type Processor struct {
	Model   string `json:"model,omitempty"` // "2x Cortex-A76 + 6x Cortex-A55" where they differ
	CPUs    *int64 `json:"cpus,omitempty"`  // online
	Allowed *int64 `json:"cpus_allowed,omitempty"`
	// Quota is how many processors' time this process's cgroup may use, or
	// Unlimited. Beyond it the process stands still for the rest of the period.
	Quota *float64 `json:"cgroup_cpus,omitempty"`

	Clocks []Clock `json:"clocks,omitempty"` // one per kind of processor
}

// Clock is the frequency scaling of processors that are governed alike.
// Frequencies are in Hz.
type Clock struct {
	CPUs     []int  `json:"cpus"`
	Driver   string `json:"driver,omitempty"`
	Governor string `json:"governor,omitempty"`
	Min      *int64 `json:"min_hz,omitempty"` // the limits the governor keeps to
	Max      *int64 `json:"max_hz,omitempty"`
	Slowest  *int64 `json:"slowest_hz,omitempty"` // frequency of the slowest when it was read
	Fastest  *int64 `json:"fastest_hz,omitempty"`
}

// Memory is the memory and the kernel's rules for it.
type Memory struct {
	Total     *int64 `json:"total_bytes,omitempty"`
	Available *int64 `json:"available_bytes,omitempty"` // when it was read
	SwapTotal *int64 `json:"swap_total_bytes,omitempty"`
	SwapFree  *int64 `json:"swap_free_bytes,omitempty"`
	Swaps     []Swap `json:"swaps,omitempty"`
	Zram      []Zram `json:"zram,omitempty"`

	// THP is the mode of transparent huge pages: always, madvise or never.
	THP string `json:"thp,omitempty"`
	// FaultAround is how many bytes around a faulting address the kernel
	// maps if they are cached. Only root can read it.
	FaultAround *int64 `json:"fault_around_bytes,omitempty"`
	// Overcommit is vm.overcommit_memory: 0 heuristic, 1 always, 2 never.
	Overcommit *int64 `json:"overcommit_memory,omitempty"`

	// A process that dirties more than the first limit must write; from the
	// second on the kernel writes in the background. Each is either a
	// percentage of available memory or bytes: the kernel shows 0 for the
	// one that is not in force, and it is left out here.
	DirtyRatio           *int64 `json:"dirty_ratio_percent,omitempty"`
	DirtyBytes           *int64 `json:"dirty_bytes,omitempty"`
	DirtyBackgroundRatio *int64 `json:"dirty_background_ratio_percent,omitempty"`
	DirtyBackgroundBytes *int64 `json:"dirty_background_bytes,omitempty"`

	// CgroupVersion is 1 or 2: the hierarchy that accounts memory.
	CgroupVersion *int64 `json:"cgroup_version,omitempty"`
	// CgroupLimit is the lowest limit of this process's memory cgroup and of
	// the groups above it that can be seen, or Unlimited.
	CgroupLimit *int64 `json:"cgroup_limit_bytes,omitempty"`
	// CgroupHigh is the lowest memory.high of the same groups. Above memory.high
	// a process is slowed down and its memory reclaimed; version 2 only.
	CgroupHigh *int64 `json:"cgroup_high_bytes,omitempty"`
	// Memlock is the soft RLIMIT_MEMLOCK, or Unlimited.
	Memlock *int64 `json:"memlock_bytes,omitempty"`
}

// Swap is one swap area in use.
type Swap struct {
	Name string `json:"name"`
	Type string `json:"type"` // partition or file
	Size int64  `json:"size_bytes"`
	Used int64  `json:"used_bytes"`
}

// Zram is one compressed block device in memory.
type Zram struct {
	Name      string `json:"name"`
	Size      int64  `json:"size_bytes"` // uncompressed
	Algorithm string `json:"algorithm,omitempty"`
}

// Sources of power.
const (
	PowerAC      = "ac"
	PowerBattery = "battery"
)

// Power is what can slow a machine down between two trials.
type Power struct {
	Source       string        `json:"source,omitempty"`          // PowerAC or PowerBattery
	Battery      *int64        `json:"battery_percent,omitempty"` // charge of the first battery
	Temperatures []Temperature `json:"temperatures,omitempty"`
	Throttling   *Throttling   `json:"throttling,omitempty"`
}

// Temperature is one thermal zone at the time of reading.
type Temperature struct {
	Zone    string  `json:"zone"` // its type, e.g. "cpu-thermal"
	Celsius float64 `json:"celsius"`
}

// Throttling is what a Raspberry Pi's firmware tells of its power supply and
// temperature. Both lists empty means: all was well.
type Throttling struct {
	Source string   `json:"source"`         // "vcgencmd", or "hwmon", which knows of under-voltage alone
	Now    []string `json:"now,omitempty"`  // reasons in force when it was read
	Past   []string `json:"past,omitempty"` // reasons that occurred since boot
}
