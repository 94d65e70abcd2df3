package harness

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mmapbench/internal/host"
	"mmapbench/internal/units"
	"mmapbench/results"
)

// HostWarnings are what the reader of any figure of the run must know of the
// machine and its devices. out is the folder of the results.
func HostWarnings(f host.Facts, p *results.Plan, out string) []results.Warning {
	var all []results.Warning
	warn := func(code, about, format string, args ...any) {
		all = append(all, results.Warning{Code: code, About: about, Detail: fmt.Sprintf(format, args...)})
	}
	for _, c := range f.Processor.Clocks {
		if c.Governor == "powersave" && c.Driver != "intel_pstate" && c.Driver != "amd-pstate-epp" {
			// In the active mode of those two drivers the name means
			// something else (Documentation/admin-guide/pm/intel_pstate.rst).
			warn(results.WarnGovernor, "", "governor %s", c.Governor)
			break
		}
	}
	if f.Power.Source == host.PowerBattery {
		warn(results.WarnBattery, "", "on battery")
	}
	if t := f.Power.Throttling; t != nil && len(t.Now)+len(t.Past) > 0 {
		warn(results.WarnThrottled, "", "before the run")
	}
	if v := f.Machine.Virtualisation; v != "" && v != host.None {
		warn(results.WarnVirtual, "", "%s", v)
	}
	warnMemory(f.Memory, p, warn)
	for _, t := range f.Targets {
		warnTarget(t, out, warn)
	}
	return all
}

type warnFunc func(code, about, format string, args ...any)

func warnMemory(m host.Memory, p *results.Plan, warn warnFunc) {
	if m.SwapTotal != nil && m.SwapFree != nil && *m.SwapTotal > *m.SwapFree {
		warn(results.WarnSwap, "", "%s used", units.FormatSize(*m.SwapTotal-*m.SwapFree))
	}
	var largest int64
	for _, a := range p.Arms {
		largest = max(largest, a.Size)
	}
	for _, l := range []struct {
		name  string
		bytes *int64
	}{{"cgroup", m.CgroupLimit}, {"memory", m.Total}} {
		if l.bytes != nil && *l.bytes != host.Unlimited && *l.bytes < 2*largest {
			warn(results.WarnMemory, "", "%s of %s for files of %s", l.name, units.FormatSize(*l.bytes),
				units.FormatSize(largest))
			return
		}
	}
}

// defaultReadAhead is VM_READAHEAD_PAGES (include/linux/mm.h).
const defaultReadAhead = 128 << 10

func warnTarget(t host.TargetFacts, out string, warn warnFunc) {
	if t.ReadAhead != nil && *t.ReadAhead != defaultReadAhead {
		warn(results.WarnReadAhead, t.Name, "%s", units.FormatSize(*t.ReadAhead))
	}
	if t.Device != nil && t.Device.Kind == host.KindMemory {
		warn(results.WarnMemoryBacked, t.Name, "%s", t.FileSystem)
	}
	if strings.Contains(t.MountOptions, "compress") && !strings.Contains(t.MountOptions, "compress=no") {
		warn(results.WarnCompression, t.Name, "%s", t.FileSystem)
	}
	if sameDevice(&t, out) {
		warn(results.WarnSameDevice, t.Name, "%s", out)
	}
}

// sameDevice reports whether a folder, which may be yet to be made, is on one of
// the target's devices, whatever the partition.
func sameDevice(t *host.TargetFacts, out string) bool {
	dir, err := filepath.Abs(out)
	for err == nil && dir != "/" {
		if _, err := os.Stat(dir); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	there := host.Read("/", []host.Target{{Name: "out", Dir: dir}}).Targets[0]
	names, _ := there.BlockDevices()
	mine, _ := t.BlockDevices()
	return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(mine, n) }) ||
		len(mine) == 0 && there.MountPoint != "" && there.MountPoint == t.MountPoint
}

const (
	// foreignShare and foreignFloor: a trial is flagged when others moved
	// more than this share of its own bytes, and more than so many bytes: a log
	// that is written is no neighbor.
	foreignShare = 0.10
	foreignFloor = 1 << 20
	// foreignTime: a trial is flagged by so much more than foreignFloor as it took
	// longer than this, or the slower ones would be flagged more often.
	foreignTime = 100 * time.Millisecond
	// contendedShare and contendedFloor: a trial is flagged when others kept the
	// processor from it for more than this share of its time, and for longer than
	// this: a tick's work, or an interrupt's, is no neighbor.
	contendedShare = 0.10
	contendedFloor = time.Millisecond
	// tooFast: a cold trial is flagged when it read so many times as fast as
	// direct reads of the same device did.
	tooFast = 3.0
)

// trialWarnings applies the rules to one trial. They look at what surrounds the
// time, never at the time of one backend against another's.
func trialWarnings(t *results.Trial, a results.Arm, c results.Calibration) []string {
	var codes []string
	if t.Cache != nil && results.IsCold(t.Cache.Want) && t.Cache.Proof == results.ProofWeak {
		codes = append(codes, results.WarnColdWeak)
	}
	if d := t.Device; d != nil {
		foreign := beyond(d.DeviceRead, d.OwnRead)
		if len(d.Names) == 1 { // several may be mirrors, and write everything twice
			foreign += beyond(d.DeviceWrite, d.OwnWrite)
		}
		floor := foreignFloor * max(1, t.Timed().Seconds()/foreignTime.Seconds())
		if float64(foreign) > floor && float64(foreign) > foreignShare*float64(value(d.OwnRead)+value(d.OwnWrite)) {
			codes = append(codes, results.WarnForeignIO)
		}
	}
	if lost := t.Others.Lost(t.Timed()); lost > contendedFloor &&
		lost.Seconds() > contendedShare*t.Timed().Seconds() {
		codes = append(codes, results.WarnContended)
	}
	if results.IsCold(a.Cache) && a.Durability == "" && c.DirectScan != nil && t.Laps > 0 && t.Total() > 0 {
		bytes := a.Bytes
		if t.Ops > 0 { // the trial has a duration
			bytes = t.Ops * a.Record
		}
		if float64(bytes)/t.Total().Seconds() > tooFast*max(*c.DirectScan, c.ColdScan) {
			codes = append(codes, results.WarnTooFast)
		}
	}
	return codes
}

// beyond is how much a exceeds b; nothing if either is unknown.
func beyond(a, b *int64) int64 {
	if a == nil || b == nil {
		return 0
	}
	return max(*a-*b, 0)
}

func value(p *int64) int64 {
	if p == nil {
		return 0
	}
	return *p
}
