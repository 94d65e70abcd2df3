package harness_test

import (
	"maps"
	"os"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"mmapbench/internal/counters"
	"mmapbench/internal/reason"
	"mmapbench/io/backend"
	"mmapbench/io/readwrite"
	"mmapbench/results"
)

// wishes is pread with options that have no effect, and one that the kernel refuses.
type wishes struct{ backend.Backend }

func (wishes) Info() backend.Info {
	return backend.Info{Name: "wishes", Options: []backend.Option{{Name: "quick"}, {Name: "huge"}, {Name: "refused"}}}
}

func (b wishes) Configure(verb backend.Verb, dir string, o backend.Options) (backend.Access, error) {
	a, err := b.Backend.Configure(verb, dir, nil)
	return backend.Access{Open: func(path string, s backend.Spec) (backend.File, error) {
		if o.Has("refused") {
			return nil, backend.Failed("wish", path, unix.EINVAL)
		}
		f, err := a.Open(path, s)
		return &wish{f, o}, err
	}}, err
}

type wish struct {
	backend.File
	options backend.Options
}

func (w *wish) Ignored() map[string]reason.Reason {
	all := map[string]reason.Reason{}
	for range 10 { // which no counter of the lap may show
		if _, err := os.ReadFile("/proc/self/status"); err != nil {
			all["none"] = reason.Reason{Code: reason.NoEffect, Detail: err.Error()}
		}
	}
	for _, s := range w.options {
		all[s.Name] = reason.Reason{Code: reason.NoEffect, Detail: "nothing came of it"}
	}
	return all
}

var _ backend.Observer = &wish{}

// TestIgnoredAndRefusedOptions: what the kernel ignored is in the trial, and what it
// refused is the arm's error, with the error's name; the others go on.
func TestIgnoredAndRefusedOptions(t *testing.T) {
	got, end, err := run(t, "rounds=2\nsize='256k'\nrecord='4k'\nworkload='seqscan'\ncache=['cold','cached']\n"+
		"min-trial='1ms'\nbackend=['wishes','wishes:quick,huge','wishes:refused']", nil)
	if err != nil || end.Status != results.EndComplete || len(got.Trials) != 12 {
		t.Fatalf("%d trials, ended %q: %v", len(got.Trials), end.Status, err)
	}
	reads := map[string]int64{}
	for i := range got.Trials {
		tr := &got.Trials[i]
		arm := got.Header.Plan.Arms[tr.Arm]
		if arm.Backend == "wishes:refused" {
			if tr.Error == nil || tr.Error.Errno != "EINVAL" {
				t.Errorf("%s: error %v", arm.Cache, tr.Error)
			}
			continue
		}
		ignored := slices.Sorted(maps.Keys(tr.Ignored))
		given := arm.Backend != "wishes"
		if tr.Error != nil || given != slices.Equal(ignored, []string{"huge", "quick"}) ||
			given && tr.Ignored["huge"].String() != "nothing came of it" {
			t.Errorf("%s, %s: ignored %v, error %v", arm.Backend, arm.Cache, tr.Ignored, tr.Error)
		}
		if n := tr.Counters.Get(results.WholeLap, counters.ReadCalls); n != nil {
			reads[arm.Backend] = *n
		}
	}
	if plain := reads["wishes"]; plain < 64 || reads["wishes:quick,huge"] != plain {
		t.Errorf("reads that were counted: %v", reads)
	}
}

func wishing() backend.Backend { return wishes{readwrite.Pread} }
