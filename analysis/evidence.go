package analysis

import (
	"cmp"
	"slices"
	"time"

	"github.com/montanaflynn/stats"

	"mmapbench/internal/reason"
	"mmapbench/results"
)

// A Proof counts the trials that were measured by how well their cache state is
// known, those that are left out included. All is zero where the arm names no
// cache state.
type Proof struct {
	Strong  int     `json:"strong"`
	Weak    int     `json:"weak"`
	Failed  int     `json:"failed"`
	Reasons []Count `json:"weak_reasons,omitempty"` // why the weak ones are not strong
}

// N is the number of trials that have a proof of any kind.
func (p *Proof) N() int { return p.Strong + p.Weak + p.Failed }

// Add adds what was counted elsewhere.
func (p *Proof) Add(o Proof) {
	p.Strong, p.Weak, p.Failed = p.Strong+o.Strong, p.Weak+o.Weak, p.Failed+o.Failed
	p.Reasons = Add(p.Reasons, o.Reasons...)
}

// add counts a trial.
func (p *Proof) add(c *results.CacheState) {
	switch {
	case c == nil:
	case c.Proof == results.ProofStrong:
		p.Strong++
	case c.Proof == results.ProofFailed:
		p.Failed++
	default:
		p.Weak++
		p.Reasons = Add(p.Reasons, Count{What: reason.Words(c.Reasons), Code: reason.Codes(c.Reasons), N: 1})
	}
}

// Settle is the time that trials waited for earlier writes to reach the device.
type Settle struct {
	Total time.Duration `json:"total_ns"`
	Most  time.Duration `json:"most_ns"` // before one trial
}

func (s *Settle) add(d time.Duration) { s.Total, s.Most = s.Total+d, max(s.Most, d) }

// Add adds what other trials waited.
func (s *Settle) Add(o Settle) { s.Total, s.Most = s.Total+o.Total, max(s.Most, o.Most) }

// An Amplification is how many bytes a device moved for each byte that the
// application asked for.
type Amplification struct {
	Median *float64 `json:"median"`
	N      int      `json:"n"`                // trials whose device bytes are known
	Own    bool     `json:"own"`              // what was booked to the process, not all that the device did
	Reason string   `json:"reason,omitempty"` // why Median is nil, or why Own is set
}

// deviceBytes names one direction of a results.DeviceIO. The fields are those of
// its Reason.
type deviceBytes struct {
	device, own           func(*results.DeviceIO) *int64
	deviceField, ownField string
	// others reports whether an arm asks the device for nothing, so that whatever
	// the device moved was for others.
	others func(a results.Arm) bool
}

var (
	readBytes = deviceBytes{
		func(d *results.DeviceIO) *int64 { return d.DeviceRead },
		func(d *results.DeviceIO) *int64 { return d.OwnRead }, "device_read", "own_read", fromCache}
	writeBytes = deviceBytes{
		func(d *results.DeviceIO) *int64 { return d.DeviceWrite },
		func(d *results.DeviceIO) *int64 { return d.OwnWrite }, "device_write", "own_write",
		func(a results.Arm) bool { return fromCache(a) && a.Durability == "" }}
)

// fromCache reports whether the arm reads a file that is in the page cache.
func fromCache(a results.Arm) bool { return a.Cache == results.Cached || a.Cache == results.Mapped }

// amplification takes what the device counted (/proc/diskstats) where any trial
// has it, and what was booked to the process otherwise: never both in one row,
// as they mean different things. The first sees others too, the second misses
// what the kernel's own threads write. Where the first would be others' alone it is
// not taken at all.
func (r *Row) amplification(d deviceBytes) (a Amplification) {
	a.Reason = r.deviceReason(d.deviceField)
	unknown := cmp.Or(a.Reason, r.deviceReason(d.ownField))
	var values []float64
	if d.others(r.Arm) {
		a.Reason = cmp.Or(a.Reason, "what the device moved during cached trials was for others")
		unknown = cmp.Or(r.deviceReason(d.ownField), a.Reason)
	} else {
		values = r.perByte(d.device)
	}
	if len(values) == 0 {
		values, a.Own = r.perByte(d.own), true
	}
	if len(values) == 0 {
		a.Reason, a.Own = unknown, false
		return a
	}
	median, _ := stats.Median(values) // its only error is an empty list
	a.Median, a.N = &median, len(values)
	return a
}

func (r *Row) perByte(of func(*results.DeviceIO) *int64) (values []float64) {
	for _, t := range r.trials {
		asked := r.asked(t)
		if t.Device == nil || asked <= 0 {
			continue
		}
		if n := of(t.Device); n != nil {
			values = append(values, float64(*n)/asked)
		}
	}
	return values
}

// deviceReason returns the first reason for which a field is null.
func (r *Row) deviceReason(field string) string {
	for _, t := range r.trials {
		if t.Device != nil && t.Device.Reason[field] != "" {
			return t.Device.Reason[field]
		}
	}
	return ""
}

// A Spread is the median and the largest of a phase's times over the trials, in
// seconds per lap.
type Spread struct {
	N      int     `json:"n"`
	Median float64 `json:"median_s"`
	Most   float64 `json:"max_s"`
}

func (r *Row) spread(of func(*results.Trial) *results.Phase) *Spread {
	var values []float64
	for _, t := range r.trials {
		if p := of(t); p != nil {
			values = append(values, p.Wall.Seconds()/float64(t.Laps))
		}
	}
	if len(values) == 0 {
		return nil
	}
	median, _ := stats.Median(values) // its only error is an empty list
	return &Spread{len(values), median, slices.Max(values)}
}
