package harness_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mmapbench/harness"
	"mmapbench/internal/dataset"
	"mmapbench/results"
)

// TestFolderIsMovedAway puts a symbolic link in the place of the folder during a
// run: all goes on in the folder that was opened, and nothing where the link leads.
func TestFolderIsMovedAway(t *testing.T) {
	victim, moved := t.TempDir(), ""
	for _, name := range []string{"out", "calibration"} {
		if err := os.WriteFile(filepath.Join(victim, name), []byte("untouched"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, end, err := run(t, "rounds=2\nsize='1M'\nrecord='64k'\ncache=['cold','cached','device-cold']\n"+
		"workload=['append','copy','seqscan']\nbackend=['pread','direct','mmap']", func(r *harness.Runner) {
		r.Tell = when(func(p harness.Progress) {
			if p.Round != 1 || moved != "" {
				return
			}
			folder := filepath.Join(r.Targets[0].Target.Dir, dataset.FolderName)
			moved = folder + ".moved"
			if err := os.Rename(folder, moved); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(victim, folder); err != nil {
				t.Fatal(err)
			}
		})
	})
	if err != nil || end.Status != results.EndComplete || moved == "" {
		t.Fatalf("ended %q: %v", end.Status, err)
	}
	for _, tr := range got.Trials {
		if tr.Error != nil {
			t.Errorf("round %d, %+v: %s", tr.Round, got.Header.Plan.Arms[tr.Arm], tr.Error.Text)
		}
	}
	names, err := os.ReadDir(victim)
	if err != nil || len(names) != 2 {
		t.Errorf("where the link leads: %v (%v)", names, err)
	}
	for _, n := range names {
		if text, err := os.ReadFile(filepath.Join(victim, n.Name())); string(text) != "untouched" {
			t.Errorf("%s holds %.40q (%v)", n.Name(), text, err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(moved, "out")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestErrorsNameTheFolder: names in it have no path.
func TestErrorsNameTheFolder(t *testing.T) {
	fx := fixture{dir: t.TempDir(), path: filepath.Join(t.TempDir(), "run.jsonl")}
	got, _, _ := fx.run(t, "rounds=1\nsize='1M'\nrecord='4k'\ncache='cached'\nworkload='fails'\nbackend='pread'", nil)
	want := "in " + filepath.Join(fx.dir, dataset.FolderName) + ": "
	if len(got.Trials) != 1 || got.Trials[0].Error == nil || !strings.HasPrefix(got.Trials[0].Error.Text, want) {
		t.Errorf("want an error that begins with %q: %+v", want, got.Trials)
	}
}
