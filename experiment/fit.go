package experiment

import (
	"mmapbench/internal/reason"
	"mmapbench/io/backend"
	"mmapbench/results"
	"mmapbench/target"
	"mmapbench/workloads"
)

// answers are what backends need on targets. Each is asked once, as no answer
// depends on the size of the file, of which several are tried.
type answers map[question]answer

type question struct {
	backend, dir string
	verb         backend.Verb
}

type answer struct {
	needs backend.Needs
	err   error
}

func (known answers) ask(b choice, verb backend.Verb, dir string) (backend.Needs, error) {
	q := question{b.name, dir, verb}
	a, ok := known[q]
	if !ok {
		access, err := backend.Configure(b.backend, verb, dir, b.options)
		a = answer{access.Needs, err}
		known[q] = a
	}
	return a.needs, a.err
}

// whyNot says why a combination cannot be tried.
func (known answers) whyNot(w workloads.Info, b choice, arm results.Arm, s target.Site) *reason.Reason {
	needs, err := known.ask(b, w.Verb(), s.Dir)
	if err != nil {
		return &reason.Reason{Code: reason.BackendCannot, Detail: err.Error()}
	}
	if why := s.Refuses(needs); why != nil {
		return why
	}
	if why := s.No[arm.Cache]; why != "" {
		return &reason.Reason{Code: reason.NoCacheState, Detail: why}
	}
	memory := arm.Cache == results.Cached || arm.Cache == results.Mapped
	if needs.Evicts && memory {
		return &reason.Reason{Code: reason.EvictsCached, Detail: arm.Cache}
	}

	if needs.Unmaps && arm.Cache == results.Mapped {
		return &reason.Reason{Code: reason.UnmapsMapped}
	}
	if d := string(needs.Durable); d != "" && (arm.Durability != d || arm.Sync != results.SyncEvery) {
		return &reason.Reason{Code: reason.DurableWrites, Detail: d}
	}
	granule := arm.Record
	if w.Shape != nil {
		granule = w.Shape.Align
	}
	switch align := int64(needs.Align); {
	case align == 0: // the page cache takes any alignment
		return nil
	case memory:
		return &reason.Reason{Code: reason.DirectCached, Detail: arm.Cache}
	case granule%align != 0:
		return &reason.Reason{Code: reason.DirectAlignment, Detail: s.Dir,
			Values: map[string]int64{"record": granule, "align": align}}
	}
	return nil
}
