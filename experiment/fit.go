package experiment

import (
	"errors"
	"fmt"

	"mmapbench/internal/units"
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
func (known answers) whyNot(kind workloads.Kind, b choice, arm results.Arm, s target.Site) error {
	needs, err := known.ask(b, kind.Verb(), s.Dir)
	if err != nil {
		return err
	}
	if err := s.Refuses(needs); err != nil {
		return err
	}
	if reason := s.No[arm.Cache]; reason != "" {
		return errors.New(reason)
	}
	switch align := int64(needs.Align); {
	case align == 0: // the page cache takes any alignment
		return nil
	case arm.Cache == results.Cached || arm.Cache == results.Mapped:
		return fmt.Errorf("direct reads go past the page cache: the cache state %s means nothing to them", arm.Cache)
	case arm.Record%align != 0:
		return fmt.Errorf("record %s: direct reads in %s are of multiples of %s",
			units.CompactSize(arm.Record), s.Dir, units.CompactSize(align))
	}
	return nil
}
