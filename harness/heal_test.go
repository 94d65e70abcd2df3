package harness_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mmapbench/harness"
	"mmapbench/internal/dataset"
	"mmapbench/results"
)

// TestLostDataset has somebody spoil the dataset between two trials.
func TestLostDataset(t *testing.T) {
	t.Parallel()
	flip := func(path string, _ string) error {
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			return err
		}
		defer f.Close()
		var b [1]byte
		if _, err := f.ReadAt(b[:], 777_777); err != nil {
			return err
		}
		b[0] ^= 4
		_, err = f.WriteAt(b[:], 777_777)
		return err
	}
	page := fmt.Sprintf("offset 777777 on, in page %d", 777_777/os.Getpagesize())
	for name, c := range map[string]struct {
		harm   func(path, folder string) error
		every  bool   // before each trial
		fails  string // what the run's error says; "": it ends well
		remade int    // trials that are marked
		notice string
	}{
		"removed": {func(path, _ string) error { return os.Remove(path) }, false, "", 1,
			"was removed by somebody: it is made again, which writes 1 MiB"},
		"cut off": {func(path, _ string) error { return os.Truncate(path, 5000) }, false, "",
			1, "was cut off at 5000 bytes by somebody"},
		"rehearsal": {func(path, _ string) error { return os.Remove(strings.Replace(path, "-1M-", "-256k-", 1)) },
			false, "", 1, "writes 256 KiB"},
		"again and again": {func(path, _ string) error { return os.Remove(path) }, true, "made again 3 times", 3,
			"was removed"},
		"folder": {func(_, folder string) error { return os.RemoveAll(folder) }, false,
			"was removed by somebody during the run", 0, ""},
		"altered": {flip, false, page, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var notices []string
			got, end, err := run(t, "rounds=4\nsize='1M'\nrecord='64k'\ncache='warm'\nworkload='seqscan'\n"+
				"backend=['pread','mmap']", func(r *harness.Runner) {
				r.Tell = func(e harness.Event) {
					if text, ok := e.(harness.Notice); ok {
						notices = append(notices, string(text))
					}
					p, ok := e.(harness.Progress)
					if !ok {
						return
					}
					if p.Done != 3 && (!c.every || p.Done < 3) {
						return
					}
					folder := filepath.Join(r.Targets[0].Target.Dir, dataset.FolderName)
					names, err := filepath.Glob(filepath.Join(folder, "*-1M-*"))
					if err != nil || len(names) != 1 {
						t.Fatalf("datasets %v: %v", names, err)
					}
					if err := c.harm(names[0], folder); err != nil {
						t.Fatal(err)
					}
				}
			})
			if c.fails == "" && (err != nil || end.Status != results.EndComplete || len(got.Trials) != 8) {
				t.Errorf("%d trials, ended %q: %v", len(got.Trials), end.Status, err)
			}
			if c.fails != "" &&
				(err == nil || !strings.Contains(err.Error(), c.fails) || end.Status != results.EndError) {
				t.Errorf("ended %q: %v, want %q", end.Status, err, c.fails)
			}
			if wrong := errors.Is(err, harness.ErrWrongBytes); wrong != (name == "altered") {
				t.Errorf("wrong bytes: %v", wrong)
			}
			remade := 0
			for _, tr := range got.Trials {
				if tr.Error != nil {
					t.Errorf("a trial failed: %+v", tr.Error)
				}
				if slices.Contains(tr.Warnings, results.WarnRemade) {
					remade++
				}
			}
			if remade != c.remade || len(notices) != c.remade {
				t.Errorf("%d trials are marked and %d notices given, want %d", remade, len(notices), c.remade)
			}
			for _, n := range notices {
				if !strings.Contains(n, c.notice) {
					t.Errorf("notice %q, want %q", n, c.notice)
				}
			}
		})
	}
}

// TestLiarIsNotTheDataset tells a program that is wrong from a file that is.
func TestLiarIsNotTheDataset(t *testing.T) {
	got, _, err := run(t, "rounds=1\nsize='1M'\nrecord='4k'\ncache='warm'\nworkload='lies'\nbackend='pread'", nil)
	if !errors.Is(err, harness.ErrWrongBytes) || len(got.Trials) != 1 || !strings.Contains(got.Trials[0].Error.Text,
		"the dataset itself is right") {
		t.Fatalf("%d trials: %v", len(got.Trials), err)
	}
}
