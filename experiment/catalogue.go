// Package experiment turns a question into a plan: factors into arms, arms
// into rounds that fit a budget.
//
// Its attitude: everything is decided, checked and said before the first byte
// is written. A plan is a value; to carry it out is the harness's work.
package experiment

import (
	"fmt"

	"mmapbench/internal/units"
	"mmapbench/io/backend"
	"mmapbench/workloads"
)

// Catalogue is what there is to choose from. It is built in one place and
// handed down; nothing registers itself.
type Catalogue struct {
	Workloads []workloads.Workload
	Backends  []backend.Backend
}

// Workload finds a workload by name.
func (c Catalogue) Workload(name string) (workloads.Workload, error) {
	for _, w := range c.Workloads {
		if w.Info().Name == name {
			return w, nil
		}
	}
	return nil, units.Unknown("workload", name, c.WorkloadNames())
}

// Backend finds a backend by the name before the colon and validates the
// options after it.
func (c Catalogue) Backend(text string) (backend.Backend, backend.Options, error) {
	name, opts := backend.Split(text)
	for _, b := range c.Backends {
		info := b.Info()
		if info.Name != name {
			continue
		}
		parsed, err := info.Parse(opts)
		return b, parsed, err
	}
	return nil, nil, units.Unknown("backend", name, c.BackendNames())
}

// WorkloadNames lists the workloads in order.
func (c Catalogue) WorkloadNames() []string {
	names := make([]string, len(c.Workloads))
	for i, w := range c.Workloads {
		names[i] = w.Info().Name
	}
	return names
}

// BackendNames lists the backends in order.
func (c Catalogue) BackendNames() []string {
	names := make([]string, len(c.Backends))
	for i, b := range c.Backends {
		names[i] = b.Info().Name
	}
	return names
}

// Check refuses a catalogue in which two entries share a name: one of them
// could never be chosen.
func (c Catalogue) Check() error {
	seen := map[string]bool{}
	for _, n := range c.WorkloadNames() {
		if seen["w"+n] {
			return fmt.Errorf("two workloads are called %q", n)
		}
		seen["w"+n] = true
	}
	for _, n := range c.BackendNames() {
		if seen["b"+n] {
			return fmt.Errorf("two backends are called %q", n)
		}
		seen["b"+n] = true
	}
	return nil
}
