package harness_test

import (
	"testing"

	"mmapbench/internal/reason"
	"mmapbench/results"
)

// TestSmallFiles: each file is opened and mapped anew, the cache state is that of all
// files, and every byte is verified.
func TestSmallFiles(t *testing.T) {
	got, end, err := run(t, "rounds=2\nsize='256k'\nrecord='4k'\nworkload='smallfiles'\nmin-trial='1ms'\n"+
		"cache=['cold','warm','mapped']\nconsumer=['touch','sum']\nbackend=['pread','mmap']", nil)
	if err != nil || end.Status != results.EndComplete {
		t.Fatalf("ended %q: %v", end.Status, err)
	}
	plan := got.Header.Plan
	if len(plan.LeftOut) == 0 || plan.LeftOut[0].Why.Code != reason.MappedAnew {
		t.Errorf("left out: %+v", plan.LeftOut)
	}
	const files = 64
	for _, tr := range got.Trials {
		a := plan.Arms[tr.Arm]
		switch {
		case tr.Error != nil || !tr.Check.OK:
			t.Errorf("%+v: %+v", a, tr.Error)
		case a.Ops != files || tr.Cache.Pages < files || tr.Cache.Before == nil:
			t.Errorf("%+v: %d accesses, cache %+v", a, a.Ops, tr.Cache)
		case a.Cache == results.Cached && *tr.Cache.Before != tr.Cache.Pages:
			t.Errorf("%+v: not cached: %+v", a, tr.Cache)
		case a.Backend == "mmap" && tr.Body.MinorFaults+tr.Body.MajorFaults < files*int64(tr.Laps):
			t.Errorf("%+v: %d and %d faults on %d mappings", a, tr.Body.MinorFaults, tr.Body.MajorFaults, files)
		}
	}
}
