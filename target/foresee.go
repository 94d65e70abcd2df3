//go:build linux && !386 && !arm

package target

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"time"

	"golang.org/x/sys/unix"

	"mmapbench/internal/dataset"
	"mmapbench/internal/host"
	"mmapbench/internal/preflight"
	"mmapbench/internal/units"
	"mmapbench/results"
	"mmapbench/schedule"
	"mmapbench/workloads"
)

// Prospect is what can be told of a target before anything is written to it.
type Prospect struct {
	// Certain holds what is known, and no speed. What a plan for it refuses is
	// refused whatever the device turns out to be.
	Certain Site
	// Likely is for a forecast: it has the speed, and the limits, that the last
	// opening of the target found, or those that are assumed of such a device.
	Likely Site
	Tried  time.Time // when the speed was tried; zero: it is assumed
	Device string    // what the files lie on, in words

	view dataset.View
}

// Foresee looks at a target. Its error is a refusal that the device's speed and
// the answers of the preflight cannot change.
func Foresee(t results.Target, c workloads.Catalogue, facts host.TargetFacts) (*Prospect, error) {
	p := &Prospect{Device: facts.DeviceName(),
		Certain: Site{Target: t, DataSeed: dataset.DefaultSeed, No: certainlyNot(t.Dir)}}
	var err error
	if p.Certain.Free, err = enough(t.Dir, func() (int64, error) { return dataset.FreeSpace(t.Dir) }); err != nil {
		return nil, err
	}
	if err := limited(&p.Certain); err != nil {
		return nil, err
	}
	if p.view, err = dataset.Look(t.Dir); err != nil {
		return nil, err
	}
	known := newContents(c)
	p.Certain.Has = func(d schedule.Data) bool { return p.view.Has(d.Size, known.of(d, dataset.DefaultSeed)) }
	p.Likely = p.Certain
	var n note
	if p.view.Note(&n) && n.plausible() {
		p.Tried = n.Tried
		p.Likely.Speed, p.Likely.NoShared, p.Likely.NoPrivate = n.Speed, n.NoShared, n.NoPrivate
		p.Likely.No = maps.Clone(n.No)
		if p.Likely.No == nil {
			p.Likely.No = map[string]string{}
		}
		maps.Copy(p.Likely.No, p.Certain.No)
	} else {
		p.Likely.Speed = assumedOf(facts.Device)
	}
	p.Likely.Speed.Target = t.Name
	return p, nil
}

// limited notes how long files may be on a target, and refuses one on which not
// even the speed can be tried.
func limited(s *Site) error {
	l, err := dataset.FileLimits(s.Dir)
	if err != nil {
		return err
	}
	if l.Longest > 0 && l.Longest < CalibrationBytes {
		return fmt.Errorf("no file on %s may be longer than %s (%s), and to try its speed takes one of %s",
			s.Dir, units.FormatSize(l.Longest), l.Why, units.FormatSize(CalibrationBytes))
	}
	s.Longest, s.LongestWhy = l.Longest, l.Why
	return nil
}

// Close ends the look at the target.
func (p *Prospect) Close() error { return p.view.Close() }

// enough asks for the room on a target, and for enough of it.
func enough(dir string, ask func() (int64, error)) (int64, error) {
	free, err := ask()
	if err == nil && free < preflight.Room {
		err = fmt.Errorf("not enough space on %s: %s are free, at least %s are needed; free some, or choose "+
			"another --target",
			dir, units.FormatSize(free), units.FormatSize(preflight.Room))
	}
	return free, err
}

// certainlyNot names the cache states that cannot be had, as far as that shows
// without a file.
func certainlyNot(dir string) map[string]string {
	no := map[string]string{}
	if err := mayDropCaches(); err != nil {
		no[results.DropCaches] = err.Error()
	}
	var st unix.Statfs_t
	if unix.Statfs(dir, &st) == nil && (st.Type == unix.TMPFS_MAGIC || st.Type == unix.RAMFS_MAGIC) {
		for _, state := range []string{results.Cold, results.DropCaches, results.DeviceCold} {
			no[state] = fmt.Sprintf("files on %s cannot be evicted from memory: its file system keeps them "+
				"nowhere else", dir)
		}
	}
	return no
}

func mayDropCaches() error {
	if unix.Access("/proc/sys/vm/drop_caches", unix.W_OK) != nil {
		return errors.New("only root may write to /proc/sys/vm/drop_caches")
	}
	return nil
}

// note is what an opening of a target leaves in its folder for a forecast. What is
// measured never rests on a note.
type note struct {
	Tried     time.Time           `json:"tried"`
	Speed     results.Calibration `json:"speed"`
	No        map[string]string   `json:"no,omitempty"`
	NoShared  string              `json:"no_shared,omitempty"`
	NoPrivate string              `json:"no_private,omitempty"`
}

// plausible guards the planner against a folder that came with a foreign disk.
func (n note) plausible() bool {
	const most = 1 << 50 // bytes a second
	for _, rate := range []float64{n.Speed.ColdScan, n.Speed.WarmScan, n.Speed.DurableWrite} {
		if !(rate > 0 && rate < most) {
			return false
		}
	}
	return n.Speed.ColdAccess > 0 && n.Speed.ColdAccess < math.MaxUint8 &&
		n.Speed.DurableSync >= 0 && n.Speed.DurableSync < math.MaxUint8 && !n.Tried.IsZero()
}

// note keeps what was found for the next forecast.
func (o *Target) note(now time.Time) error {
	return o.Dir.Note(note{Tried: now.UTC(), Speed: o.Site.Speed, No: o.Site.No, NoShared: o.Site.NoShared,
		NoPrivate: o.Site.NoPrivate})
}

// assumedOf are round figures for a kind of device, for a forecast that may write
// nothing. They are published figures of ordinary devices, on the slow side.
func assumedOf(d *host.Device) results.Calibration {
	const mib = 1 << 20
	kind := ""
	if d != nil {
		kind = d.Kind
	}
	assumed := func(scan, write, access, sync float64) results.Calibration {
		return results.Calibration{ColdScan: scan * mib, DurableWrite: write * mib, ColdAccess: access,
			WarmScan: 3000 * mib, DurableSync: sync}
	}
	switch kind {
	case host.KindSD, host.KindUSB:
		return assumed(80, 20, 700e-6, 20e-3)
	case host.KindEMMC:
		return assumed(200, 80, 250e-6, 5e-3)
	case host.KindHDD:
		return assumed(120, 100, 10e-3, 25e-3)
	case host.KindNVMe:
		return assumed(1500, 600, 80e-6, 2e-3)
	case host.KindNetwork, host.KindFUSE:
		return assumed(100, 50, 1e-3, 5e-3)
	case host.KindMemory:
		return assumed(3000, 2000, 2e-6, 2e-6)
	}
	return assumed(400, 200, 150e-6, 3e-3)
}
