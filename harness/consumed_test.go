package harness_test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"mmapbench/results"
	"mmapbench/workloads"
)

// wholes look at all that they view, in ways of their own; the last never ends.
func wholes() []workloads.Workload {
	return []workloads.Workload{
		reader("hashes", func(r *workloads.Reading) error {
			return parts(r, func(p []byte, _, _ int64) {
				for ; len(p) >= 8; p = p[8:] {
					r.Total = r.Total*31 + first(p)
				}
			})
		}),
		reader("and-more", func(r *workloads.Reading) error {
			return parts(r, func(p []byte, off, i int64) {
				r.Consume(p, off)
				r.Total += uint64(i) * first(p)
			})
		}),
		reader("stuck", func(*workloads.Reading) error {
			return syscall.Kill(syscall.Getpid(), syscall.SIGSTOP)
		}),
	}
}

func TestATotalOfItsOwnThatSeesAllIsGood(t *testing.T) {
	got, end, err := run(t, "rounds=1\nsize='1M'\nrecord='4k'\nops='64'\ncache='warm'\n"+
		"consumer=['sum','touch','copy']\nworkload=['hashes','and-more']\nbackend='mmap'", nil)
	if err != nil || end.Status != results.EndComplete || len(got.Trials) != 6 {
		t.Fatalf("%d trials, ended %q: %v", len(got.Trials), end.Status, err)
	}
	for _, tr := range got.Trials {
		if tr.Error != nil {
			t.Errorf("%+v", tr.Error)
		}
	}
}

// TestAnExaminationKeepsToTheBudget: it waited 20 seconds, whatever the budget.
func TestAnExaminationKeepsToTheBudget(t *testing.T) {
	start := time.Now()
	_, end, err := run(t, "rounds=1\nbudget='1s'\nsize='1M'\nrecord='4k'\ncache='warm'\nworkload='stuck'\n"+
		"backend='mmap'", nil)
	if err == nil || end.Status != results.EndError {
		t.Fatalf("ended %q: %v", end.Status, err)
	}
	for _, want := range []string{"workload stuck", "examination", "budget was used up"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nsays nothing of %q", err, want)
		}
	}
	if took := time.Since(start); took > 15*time.Second { // a limit of the examination, not of the machine
		t.Errorf("it took %v", took)
	}
}
