package results

// Warning is something the reader of a figure must know: a code from
// WarningTexts, and what it concerns.
type Warning struct {
	Code   string `json:"code"`
	About  string `json:"about,omitempty"`  // a target, or "" for the machine
	Detail string `json:"detail,omitempty"` // the value that was found
}

// Codes of warnings. Those of trials are rules on covariates, fixed beforehand,
// never on the outcome.
const (
	WarnColdWeak     = "cold-not-proven"
	WarnForeignIO    = "foreign-io"
	WarnContended    = "cpu-contended"
	WarnTooFast      = "faster-than-device"
	WarnThrottled    = "throttled"
	WarnHot          = "still-hot"
	WarnDirty        = "not-settled"
	WarnGovernor     = "powersave-governor"
	WarnBattery      = "battery"
	WarnReadAhead    = "read-ahead"
	WarnCompression  = "compressing-fs"
	WarnSparse       = "sparse-file"
	WarnRemade       = "dataset-remade"
	WarnSameDevice   = "results-on-target"
	WarnMemory       = "memory-limit"
	WarnSwap         = "swap"
	WarnVirtual      = "virtual-machine"
	WarnMemoryBacked = "memory-backed"
	WarnLeftover     = "leftover-processes"
	WarnLeftGoing    = "left-running"
	WarnUnasked      = "not-examined"
)

// WarningText is what a code says to people.
type WarningText struct {
	Code     string
	Sentence string // what was found and why it matters
	Fix      string // what can be done
}

// WarningTexts lists every code, in the order in which they are shown.
var WarningTexts = []WarningText{
	{WarnColdWeak, "That the file was cold could not be shown for all trials.",
		"Try --cache drop-caches as root."},
	{WarnForeignIO, "Others used the device during trials.", "Stop other programs, or run again later."},
	{WarnContended, "Others kept the processor from trials.", "Stop other programs, or --metric cpu."},
	{WarnTooFast, "Cold trials were faster than the device can read: a cache below the kernel answered.",
		"Use a larger file or --cache device-cold."},
	{WarnThrottled, "The processor was throttled or under-powered.",
		"Use a stronger power supply or better cooling, and --cooldown."},
	{WarnHot, "The machine did not cool down to the limit before rounds began.",
		"Give it air, or --cooldown a higher temperature."},
	{WarnDirty, "Pages were still being written to devices when trials began.",
		"Write less at once, or give the device time between runs."},
	{WarnGovernor, "The frequency governor saves power: the processor may be slow to speed up.",
		"Set the governor to performance while measuring."},
	{WarnBattery, "The machine runs on its battery.", "Plug it in."},
	{WarnReadAhead, "The read-ahead window differs from the kernel's default of 128 KiB, " +
		"which changes scans and faults.", "Set read_ahead_kb to 128, or say so."},
	{WarnCompression, "The file system compresses: device bytes are not those of the file.",
		"Measure on a directory without compression; the data itself does not compress."},
	{WarnSparse, "The data has holes, was never written or lies compressed: the device delivers less than is read, " +
		"or nothing.", "Give --file a copy whose bytes are all on the device (cp --sparse=never); " +
		"for a dataset run mmapbench clean."},
	{WarnRemade, "Somebody removed or cut off a dataset during the run, and it was made again.",
		"See who uses the target, and run again."},
	{WarnSameDevice, "The results are written to the device that is measured.",
		"Give --out a directory on another device."},
	{WarnMemory, "A memory limit is smaller than twice the data: pages are reclaimed during trials.",
		"Raise the limit, or say so beside the figures."},
	{WarnSwap, "Swap is in use.", "Free memory, or turn swap off while measuring."},
	{WarnVirtual, "This is a virtual machine: its host may cache the disk and share the processor.",
		"Compare within one run only; see --cache device-cold."},
	{WarnMemoryBacked, "The target is in memory: there is no device to be cold.",
		"Choose a directory on a device with --target."},
	{WarnLeftover, "Commands left processes running, which were killed after the trial; what they did meanwhile is " +
		"in no account.", "Let the command wait for its children, or end them in --conclude; the run file names them."},
	{WarnLeftGoing, "Commands left processes with sessions of their own, as daemons have, which were let go and run " +
		"beside the trials that follow.",
		"End them in --conclude, if they are not meant to go on; the run file names them."},
	{WarnUnasked, "A vital question could not be put to the target before the run.",
		"See mmapbench check, and fix what it names."},
}
