// Package target is a directory on the device that is measured: opened, examined and
// tried for its speed before there is a plan. What a plan has to know is a [Site].
package target

import (
	"mmapbench/internal/reason"
	"mmapbench/io/backend"
	"mmapbench/results"
	"mmapbench/schedule"
)

// Site is what the planner knows of a target.
type Site struct {
	results.Target
	Speed results.Calibration
	// DataSeed is the seed of the common content, of which Has is asked.
	DataSeed uint64
	Free     int64                    // bytes that may be written; 0: unknown
	No       map[string]string        // cache state -> why it cannot be reached there
	Has      func(schedule.Data) bool // whether a dataset is there already; nil: no

	// Longest is how long a file may be there; 0: not known. LongestWhy says why.
	Longest    int64
	LongestWhy string

	// Why files there cannot be mapped shared, or private; "": they can.
	NoShared, NoPrivate string
}

// Holds reports whether a dataset is there already.
func (s *Site) Holds(d schedule.Data) bool { return s.Has != nil && s.Has(d) }

// Refuses says why the target does not allow the mappings that are needed.
func (s Site) Refuses(n backend.Needs) *reason.Reason {
	switch {
	case (n.Shared || n.Private) && s.NoShared != "" && s.NoPrivate != "":
		return &reason.Reason{Code: reason.NoMappings, Detail: s.Dir + ": " + s.NoShared}
	case n.Shared && s.NoShared != "":
		return &reason.Reason{Code: reason.NoShared, Detail: s.Dir + ": " + s.NoShared}
	case n.Private && s.NoPrivate != "":
		return &reason.Reason{Code: reason.NoPrivate, Detail: s.Dir + ": " + s.NoPrivate}
	}
	return nil
}
