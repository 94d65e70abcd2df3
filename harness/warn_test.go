package harness

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mmapbench/internal/host"
	"mmapbench/results"
)

func TestTrialWarnings(t *testing.T) {
	n := func(v int64) *int64 { return &v }
	direct := 100e6
	speed := results.Calibration{DirectScan: &direct}
	arm := results.Arm{Cache: results.Cold, Record: 4096, Bytes: 100 << 20}
	quiet := func() results.Trial {
		return results.Trial{Laps: 1, Body: &results.Phase{Wall: time.Second},
			Cache: &results.CacheState{Want: results.Cold, Proof: results.ProofStrong},
			Device: &results.DeviceIO{Names: []string{"sda"}, OwnRead: n(100 << 20), OwnWrite: n(0),
				DeviceRead: n(100 << 20), DeviceWrite: n(0)}}
	}
	others := func(waited, stolen, wanted time.Duration) *results.Others {
		return &results.Others{Waited: &waited, Stolen: &stolen, Wanted: &wanted}
	}
	for name, c := range map[string]struct {
		change func(*results.Trial)
		arm    results.Arm
		want   []string
	}{
		"nothing":                         {func(*results.Trial) {}, arm, nil},
		"others read a tenth and no more": {func(x *results.Trial) { x.Device.DeviceRead = n(110 << 20) }, arm, nil},
		"others read more": {func(x *results.Trial) { x.Device.DeviceRead = n(112 << 20) }, arm,
			[]string{results.WarnForeignIO}},
		"others write": {func(x *results.Trial) { x.Device.DeviceWrite = n(12 << 20) }, arm,
			[]string{results.WarnForeignIO}},
		"others write less than a MiB where nothing is read": {func(x *results.Trial) {
			x.Device.OwnRead, x.Device.DeviceRead, x.Device.DeviceWrite = n(0), n(0), n(1<<20)
		}, arm, nil},
		"others write a MiB where nothing is read": {func(x *results.Trial) {
			x.Body.Wall = 100 * time.Millisecond
			x.Device.OwnRead, x.Device.DeviceRead, x.Device.DeviceWrite = n(0), n(0), n(1<<20+1)
		}, results.Arm{Cache: results.Cached}, []string{results.WarnForeignIO}},
		"others write as fast for a second": {func(x *results.Trial) {
			x.Device.OwnRead, x.Device.DeviceRead, x.Device.DeviceWrite = n(0), n(0), n(10<<20+1)
		}, arm, []string{results.WarnForeignIO}},
		"others write as much in ten times the time": {func(x *results.Trial) {
			x.Device.OwnRead, x.Device.DeviceRead, x.Device.DeviceWrite = n(0), n(0), n(1<<20+1)
		}, arm, nil},
		"it waited for a tenth of its time": {func(x *results.Trial) { x.Others = others(100*time.Millisecond, 0, 0) },
			arm, nil},
		"it waited for more": {func(x *results.Trial) { x.Others = others(101*time.Millisecond, 0, 0) }, arm,
			[]string{results.WarnContended}},
		"a moment of a short trial": {func(x *results.Trial) {
			x.Body.Wall, x.Others = time.Millisecond, others(time.Millisecond, 0, 0)
		}, results.Arm{Cache: results.Cached}, nil},
		"a fifth of all was stolen": {func(x *results.Trial) {
			x.Others = others(0, 210*time.Millisecond, time.Second)
		}, arm, []string{results.WarnContended}},
		"a tick was stolen": {func(x *results.Trial) {
			x.Others = others(0, 10*time.Millisecond, 20*time.Millisecond)
		}, arm, nil},
		"a little of both": {func(x *results.Trial) {
			x.Others = others(60*time.Millisecond, 70*time.Millisecond, time.Second)
		}, arm, []string{results.WarnContended}},
		"how long it waited is not known": {func(x *results.Trial) { x.Others = &results.Others{} }, arm, nil},
		"what others did is not known": {func(x *results.Trial) {
			x.Device.DeviceRead, x.Device.DeviceWrite = nil, nil
		}, arm, nil},
		"what was own is not known": {func(x *results.Trial) { x.Device.OwnRead, x.Device.DeviceRead = nil, n(1<<30) },
			arm, nil},
		"no account of devices": {func(x *results.Trial) { x.Device = nil }, arm, nil},
		"weakly proven": {func(x *results.Trial) { x.Cache.Proof = results.ProofWeak }, arm,
			[]string{results.WarnColdWeak}},
		"three times the device": {func(x *results.Trial) { x.Body.Wall = 349 * time.Millisecond }, arm,
			[]string{results.WarnTooFast}},
		"not quite three times": {func(x *results.Trial) { x.Body.Wall = 351 * time.Millisecond }, arm, nil},
		"fast, and cached": {func(x *results.Trial) {
			x.Body.Wall, x.Cache.Want = time.Millisecond, results.Cached
		}, results.Arm{Cache: results.Cached, Bytes: 100 << 20}, nil},
		"a copy writes too": {func(x *results.Trial) { x.Body.Wall = time.Millisecond },
			results.Arm{Cache: results.Cold, Bytes: 100 << 20, Durability: "none"}, nil},
		"as fast, for a duration": {func(x *results.Trial) { x.Body.Wall, x.Ops = 349*time.Millisecond, 25600 }, arm,
			[]string{results.WarnTooFast}},
		"slower, for a duration": {func(x *results.Trial) { x.Body.Wall, x.Ops = 349*time.Millisecond, 2560 }, arm,
			nil},
		"mirrors": {func(x *results.Trial) {
			x.Device.Names, x.Device.OwnWrite, x.Device.DeviceWrite = []string{"sda", "sdb"}, n(100<<20), n(200<<20)
		}, arm, nil},
		"a log, over a minute": {func(x *results.Trial) {
			x.Body.Wall, x.Device.OwnRead, x.Device.DeviceRead, x.Device.DeviceWrite = time.Minute, n(0),
				n(0), n(10<<20)
		}, arm, nil},
	} {
		x := quiet()
		c.change(&x)
		if got := trialWarnings(&x, c.arm, speed); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestTheYardstickIsTheFasterScan: what read-ahead reached at the calibration is
// no sign of a cache.
func TestTheYardstickIsTheFasterScan(t *testing.T) {
	direct := 100e6
	x := results.Trial{Laps: 1, Body: &results.Phase{Wall: 300 * time.Millisecond}}
	arm := results.Arm{Cache: results.Cold, Bytes: 100 << 20}
	if got := trialWarnings(&x, arm, results.Calibration{DirectScan: &direct, ColdScan: 130e6}); got != nil {
		t.Errorf("350 MB/s where a buffered scan had 130 MB/s: %v", got)
	}
}

func TestHostWarnings(t *testing.T) {
	n := func(v int64) *int64 { return &v }
	dir := t.TempDir()
	plan := &results.Plan{Arms: []results.Arm{{Size: 1 << 30}}}
	for name, c := range map[string]struct {
		facts host.Facts
		out   string
		want  []results.Warning
	}{
		"nothing known": {host.Facts{}, dir, nil},
		"battery": {host.Facts{Power: host.Power{Source: host.PowerBattery}}, dir,
			[]results.Warning{{Code: results.WarnBattery, Detail: "on battery"}}},
		"governor": {host.Facts{Processor: host.Processor{Clocks: []host.Clock{{Governor: "powersave",
			Driver: "cpufreq-dt"}}}}, dir,
			[]results.Warning{{Code: results.WarnGovernor, Detail: "governor powersave"}}},
		"intel's powersave " +
			"is another": {host.Facts{Processor: host.Processor{Clocks: []host.Clock{{Governor: "powersave",
			Driver: "intel_pstate"}}}}, dir, nil},
		"swap in use": {host.Facts{Memory: host.Memory{SwapTotal: n(2 << 30), SwapFree: n(1 << 30)}}, dir,
			[]results.Warning{{Code: results.WarnSwap, Detail: "1 GiB used"}}},
		"limit": {host.Facts{Memory: host.Memory{CgroupLimit: n(1 << 30), Total: n(8 << 30)}}, dir,
			[]results.Warning{{Code: results.WarnMemory, Detail: "cgroup of 1 GiB for files of 1 GiB"}}},
		"little memory": {host.Facts{Memory: host.Memory{CgroupLimit: n(host.Unlimited), Total: n(1 << 30)}}, dir,
			[]results.Warning{{Code: results.WarnMemory, Detail: "memory of 1 GiB for files of 1 GiB"}}},
		"target": {host.Facts{Targets: []host.TargetFacts{{Name: "x", Dir: "/proc", FileSystem: "btrfs",
			MountOptions: "rw,compress=zstd:3",
			ReadAhead:    n(4 << 20), Device: &host.Device{Kind: host.KindMemory}}}}, dir, []results.Warning{
			{Code: results.WarnReadAhead, About: "x", Detail: "4 MiB"},
			{Code: results.WarnMemoryBacked, About: "x", Detail: "btrfs"},
			{Code: results.WarnCompression, About: "x", Detail: "btrfs"}}},
		"results beside the data, " +
			"in a folder " +
			"to be made": {host.Facts{Targets: host.Read("/", []host.Target{{Name: "x", Dir: dir}}).Targets},
			filepath.Join(dir, "not", "yet"), []results.Warning{{Code: results.WarnSameDevice, About: "x",
				Detail: filepath.Join(dir, "not", "yet")}}},
	} {
		got := HostWarnings(c.facts, plan, c.out)
		got = slices.DeleteFunc(got, func(w results.Warning) bool { // this machine's own device has it
			return strings.HasPrefix(name, "results") && w.Code != results.WarnSameDevice
		})
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestEveryWarningIsExplained keeps the list of codes and that of sentences the
// same.
func TestEveryWarningIsExplained(t *testing.T) {
	for _, w := range results.WarningTexts {
		if w.Code == "" || w.Sentence == "" || w.Fix == "" {
			t.Errorf("incomplete: %+v", w)
		}
	}
}
