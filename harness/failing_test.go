package harness_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"mmapbench/harness"
	"mmapbench/results"
)

// TestWhatNeverWorksIsNotTriedAgain: an arm that fails alike is given up, and the
// others go on.
func TestWhatNeverWorksIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	for workload, trials := range map[string]int{"fails": 3, "fails-by-mmap": 3, "panics": 3} {
		t.Run(workload, func(t *testing.T) {
			var told []string
			backends := "'mmap'"
			if workload == "fails-by-mmap" {
				backends = "['mmap','pread']"
			}
			got, end, err := run(t, fmt.Sprintf("rounds=6\nsize='1M'\nrecord='4k'\ncache='warm'\n"+
				"workload=['%s','seqscan']\nbackend=%s", workload, backends), func(r *harness.Runner) {
				r.Tell = when(func(n harness.Notice) { told = append(told, string(n)) })
			})
			if err != nil || end.Status != results.EndComplete {
				t.Fatalf("ended %q: %v", end.Status, err)
			}
			failed, worked := 0, 0
			for _, tr := range got.Trials {
				if tr.Error != nil {
					failed++
				} else {
					worked++
				}
			}
			if failed != trials || worked%6 != 0 || worked == 0 || len(told) != 1 ||
				!strings.Contains(told[0], workload+" by mmap, cached") {
				t.Errorf("%d failed, %d worked; told %q", failed, worked, told)
			}
		})
	}
}

// TestAWorkloadMayPrint: what it prints does not reach the answer, nor what the
// program itself writes, and is kept.
func TestAWorkloadMayPrint(t *testing.T) {
	printed, err := os.Create(t.TempDir() + "/stdout")
	if err != nil {
		t.Fatal(err)
	}
	saved, err := unix.Dup(unix.Stdout)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Dup3(int(printed.Fd()), unix.Stdout, 0); err != nil {
		t.Fatal(err)
	}
	got, _, runErr := run(t, "rounds=1\nsize='1M'\nrecord='4k'\ncache='cold'\nworkload='prints'\nbackend='mmap'", nil)
	fmt.Println("the program goes on")
	if err := errors.Join(unix.Dup3(saved, unix.Stdout, 0), unix.Close(saved), runErr); err != nil ||
		len(got.Trials) != 1 {
		t.Fatalf("%d trials: %v", len(got.Trials), err)
	}
	if tr := got.Trials[0]; tr.Error != nil || !strings.Contains(tr.Said, "hello on 1") ||
		!strings.Contains(tr.Said, "hello on 2") {
		t.Errorf("error %+v, said %q", tr.Error, tr.Said)
	}
	if text, err := os.ReadFile(printed.Name()); err != nil || string(text) != "the program goes on\n" {
		t.Errorf("on standard output is %q: %v", text, err)
	}
}

// TestAllFailingEndsTheRun does not go through all rounds.
func TestAllFailingEndsTheRun(t *testing.T) {
	got, end, err := run(t, "rounds=6\nsize='1M'\nrecord='4k'\ncache='warm'\nworkload='fails'\n"+
		"backend=['mmap','pread']", nil)
	if err == nil || !strings.Contains(err.Error(), "refused on purpose") || end.Status != results.EndError ||
		len(got.Trials) != 2 {
		t.Errorf("%d trials, ended %q: %v", len(got.Trials), end.Status, err)
	}
}
