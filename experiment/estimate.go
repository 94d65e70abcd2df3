package experiment

import (
	"fmt"
	"math"
	"math/bits"
	"time"

	"mmapbench/internal/units"
	"mmapbench/results"
	"mmapbench/schedule"
	"mmapbench/target"
	"mmapbench/workloads"
)

const (
	// sampleTime is how long a cold trial of random accesses shall last when
	// their number is chosen automatically.
	sampleTime = 0.15 // seconds
	// minSample and maxSample bound that number: fewer accesses than 64 say
	// nothing, more than 16,384 warm ones no more.
	minSample, maxSample = 64, 16384
	// syncTime is how long the syncs between the records of a trial shall last, in seconds,
	// where the size is chosen automatically; minSyncs and maxSyncs bound their number.
	syncTime           = 0.5
	minSyncs, maxSyncs = 32, 512
	// spaceReserve is left free on every target.
	spaceReserve = 64 << 20
)

// countOps returns how many accesses one lap makes.
func countOps(w workloads.Info, a results.Arm, ops int64, speed results.Calibration) int64 {
	records := a.Size / a.Record
	switch {
	case w.Shape != nil:
		return w.Shape.Ops
	case w.Ops != nil && ops <= 0:
		return max(w.Ops(a.Size, a.Record), 1)
	case !w.Sampled || ops == opsAll:
		if w.Kind.Writes() {
			return (a.Size + a.Record - 1) / a.Record // the last may be shorter
		}
		return records
	case ops != opsAuto:
		return ops
	case !results.IsCold(a.Cache):
		return min(records, maxSample)
	}
	fit := int64(minSample)
	if t := schedule.ColdAccess(a, speed) * float64(w.AccessesOf(1, a.Size, a.Record)); t > 0 {
		fit = max(int64(sampleTime/t), minSample)
	}
	return min(records, maxSample, 1<<(bits.Len64(uint64(fit))-1))
}

// estimate fills in what the plan will read, write and take.
func estimate(p *results.Plan, c workloads.Catalogue, sites []target.Site) {
	var reads, writes, round, once float64 // bytes, and seconds
	type file struct {
		target string
		data   schedule.Data
	}
	speed := map[string]results.Calibration{}
	for _, s := range sites {
		speed[s.Name] = s.Speed
	}
	cold, warm := map[file]bool{}, map[file]bool{}
	rehearsal := schedule.RehearsalSize(p)
	for _, a := range p.Arms {
		kind := schedule.KindOf(c, a)
		data, _ := schedule.DataOf(c, a)
		s, f := speed[a.Target], file{a.Target, data}
		t, read, written := schedule.TrialCost(a, kind, s, &p.Measure)
		t += schedule.Gaps(a, p)
		if p.Duration > 0 {
			t = schedule.TrialOverhead + p.Duration.Seconds()
		}
		round += t
		reads += float64(read) * float64(p.Rounds)
		if kind.Writes() {
			written += schedule.RehearsalLaps * rehearsal
		}
		writes += float64(written) * float64(p.Rounds)
		cold[f] = cold[f] || results.IsCold(a.Cache)
		warm[f] = warm[f] || a.Cache == results.Cached || a.Cache == results.Mapped
	}
	for f := range warm {
		if cold[f] { // evicted by the cold arms, read again once a round
			round += schedule.Ratio(f.data.Size, speed[f.target].ColdScan)
			reads += float64(f.data.Size) * float64(p.Rounds)
		}
	}
	for _, s := range sites {
		for _, d := range schedule.Files(p, c, s.Name) {
			if !s.Holds(d) {
				writes += float64(d.Space())
				once += schedule.Ratio(d.Space(), s.Speed.DurableWrite)
			}
		}
	}
	p.ReadBytes, p.WriteBytes = whole(reads), whole(writes)
	p.Expected = time.Duration(whole((round*float64(p.Rounds) + once) * float64(time.Second)))
}

// whole is a sum as an integer, or the largest one.
func whole(sum float64) int64 {
	if sum >= math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(sum)
}

// fitsSpace checks that every target has room for its files and the largest that a
// trial leaves behind.
func fitsSpace(p *results.Plan, c workloads.Catalogue, sites []target.Site) error {
	for _, s := range sites {
		need, largest := int64(0), int64(0)
		for _, d := range schedule.Files(p, c, s.Name) {
			if s.Longest > 0 && d.Longest() > s.Longest {
				return tooLong(s, d.Longest())
			}
			if !s.Holds(d) {
				need += d.Space()
			}
		}
		for _, a := range p.Arms {
			if a.Target == s.Name && a.Durability != "" {
				if s.Longest > 0 && a.Size > s.Longest {
					return tooLong(s, a.Size)
				}
				largest = max(largest, a.Size)
			}
		}
		if need += largest; s.Free > 0 && need > 0 && need > s.Free-spaceReserve {
			return fmt.Errorf("not enough space on %s: %s are needed and %s kept in reserve, %s are free; choose "+
				"a smaller --size or another --target",
				s.Dir, units.FormatSize(need), units.FormatSize(spaceReserve), units.FormatSize(s.Free))
		}
	}
	return nil
}

func tooLong(s target.Site, size int64) error {
	return fmt.Errorf("a file of %s cannot be made on %s: none may be longer than %s (%s); choose a smaller "+
		"--size or another --target",
		units.FormatSize(size), s.Dir, units.FormatSize(s.Longest), s.LongestWhy)
}
