package experiment

import (
	"fmt"
	"math"
	"math/bits"
	"time"

	"mmapbench/internal/units"
	"mmapbench/io/backend"
	"mmapbench/results"
	"mmapbench/workloads"
)

const (
	// trialOverhead is what a trial costs beside its work: a process, a
	// rehearsal, eviction and verification. Measured at 10 to 20 ms on amd64.
	trialOverhead = 0.015 // seconds
	// sampleTime is how long a cold trial of random accesses shall last when
	// their number is chosen automatically.
	sampleTime = 0.15 // seconds
	// minSample and maxSample bound that number: fewer accesses than 64 say
	// nothing, more than 16,384 warm ones no more.
	minSample, maxSample = 64, 16384
	// spaceReserve is left free on every target.
	spaceReserve = 64 << 20
)

// countOps returns how many accesses one lap makes.
func countOps(w workloads.Info, a results.Arm, ops int64, speed results.Calibration) int64 {
	records := a.Size / a.Record
	switch {
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
	if t := accessTime(a, speed) * float64(w.AccessesOf(1, a.Size, a.Record)); t > 0 {
		fit = max(int64(sampleTime/t), minSample)
	}
	return min(records, maxSample, 1<<(bits.Len64(uint64(fit))-1))
}

// accessTime is the expected time of one cold random access in seconds.
func accessTime(a results.Arm, s results.Calibration) float64 {
	return s.ColdAccess + ratio(a.Record, s.ColdScan)
}

// AccessTime is what one access of a cold arm is expected to take, in seconds; 0
// where it is not known, and for other arms.
func AccessTime(a results.Arm, c Catalogue, s results.Calibration) float64 {
	w, err := c.Workload(a.Workload)
	switch {
	case err != nil || !results.IsCold(a.Cache):
		return 0
	case w.Info().Sampled:
		return accessTime(a, s)
	}
	return ratio(a.Record, s.ColdScan)
}

// TrialTime is what a trial is expected to take as a whole, with the file brought
// into its cache state from the device, without the plan's duration.
func TrialTime(a results.Arm, c Catalogue, s results.Calibration, p *results.Plan) time.Duration {
	t, _, _ := trialCost(a, kindOf(c, a), s, p.MinTrial)
	if a.Cache != "" {
		t += ratio(a.Size, s.ColdScan)
	}
	return time.Duration(min(t, longestTrial) * float64(time.Second))
}

// longestTrial bounds an estimate that is far off, in seconds.
const longestTrial = 24 * 60 * 60

// ratio is bytes over a rate, or 0 when the rate is unknown.
func ratio(bytes int64, rate float64) float64 {
	if rate <= 0 {
		return 0
	}
	return float64(bytes) / rate
}

// estimate fills in what the plan will read, write and take.
func estimate(p *results.Plan, c Catalogue, sites []Site) {
	var reads, writes, round, once float64 // bytes, and seconds
	type file struct {
		target string
		data   Data
	}
	speed := map[string]results.Calibration{}
	for _, s := range sites {
		speed[s.Name] = s.Speed
	}
	cold, warm := map[file]bool{}, map[file]bool{}
	rehearsal := RehearsalSize(p)
	for _, a := range p.Arms {
		kind := kindOf(c, a)
		data, _ := DataOf(c, a)
		s, f := speed[a.Target], file{a.Target, data}
		t, read, written := trialCost(a, kind, s, p.MinTrial)
		if p.Duration > 0 {
			t = trialOverhead + p.Duration.Seconds()
		}
		round += t
		reads += float64(read) * float64(p.Rounds)
		if kind.Writes() {
			written += RehearsalLaps * rehearsal
		}
		writes += float64(written) * float64(p.Rounds)
		cold[f] = cold[f] || results.IsCold(a.Cache)
		warm[f] = warm[f] || a.Cache == results.Cached || a.Cache == results.Mapped
	}
	for f := range warm {
		if cold[f] { // evicted by the cold arms, read again once a round
			round += ratio(f.data.Size, speed[f.target].ColdScan)
			reads += float64(f.data.Size) * float64(p.Rounds)
		}
	}
	for _, s := range sites {
		for _, d := range Files(p, c, s.Name) {
			if !s.has(d) {
				writes += float64(d.Size)
				once += ratio(d.Size, s.Speed.DurableWrite)
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

// trialCost estimates one trial: seconds, bytes read from and written to the
// device.
func trialCost(a results.Arm, kind workloads.Kind, s results.Calibration, minTrial time.Duration) (t float64, read, written int64) {
	t = trialOverhead
	switch {
	case results.IsCold(a.Cache) && kind == workloads.Reads && a.Bytes < a.Size:
		t += float64(a.Bytes/a.Record) * accessTime(a, s)
		read = a.Bytes
	case results.IsCold(a.Cache):
		t += ratio(a.Bytes, s.ColdScan)
		read = a.Bytes
	case kind == workloads.Reads:
		t += max(ratio(a.Bytes, s.WarmScan), minTrial.Seconds())
	}
	if kind.Writes() {
		written = a.Size
		// Making pages costs about twice what reading them does, and the
		// file is read back once to verify it.
		t += 3 * ratio(a.Size, s.WarmScan)
		if a.Durability == string(backend.Data) {
			t += ratio(a.Size, s.DurableWrite)
		}
	}
	return t, read, written
}

func kindOf(c Catalogue, a results.Arm) workloads.Kind {
	w, err := c.Workload(a.Workload)
	if err != nil {
		return workloads.Reads
	}
	return w.Info().Kind
}

// RehearsalLaps is how many laps a trial makes at most on the rehearsal's file, each
// of which writes that file if the workload writes.
const RehearsalLaps = 3

// minRehearsal is long enough to have every loop of a backend go round.
const minRehearsal = 256 << 10

// RehearsalSize is the length of the file on which the trials of a plan rehearse.
func RehearsalSize(p *results.Plan) int64 {
	size := int64(minRehearsal)
	for _, a := range p.Arms {
		size = max(size, a.Record)
	}
	return size
}

// fitsSpace checks that every target has room for its files and the largest that a
// trial leaves behind.
func fitsSpace(p *results.Plan, c Catalogue, sites []Site) error {
	for _, s := range sites {
		need, largest := int64(0), int64(0)
		for _, d := range Files(p, c, s.Name) {
			if s.Longest > 0 && d.Size > s.Longest {
				return tooLong(s, d.Size)
			}
			if !s.has(d) {
				need += d.Size
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
			return fmt.Errorf("not enough space on %s: %s are needed and %s kept in reserve, %s are free; choose a smaller --size or another --target",
				s.Dir, units.FormatSize(need), units.FormatSize(spaceReserve), units.FormatSize(s.Free))
		}
	}
	return nil
}

func tooLong(s Site, size int64) error {
	return fmt.Errorf("a file of %s cannot be made on %s: none may be longer than %s (%s); choose a smaller --size or another --target",
		units.FormatSize(size), s.Dir, units.FormatSize(s.Longest), s.LongestWhy)
}
