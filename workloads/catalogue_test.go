package workloads_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"mmapbench/io/backend"
	"mmapbench/io/mmapio"
	"mmapbench/io/readwrite"
	"mmapbench/workloads"
)

// named is a backend that is only described.
type named struct {
	backend.Backend
	info backend.Info
}

func (n named) Info() backend.Info { return n.info }

func TestCatalogueIsChecked(t *testing.T) {
	work := func(name string) workloads.Workload {
		return workloads.Reader(workloads.Info{Name: name}, func(*workloads.Reading) error { return nil })
	}
	for _, c := range []struct {
		what      string
		workloads []string
		backends  []backend.Info
		err       string // "": it is accepted
	}{
		{what: "nothing added"},
		{what: "names with a space, a slash, an umlaut", workloads: []string{"my scan", "a/b", "größe"},
			backends: []backend.Info{{Name: "my own"}}},
		{what: "a workload twice", workloads: []string{"seqscan"}, err: `two workloads are called "seqscan"`},
		{what: "a backend twice", backends: []backend.Info{{Name: "mmap"}}, err: `two backends are called "mmap"`},
		{what: "a workload without a name", workloads: []string{""}, err: "no name"},
		{what: "a backend without a name", backends: []backend.Info{{}}, err: "no name"},
		{what: "a workload with a comma", workloads: []string{"a,b"}, err: "could not be chosen"},
		{what: "a workload with a newline", workloads: []string{"a\nb"}, err: `"a\nb" could not be chosen`},
		{what: "a workload that is called as commands are", workloads: []string{"exec"}, err: "commands"},
		{what: "a backend with a colon", backends: []backend.Info{{Name: "a:b"}}, err: "could not be chosen"},
		{what: "an option twice", backends: []backend.Info{{Name: "own",
			Options: []backend.Option{{Name: "x"}, {Name: "x"}}}}, err: `two options are called "x"`},
		{what: "an option with an equals sign", backends: []backend.Info{{Name: "own",
			Options: []backend.Option{{Name: "x=1"}}}}, err: "could not be chosen"},
		{what: "a choice of nothing", backends: []backend.Info{{Name: "own",
			Options: []backend.Option{{Name: "x", Kind: backend.Choice}}}}, err: "option x has 0 values"},
		{what: "values of a flag", backends: []backend.Info{{Name: "own",
			Options: []backend.Option{{Name: "x", Values: []string{"on"}}}}}, err: "option x has 1 values"},
	} {
		all := workloads.Catalogue{Workloads: workloads.All(), Backends: slices.Concat(readwrite.All(), mmapio.All())}
		for _, name := range c.workloads {
			all.Workloads = append(all.Workloads, work(name))
		}
		for _, info := range c.backends {
			all.Backends = append(all.Backends, named{info: info})
		}
		if err := all.Check(); (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %v, want %q", c.what, err, c.err)
		}
	}
}

// knobs is a workload with options, and says which it was given.
var knobs = workloads.Reader(workloads.Info{
	Name:    "knobs",
	Options: []backend.Option{{Name: "fast"}, {Name: "theta", Kind: backend.Number}, {Name: "bad"}},
	Configure: func(o backend.Options) (workloads.Workload, error) {
		if o.Has("bad") {
			return nil, errors.New("bad is no good: leave it out")
		}
		return workloads.Reader(workloads.Info{Name: "mine", Summary: o.String()}, nil), nil
	},
}, nil)

func TestAWorkloadHasOptions(t *testing.T) {
	c := workloads.Catalogue{Workloads: append(workloads.All(), knobs)}
	for _, tt := range []struct{ text, name, given, err string }{
		{text: "knobs", name: "knobs"},
		{text: "knobs:", name: "knobs"},
		{text: "knobs:theta=0.990,fast", name: "knobs:fast,theta=0.99", given: "fast,theta=0.99"},
		{text: "knobs:theta=1e-1", name: "knobs:theta=0.1", given: "theta=0.1"},
		{text: "seqscan", name: "seqscan", given: workloads.SeqScan.Info().Summary},
		{text: "seqscan:fast", err: `workload seqscan has no options, got "fast"`},
		{text: "knobs:fats", err: `unknown option of workload knobs "fats": did you mean "fast"?`},
		{text: "knobs:theta=0", err: `workload knobs, option theta: "0": want a number above 0`},
		{text: "knobs:theta=inf", err: "want a number above 0"},
		{text: "knobs:theta", err: "needs a value: theta=NUMBER"},
		{text: "knobs:bad,fast", err: "workload knobs: bad is no good: leave it out"},
		{text: "knob:fast", err: `unknown workload "knob": did you mean "knobs"?`},
	} {
		w, err := c.Workload(tt.text)
		switch {
		case tt.err != "":
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s: error %v, want one with %q", tt.text, err, tt.err)
			}
		case err != nil || w.Info().Name != tt.name || w.Info().Summary != tt.given:
			t.Errorf("%s: %+v, %v", tt.text, w, err)
		}
	}
}

func TestOptionsOfAWorkloadAreChecked(t *testing.T) {
	configure := func(backend.Options) (workloads.Workload, error) { return nil, nil }
	for _, tt := range []struct {
		info workloads.Info
		err  string
	}{
		{workloads.Info{Options: []backend.Option{{Name: "x"}}, Configure: configure}, ""},
		{workloads.Info{Options: []backend.Option{{Name: "x"}}}, "the workload mine has 1 options"},
		{workloads.Info{Configure: configure}, "the workload mine has 0 options"},
		{workloads.Info{Options: []backend.Option{{Name: "x"}, {Name: "x"}}, Configure: configure},
			`workload mine: two options are called "x"`},
	} {
		tt.info.Name = "mine"
		err := workloads.Catalogue{Workloads: []workloads.Workload{workloads.Reader(tt.info, nil)}}.Check()
		if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%+v: error %v, want %q", tt.info.Options, err, tt.err)
		}
	}
}

// TestCommandsAreNoWorkloadOfACatalogue: a workload that says it runs commands would be
// given no backend.
func TestCommandsAreNoWorkloadOfACatalogue(t *testing.T) {
	mine := workloads.Reader(workloads.Info{Name: "mine", Kind: workloads.Runs},
		func(*workloads.Reading) error { return nil })
	err := workloads.Catalogue{Workloads: []workloads.Workload{mine}}.Check()
	if mine.Info().Kind == workloads.Runs && (err == nil || !strings.Contains(err.Error(), "of no kind")) {
		t.Errorf("error %v", err)
	}
	if w, err := (workloads.Catalogue{}).Workload("exec"); err != nil || w.Info().Kind != workloads.Runs {
		t.Errorf("commands are found by their name: %v", err)
	}
}
