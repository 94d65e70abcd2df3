package reason

// Codes of what keeps the proof of a cache state from being strong.
const (
	UnknownState     = "unknown-cache-state"
	PagesInCache     = "pages-in-cache"
	PagesMissing     = "pages-missing"
	PagesMissingThen = "pages-missing-afterwards"
	EvictedUnread    = "evicted-unread"
	ResidencyUnknown = "residency-unknown"
	ResidencyLost    = "residency-unknown-afterwards"
	AbsentData       = "absent-data"
	DirectIgnored    = "direct-ignored"
	OwnReadsUnknown  = "own-reads-unknown"
	ReadWhileCached  = "read-while-cached"
	NeedUnknown      = "need-unknown"
	LayerBetween     = "layer-between"
	ShareUnknown     = "share-unknown"
	OthersRead       = "others-read"
	ReadsUnknown     = "device-reads-unknown"
	NoBlockDevice    = "no-block-device"
	TooLittleRead    = "too-little-read"
	NotPopulated     = "not-populated"
	LayerCaches      = "layer-caches"
	BelowUnseen      = "below-unseen"
	BelowUnknown     = "below-unknown"
	BelowCaches      = "below-caches"
)

// Codes of why a trial lacks a figure of its processor or its memory.
const (
	NotCounted   = "not-counted"
	CommandEnded = "command-ended"
	PeakHidden   = "peak-hidden"
	PeakUnreset  = "peak-not-reset"
	MemoryUnread = "memory-not-read"
)

// Codes of why a combination of factors is not in a plan.
const (
	EndsWithFile    = "ends-with-file"
	MappedWrites    = "mapped-writes"
	WorkloadCannot  = "workload-cannot"
	MappedAnew      = "mapped-anew"
	CopySyncs       = "copy-syncs-at-end"
	SyncsNothing    = "syncs-nothing"
	DurableWrites   = "durable-writes"
	BackendCannot   = "backend-cannot"
	NoMappings      = "no-mappings"
	NoShared        = "no-shared-mappings"
	NoPrivate       = "no-private-mappings"
	NoCacheState    = "no-such-cache-state"
	DirectCached    = "direct-cached"
	DirectAlignment = "direct-alignment"
	EvictsCached    = "evicts-cached"
	UnmapsMapped    = "unmaps-mapped"
	OneSide         = "one-side-alone"
)

// Codes of why a counter that the machine has is missing in a trial.
const (
	CounterUnread    = "counter-unread"
	CounterBackwards = "counter-backwards"
)

// Codes of what was seen where an option of a backend had no effect.
const (
	NoEffect    = "no-effect"
	FlagMissing = "flag-missing"
	NoHugePage  = "no-huge-page"
)

// Excluded is the code of a trial whose cache state is refuted: the state that it
// was to have, which Texts know.
func Excluded(state string) string { return "not-" + state }

// Older stands for a sentence in a run file of an older version.
const Older = "older-version"

// Texts lists every code.
var Texts = []Text{
	{UnknownState, "{detail} is no cache state"},
	{PagesInCache, "{resident} of {pages} pages were in the page cache before the trial ({detail})"},
	{PagesMissing, "{missing} of {pages} pages were missing from the page cache before the trial ({detail})"},
	{PagesMissingThen, "{missing} of {pages} pages were missing from the page cache after the trial ({detail})"},
	{EvictedUnread, "{missing} of {pages} pages were missing from the page cache after the trial ({detail}), " +
		"though the trial read nothing from the device"},
	{ResidencyUnknown, "how much was in the page cache before the trial is not known ({detail})"},
	{ResidencyLost, "how much was in the page cache after the trial is not known ({detail})"},
	{AbsentData, "reading the file costs the device less than its length, or nothing: {detail}"},
	{DirectIgnored, "direct reads left pages in the page cache: the file system ignores O_DIRECT"},
	{OwnReadsUnknown, "no counter of this process's device reads could be read"},
	{ReadWhileCached, "{own:size} were read from the device although every page was in the cache"},
	{NeedUnknown, "how much the device had to deliver is not known"},
	{LayerBetween, "this process read {own:size}, and the device behind the file delivered only {device:size}: " +
		"a layer between may cache"},
	{ShareUnknown, "the device delivered {device:size}, and how much of it this process asked for is not known"},
	{OthersRead, "the device delivered {device:size} of the {need:size} needed, " +
		"and only {own:size} are booked to this process: others read too"},
	{ReadsUnknown, "no counter of device reads could be read: neither of this process nor of the device"},
	{NoBlockDevice, "no block device is behind the file: its reads are not counted"},
	{TooLittleRead, "the device delivered only {device:size} of the {need:size} needed"},
	{NotPopulated, "the page tables were not populated: {faults} faults on {pages} pages"},
	{LayerCaches, "this process read {own:size}, and the device delivered only {device:size}: a layer between caches"},
	{BelowUnseen, "{detail}"},
	{BelowUnknown, "whether the layer below caches is not known: {detail}"},
	{BelowCaches, "the layer below caches: direct reads took {first:time}, and {again:time} when they were repeated"},
	{"not-cold", "not cold"},
	{"not-drop-caches", "not drop-caches"},
	{"not-device-cold", "not device-cold"},
	{"not-cached", "not cached"},
	{"not-mapped", "not mapped"},
	{NotCounted, "{detail}"},
	{CommandEnded, "the kernel tells it of a process that runs, and a command has ended by then"},
	{PeakUnreset, "the kernel did not forget the peak of what was before the trial: {detail}"},
	{PeakHidden, "the largest process took at most {bytes:size}, of which the kernel does not tell what is the " +
		"worker's that started it"},
	{MemoryUnread, "what the process takes could not be read: {detail}"},
	{EndsWithFile, "it ends where its file ends: a duration is for workloads that read and begin anew"},
	{WorkloadCannot, "{detail}"},
	{MappedAnew, "each file is mapped anew when its turn comes: the cache state mapped cannot be"},
	{MappedWrites, "the cache state mapped is for workloads that read: writing makes new pages in any case"},
	{CopySyncs, "a copy is made durable as a whole, at its end: give sync=end"},
	{SyncsNothing, "with the durability none nothing is made durable: give data or full"},
	{DurableWrites, "each of its writes is durable by itself, to sync it again would pay twice: " +
		"give durability={detail} and sync=every"},
	{BackendCannot, "{detail}"},
	{NoMappings, "files cannot be mapped at all: what is left is read and write ({detail})"},
	{NoShared, "files cannot be mapped shared ({detail})"},
	{NoPrivate, "files cannot be mapped private ({detail})"},
	{NoCacheState, "{detail}"},
	{DirectCached, "direct accesses go past the page cache: the cache state {detail} means nothing to them"},
	{DirectAlignment, "record {record:size}: direct accesses in {detail} are of multiples of {align:size}"},
	{UnmapsMapped, "what an option maps does not stay in the page table: the cache state mapped cannot be"},
	{EvictsCached, "an option drops what was read from the page cache: the cache state {detail} would not last; " +
		"try cold"},
	{OneSide, "the new side cannot do it"},
	{NoEffect, "{detail}"},
	{FlagMissing, "the flag {detail} is not among the VmFlags of the mapping (smaps)"},
	{NoHugePage, "none of {bytes:size} is mapped as a huge page (FilePmdMapped in smaps)"},
	{CounterUnread, "in one phase: {detail}"},
	{CounterBackwards, "in one phase: a counter went backwards: it wrapped, or its device was taken away " +
		"and came back"},
	{Older, "{detail}"},
}
