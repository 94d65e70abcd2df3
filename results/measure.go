package results

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"mmapbench/internal/spelling"
)

// Measure says how trials are measured. It is the same for all arms of a run, and it
// is a part of the experiment, of the plan and of what a worker is told. The table
// [Options] says what each field means.
type Measure struct {
	MinTrial      time.Duration `json:"min_trial_ns"`
	Latency       string        `json:"latency"`
	Duration      time.Duration `json:"duration_ns,omitempty"` // 0: one lap's work
	Cooldown      float64       `json:"cooldown_c,omitempty"`  // °C; 0: no round waits
	NoCounters    bool          `json:"no_counters,omitempty"` // those of Header.Metrics
	PhaseCounters bool          `json:"phase_counters,omitempty"`
	Smaps         bool          `json:"smaps,omitempty"`
	ColdLaps      int           `json:"cold_laps,omitempty"` // 0: one
}

// MaxColdLaps bounds how often a cold trial is made within itself.
const MaxColdLaps = 4

// LapsMadeCold is how many laps a trial has for each of which the cache state is made
// again: ColdLaps where the trial is cold, only reads and has no duration, and else one.
func (m *Measure) LapsMadeCold(cache string, reads bool) int {
	if reads && IsCold(cache) && m.Duration == 0 {
		return max(1, m.ColdLaps)
	}
	return 1
}

// An Option is a field of [Measure]: a flag, and a key of experiment files. The zero
// value of the field stands for the default.
type Option struct {
	Key     string
	Usage   string   // the flag's help
	Default any      // nil: the zero value
	Levels  []string // all that a word may be
	Most    any      // a number may be no larger
	Field   func(*Measure) any
	// Aside marks an option that no time of a trial depends on: it is of the rounds.
	Aside bool
	// Words say what was chosen, where it is not the default.
	Words func(*Measure) string
}

// LatencyModes says whether single accesses are timed: always, never, or where and as
// often as it costs less than 1 %.
var LatencyModes = []string{"auto", "on", "off"}

// DefaultMinTrial is the shortest trial: below it, timer ticks and interrupts show.
const DefaultMinTrial = 20 * time.Millisecond

// Options is the table of all measuring options.
var Options = []*Option{
	{Key: "duration", Most: MaxDuration, Field: func(m *Measure) any { return &m.Duration },
		Usage: "let every trial last so long, such as 30s, and report by the second; for workloads that only read",
		Words: func(m *Measure) string { return fmt.Sprintf("trials of %v", m.Duration) }},
	{Key: "min-trial", Default: DefaultMinTrial, Most: MaxMinTrial, Field: func(m *Measure) any { return &m.MinTrial },
		Usage: "repeat the work of a shorter warm trial until it has lasted so long",
		Words: func(m *Measure) string { return fmt.Sprintf("trials of %v at least", m.MinTrial) }},
	{Key: "cold-laps", Most: MaxColdLaps, Field: func(m *Measure) any { return &m.ColdLaps },
		Usage: fmt.Sprintf("make a trial that reads a cold file `n` times, cold each time, and take the least of "+
			"the times: 1 to %d, 1 if nothing is said", MaxColdLaps),
		Words: func(m *Measure) string { return fmt.Sprintf("the least of %d cold laps", m.ColdLaps) }},
	{Key: "latency", Default: LatencyModes[0], Levels: LatencyModes, Field: func(m *Measure) any { return &m.Latency },
		Usage: "time single accesses in this `mode`: auto (as many as cost less than 1 %), on (all) or off",
		Words: func(m *Measure) string {
			return map[string]string{"on": "every access timed", "off": "no access timed"}[m.Latency]
		}},
	{Key: "cooldown", Most: float64(MaxCooldown), Aside: true, Field: func(m *Measure) any { return &m.Cooldown },
		Usage: "begin no round while the machine is hotter than these `degrees` Celsius"},
	{Key: "smaps", Field: func(m *Measure) any { return &m.Smaps },
		Usage: "count huge pages of files in page tables as well (the kernel walks the page tables for it)",
		Words: func(*Measure) string { return "smaps read" }},
	{Key: "no-counters", Field: func(m *Measure) any { return &m.NoCounters },
		Usage: "read no counters but getrusage and the devices' (see mmapbench list metrics)",
		Words: func(*Measure) string { return "no counters read" }},
	{Key: "phase-counters", Field: func(m *Measure) any { return &m.PhaseCounters },
		Usage: "count by phase in cold and writing trials too; what setup has begun then goes on untimed " +
			"while the counters are read",
		Words: func(*Measure) string { return "counters by phase" }},
}

func (o *Option) value(m *Measure) reflect.Value { return reflect.ValueOf(o.Field(m)).Elem() }

// Value is what was chosen: a string, bool, int, float64 or time.Duration.
func (o *Option) Value(m *Measure) any { return o.value(m).Interface() }

// Copy makes the choice of another Measure that of m.
func (o *Option) Copy(m *Measure, from Measure) { o.value(m).Set(o.value(&from)) }

// Zero reports whether nothing was chosen, or the number 0.
func (o *Option) Zero(m *Measure) bool { return o.value(m).IsZero() }

// IsDefault reports whether nothing else was chosen.
func (o *Option) IsDefault(m *Measure) bool { return o.Zero(m) || o.Value(m) == o.Default }

// Check reports a choice that there is not.
func (o *Option) Check(m *Measure) error {
	ok := true
	switch v := o.Value(m).(type) {
	case string:
		if v != "" && !slices.Contains(o.Levels, v) {
			return spelling.Unknown(o.Key+" mode", v, o.Levels)
		}
	case time.Duration:
		ok = v >= 0 && v <= o.Most.(time.Duration)
	case int:
		ok = v >= 0 && v <= o.Most.(int)
	case float64:
		ok = v >= 0 && v <= o.Most.(float64) // a number that is none fails both
	}
	if !ok {
		return fmt.Errorf("%v must be positive and at most %v", o.Value(m), o.Most)
	}
	return nil
}

// WithDefaults returns m with the defaults in the place of zero values.
func (m Measure) WithDefaults() Measure {
	for _, o := range Options {
		if o.Default != nil && o.Zero(&m) {
			o.value(&m).Set(reflect.ValueOf(o.Default))
		}
	}
	return m
}

// Timing is m without the options that no time of a trial depends on, and with the
// defaults named: the times of trials with the same Timing may be compared.
func (m Measure) Timing() Measure {
	for _, o := range Options {
		if o.Aside {
			o.value(&m).SetZero()
		}
	}
	return m.WithDefaults()
}

// Words say what is not as by default, where times depend on it.
func (m Measure) Words() (words []string) {
	for _, o := range Options {
		if o.Words != nil && !o.IsDefault(&m) {
			words = append(words, o.Words(&m))
		}
	}
	return words
}
