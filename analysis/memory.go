package analysis

import (
	"math"
	"slices"

	"mmapbench/internal/reason"
	"mmapbench/results"
)

// Memory is what the process of a trial took, in bytes: medians; nil where it is not
// known of every trial.
type Memory struct {
	Peak      *float64 `json:"peak_bytes"`
	File      *float64 `json:"file_bytes"` // at the end of a lap, as Anonymous is
	Anonymous *float64 `json:"anonymous_bytes"`
	Reason    string   `json:"reason,omitempty"` // why Peak is nil
}

func (r *Row) memory() (m Memory) {
	figure := func(of func(*results.Memory) *int64) *float64 {
		value := func(t *results.Trial) float64 { return bytesOf(t, of) }
		if slices.ContainsFunc(r.values(value), math.IsNaN) {
			return nil
		}
		return new(r.median(value))
	}
	m = Memory{Peak: figure(peak), File: figure(func(m *results.Memory) *int64 { return m.File }),
		Anonymous: figure(func(m *results.Memory) *int64 { return m.Anonymous })}
	for _, t := range r.trials {
		if t.Memory == nil {
			m.Reason = "the run was made by a version that did not ask"
		} else if why, ok := t.Memory.Reasons["peak_bytes"]; ok {
			m.Reason = reason.Words([]reason.Reason{why})
		}
	}
	return m
}

func peak(m *results.Memory) *int64 { return m.Peak }

// bytesOf is NaN where the figure is not known.
func bytesOf(t *results.Trial, of func(*results.Memory) *int64) float64 {
	if t.Memory == nil || of(t.Memory) == nil {
		return math.NaN()
	}
	return float64(*of(t.Memory))
}
