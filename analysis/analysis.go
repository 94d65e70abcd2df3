// Package analysis turns the trials of a run into medians, intervals and
// comparisons: pure functions, no files, no clock, no randomness.
//
// Its attitude: a figure comes with the interval that its trials support, or
// says that they support none. Backends are compared round by round, because
// what disturbs one trial of a round disturbs its neighbors too. What was left
// out is counted beside what was used, and nothing here can tell "no difference
// was shown" from "there is none". docs/method.md gives the reasons.
package analysis

import (
	"cmp"
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/montanaflynn/stats"

	"mmapbench/results"
)

// Confidence is the least coverage of every interval, each taken by itself:
// there is no correction for looking at many of them.
const Confidence = 0.95

const mebibyte = 1 << 20

// A Group is the arms that differ in their backend alone, or in a gate in their side
// alone, so that their times can be compared.
type Group struct {
	// Factors is what the arms share; its ID is 0 and its Backend empty.
	Factors results.Arm
	// Rows has one row per arm, in the order of the plan. The first is the one
	// that the others are compared with.
	Rows []Row

	ranking *Ranking // nil: not ranked yet
}

// A Row is what the trials of one arm say. What they cannot say is nil.
type Row struct {
	results.Arm
	// Name tells the row from the others of its group: by its backend, or in a gate by
	// its side.
	Name string `json:"name"`

	Trials   int     `json:"trials"`             // how many the file has
	Usable   int     `json:"trials_usable"`      // the figures come from these
	Excluded []Count `json:"excluded,omitempty"` // trials left out although they ran, by reason
	Errors   []Count `json:"errors,omitempty"`   // trials without a measurement, by kind

	Proof    Proof   `json:"cache_proof,omitzero"` // how the cache state of the trials without an error was proven
	Warnings []Count `json:"warnings,omitempty"`   // codes of results.WarningTexts, of all trials
	Ignored  []Count `json:"ignored,omitempty"`    // options that the kernel ignored, and what was seen instead
	Settle   Settle  `json:"settle"`               // counts all trials
	// Reflinks counts the usable trials whose copy shares the blocks of its source. A row
	// with any is called a reflink and is not ranked: it moved no bytes.
	Reflinks int `json:"reflinks,omitempty"`

	Total *Estimate `json:"time_s_per_lap"`   // all phases together
	Rate  *Estimate `json:"rate_bytes_per_s"` // computed from Total
	PerOp *Estimate `json:"time_ns_per_op"`   // computed from Total, per access

	FaultsPer   string        `json:"faults_per"`             // PerMiB of the arm's bytes, or PerRun if none are known
	MinorFaults *float64      `json:"minor_faults"`           // median
	MajorFaults *float64      `json:"major_faults"`           // median
	BlocksIn    *float64      `json:"blocks_in_512b_per_lap"` // 512-byte units read from a device, median
	DeviceRead  Amplification `json:"device_read_per_byte"`
	DeviceWrite Amplification `json:"device_write_per_byte"`

	Phases Shares `json:"phase_shares"` // parts of Total: the phases that the arm has, in order
	CPU    Shares `json:"cpu_shares"`   // parts of Total: user, system, waiting

	// Speed is how many times as fast as the group's first row this one is,
	// paired by round; above 1 is faster. Its N is the number of pairs. The
	// first row has exactly 1, without an interval.
	Speed    *Estimate `json:"speed_vs_first"`
	Standing Standing  `json:"standing"`
	// CPUSpeed is the same of processor time: how much less of it this one takes. Others
	// at work on the machine change it little, where the file is cached.
	CPUSpeed *Estimate `json:"cpu_speed_vs_first,omitempty"`
	// Disagrees says that the medians of the two times, each by itself, tell the opposite
	// of Speed: one of the two is faster in most rounds and slower in the middle of all.
	Disagrees bool `json:"medians_disagree,omitempty"`

	Memory Memory   `json:"memory"`
	Laps   *LapPlan `json:"laps,omitempty"` // nil where the trials do not have several, or not their times

	Setup *Spread `json:"setup_per_lap"`
	Sync  *Spread `json:"sync_per_lap"` // nil where the arm syncs nothing

	Latency       *Latency `json:"latency,omitempty"`        // how long single accesses took; nil where none was timed
	LatencyReason string   `json:"latency_reason,omitempty"` // why Latency is nil although accesses were timed
	// SyncLatency is how long the syncs between records took; nil where there were none.
	SyncLatency *Latency `json:"sync_latency,omitempty"`

	Series *Series `json:"series,omitempty"` // figures by the second; nil for trials without a duration

	Counters Counters `json:"counters,omitempty"` // the keys are phase and name

	means  bool             // trials count by their mean lap, as some have no other: see meansOnly
	trials []*results.Trial // usable, in the order of the file
	all    []*results.Trial // those that are not, too; of rows that are compared
}

// What faults are counted per.
const (
	PerMiB = "MiB"
	PerRun = "run"
)

// A Share is a part of the total.
type Share struct {
	Name     string
	Fraction float64 // 0 to 1; the shares of one list add up to 1
}

// The names of the shares in Row.CPU. User and system time are one sum that
// the kernel keeps exactly and divides by sampling at its timer tick, so in
// trials of a few ticks (1 to 10 ms each) the division is coarse. Waiting is
// what is left of the wall time.
const (
	User    = "user"
	System  = "system"
	Waiting = "waiting"
)

// groupsOf reduces the run to groups, in the order of the plan.
func groupsOf(run *results.Run, sums map[int]*sums) []Group {
	means := meansOnly(run)
	trials := make(map[int][]*results.Trial)
	for i := range run.Trials {
		t := &run.Trials[i]
		trials[t.Arm] = append(trials[t.Arm], t)
	}
	rows := make([]Row, len(run.Header.Plan.Arms))
	inParallel(len(rows), func(i int) {
		arm := run.Header.Plan.Arms[i]
		rows[i] = summarizeArm(arm, trials[arm.ID], sums[arm.ID], means)
	})
	var groups []Group
	index := make(map[results.Arm]int)
	for n, arm := range run.Header.Plan.Arms {
		key, name := run.Header.Plan.Work(arm), arm.Backend
		if g := run.Header.Plan.Gate; g != nil {
			name = sideName(arm, g)
		}
		i, ok := index[key]
		if !ok {
			i = len(groups)
			index[key] = i
			groups = append(groups, Group{Factors: key})
		}
		if rows[n].Reflinks > 0 && arm.Backend != results.Reflink {
			name += " (" + results.Reflink + ")"
		}
		rows[n].Name = name
		groups[i].Rows = append(groups[i].Rows, rows[n])
	}
	inParallel(len(groups), func(i int) {
		groups[i].compareWithFirst()
		groups[i].ranking = new(groups[i].rank())
	})
	return groups
}

// inParallel does something for 0 to n-1 on all processors.
func inParallel(n int, do func(i int)) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	workers.Wait()
}

// sideName names an arm of a gate by its side, and by its level where that tells more.
func sideName(a results.Arm, g *results.Gate) string {
	if g.Factor == results.GateBackend {
		return a.Side + " (" + a.Backend + ")"
	}
	return a.Side
}

func summarizeArm(arm results.Arm, trials []*results.Trial, of *sums, means bool) Row {
	r := Row{means: means, Arm: arm, Trials: len(trials), FaultsPer: PerRun}
	if arm.Bytes > 0 {
		r.FaultsPer = PerMiB
	}
	for _, t := range trials {
		if t.Error == nil {
			r.Proof.add(t.Cache)
		}
		switch {
		case t.Error != nil:
			r.Errors = count(r.Errors, t.Error.Kind, t.Error.Brief())
		case t.Excluded != "":
			r.Excluded = Add(r.Excluded, excluded(t))
		case !measured(t):
			r.Excluded = count(r.Excluded, noTime, "")
		default:
			r.trials = append(r.trials, t)
			if t.Reflink() {
				r.Reflinks++
			}
		}
		for _, option := range slices.Sorted(maps.Keys(t.Ignored)) {
			r.Ignored = count(r.Ignored, option, t.Ignored[option].String())
		}
		for _, code := range t.Warnings {
			r.Warnings = count(r.Warnings, code, "")
		}
		r.Settle.add(t.Settle)
	}
	r.Usable = len(r.trials)
	if r.Usable > 0 {
		r.measure()
	}
	if of != nil {
		var why string
		r.Latency, r.LatencyReason = of.latency.latency()
		r.SyncLatency, why = of.syncs.latency()
		r.LatencyReason = cmp.Or(r.LatencyReason, why)
		r.Counters = of.counters.counters()
	}
	return r
}

// measure fills in what a single arm can say.
func (r *Row) measure() {
	perMiB := func(count func(*results.Phase) int64) *float64 {
		f := r.median(func(t *results.Trial) float64 { return r.perLap(t, count) })
		switch {
		case r.counted():
			f = r.median(func(t *results.Trial) float64 { return sum(t, count) * mebibyte / r.asked(t) })
		case r.Arm.Bytes > 0:
			f *= mebibyte / float64(r.Arm.Bytes)
		}
		return &f
	}
	r.Total = MedianInterval(r.values(r.seconds), Confidence)
	// A rate falls as the time grows, so the order statistics of the times
	// are those of the rates in reverse: no second estimate is needed, and
	// the figures of a row agree with each other.
	if b := float64(r.Arm.Bytes); b > 0 {
		r.Rate = r.Total.falling(func(s float64) float64 { return b / s })
	}
	if ops := float64(r.Arm.Ops); ops > 0 {
		r.PerOp = r.Total.rising(func(s float64) float64 { return s * 1e9 / ops })
	}
	if r.counted() {
		r.measureCounted()
	}
	r.MinorFaults = perMiB(func(p *results.Phase) int64 { return p.MinorFaults })
	r.MajorFaults = perMiB(func(p *results.Phase) int64 { return p.MajorFaults })
	blocks := r.median(func(t *results.Trial) float64 {
		return r.perLap(t, func(p *results.Phase) int64 { return p.BlocksIn })
	})
	r.BlocksIn = &blocks
	r.Memory = r.memory()
	r.Phases = r.phaseShares()
	r.CPU = r.cpuShares()
	r.DeviceRead = r.amplification(readBytes)
	r.DeviceWrite = r.amplification(writeBytes)
	r.Setup = r.spread(func(t *results.Trial) *results.Phase { return t.Setup })
	r.Sync = r.spread(func(t *results.Trial) *results.Phase { return t.Sync })
	r.Series = mergeSeries(r.trials)
}

// phaseShares returns the medians of the trials' shares, scaled to add up to 1
// as medians by themselves need not.
func (r *Row) phaseShares() []Share {
	var shares []Share
	for i, name := range results.PhaseNames {
		if r.trials[0].Phases()[i].Phase == nil {
			continue
		}
		f := r.median(func(t *results.Trial) float64 {
			p := t.Phases()[i].Phase
			if p == nil {
				return 0
			}
			return float64(p.Wall) / wall(t)
		})
		shares = append(shares, Share{name, f})
	}
	return scaled(shares)
}

// cpuShares likewise. The accounts of the kernel may run a little ahead of the
// clock, so that nothing is left for waiting; it is never negative.
func (r *Row) cpuShares() []Share {
	user := func(p *results.Phase) int64 { return int64(p.User) }
	system := func(p *results.Phase) int64 { return int64(p.System) }
	return scaled([]Share{
		{User, r.median(func(t *results.Trial) float64 { return sum(t, user) / wall(t) })},
		{System, r.median(func(t *results.Trial) float64 { return sum(t, system) / wall(t) })},
		{Waiting, r.median(func(t *results.Trial) float64 {
			return max(0, wall(t)-sum(t, user)-sum(t, system)) / wall(t)
		})},
	})
}

func scaled(shares []Share) []Share {
	var all float64
	for _, s := range shares {
		all += s.Fraction
	}
	if all <= 0 {
		return nil
	}
	for i := range shares {
		shares[i].Fraction /= all
	}
	return shares
}

func (r *Row) values(f func(*results.Trial) float64) []float64 {
	xs := make([]float64, len(r.trials))
	for i, t := range r.trials {
		xs[i] = f(t)
	}
	return xs
}

// median must not be called for a row without usable trials.
func (r *Row) median(f func(*results.Trial) float64) float64 {
	m, _ := stats.Median(r.values(f)) // its only error is an empty list
	return m
}

// Laps returns how many of the arm's laps a trial was. One with a duration has
// no laps of its own: its accesses say how many they would have been.
func Laps(t *results.Trial, a results.Arm) float64 {
	if t.Ops > 0 && a.Ops > 0 {
		return float64(t.Ops) / float64(lapAccesses(t, a))
	}
	return float64(t.Laps)
}

// seconds is the trial's time: that of its median or least lap, or where the file has only the
// sum of its laps, of the mean one.
func (r *Row) seconds(t *results.Trial) float64 {
	if t.Lap > 0 && !r.means {
		return t.Lap.Seconds()
	}
	return wall(t) / Laps(t, r.Arm) / 1e9
}

// cpuSeconds is the processor time of a lap.
func (r *Row) cpuSeconds(t *results.Trial) float64 {
	return r.perLap(t, func(p *results.Phase) int64 { return int64(p.User + p.System) }) / 1e9
}

// wall is in nanoseconds, over all laps.
func wall(t *results.Trial) float64 {
	return sum(t, func(p *results.Phase) int64 { return int64(p.Wall) })
}

func (r *Row) perLap(t *results.Trial, f func(*results.Phase) int64) float64 {
	return sum(t, f) / Laps(t, r.Arm)
}

func sum(t *results.Trial, f func(*results.Phase) int64) float64 {
	var n int64
	for _, p := range [...]*results.Phase{t.Setup, t.Body, t.Sync, t.Teardown} {
		if p != nil {
			n += f(p)
		}
	}
	return float64(n)
}
