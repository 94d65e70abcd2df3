package results_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mmapbench/results"
)

// finish writes a run file with one trial that ends so; "": it has no end.
func finish(t *testing.T, name, status string, usable bool) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	w, err := results.Create(path, header())
	if err != nil {
		t.Fatal(err)
	}
	tr := trial(0, 0)
	if !usable {
		tr.Excluded = "not-cold"
	}
	if err := w.Append(tr); err != nil {
		t.Fatal(err)
	}
	if status != "" {
		if err := w.Close(results.End{Status: status, Reason: "wrong bytes"}); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func TestBaselines(t *testing.T) {
	dir := t.TempDir()
	if names, err := results.Baselines(filepath.Join(dir, "nowhere")); err != nil || len(names) != 0 {
		t.Errorf("a store that is not there: %v, %v", names, err)
	}
	if _, err := results.Baseline(dir, "main"); !errors.Is(err, results.ErrNoBaseline) ||
		!strings.Contains(err.Error(), "none yet") {
		t.Errorf("in an empty store: %v", err)
	}
	first, second := finish(t, "a.jsonl", results.EndComplete, true), write(t)
	for _, file := range []string{first, second} { // the second replaces the first
		path, err := results.KeepBaseline(dir, "main", file)
		if err != nil {
			t.Fatal(err)
		}
		if want := filepath.Join(dir, "baselines", "main.jsonl"); path != want {
			t.Errorf("kept as %s, want %s", path, want)
		}
		found, err := results.Baseline(dir, "main")
		if err != nil || found != path {
			t.Errorf("found %s, %v; want %s", found, err, path)
		}
		if diff := cmp.Diff(content(t, file), content(t, found)); diff != "" {
			t.Errorf("the copy differs (-file +copy):\n%s", diff)
		}
	}
	if _, err := results.KeepBaseline(dir, "v1.2", finish(t, "b.jsonl", results.EndBudget, true)); err != nil {
		t.Errorf("a run that used its time up is not kept: %v", err)
	}
	names, err := results.Baselines(dir)
	if diff := cmp.Diff([]string{"main", "v1.2"}, names); diff != "" || err != nil {
		t.Errorf("%v; names (-want +got):\n%s", err, diff)
	}
	if _, err := results.Baseline(dir, "mian"); !errors.Is(err, results.ErrNoBaseline) ||
		!strings.Contains(err.Error(), "main, v1.2") {
		t.Errorf("an unknown name: %v, want the known ones", err)
	}
	left, err := os.ReadDir(filepath.Join(dir, "baselines"))
	if err != nil || len(left) != 2 {
		t.Errorf("files %v, %v; want two", left, err)
	}
}

// TestUnfitBaselines checks that what is no whole run leaves the old baseline as
// it is.
func TestUnfitBaselines(t *testing.T) {
	dir := t.TempDir()
	path, err := results.KeepBaseline(dir, "main", write(t))
	if err != nil {
		t.Fatal(err)
	}
	before := content(t, path)
	notes := filepath.Join(dir, "notes.jsonl")
	if err := os.WriteFile(notes, []byte("hello\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for file, says := range map[string]string{
		finish(t, "cut.jsonl", "", true):                             "cut short",
		finish(t, "interrupted.jsonl", results.EndInterrupted, true): "interrupted",
		finish(t, "error.jsonl", results.EndError, true):             "ended by an error: wrong bytes",
		finish(t, "unusable.jsonl", results.EndComplete, false):      "no trial gave a measurement",
		notes:                               "not a run file",
		filepath.Join(dir, "nowhere.jsonl"): "no such file",
	} {
		if _, err := results.KeepBaseline(dir, "main", file); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", filepath.Base(file), err, says)
		}
	}
	if content(t, path) != before {
		t.Error("the baseline was touched")
	}
	// A folder in the way: nothing is left behind.
	if err := os.MkdirAll(filepath.Join(dir, "baselines", "taken.jsonl", "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := results.KeepBaseline(dir, "taken", write(t)); err == nil {
		t.Error("a folder was replaced")
	}
	left, err := filepath.Glob(filepath.Join(dir, "baselines", ".new-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestBaselineNames(t *testing.T) {
	for _, name := range []string{"main", "v1.2.3", "release_2026-01", "pr 17", "größer"} {
		if err := results.CheckBaselineName(name); err != nil {
			t.Errorf("%q is refused: %v", name, err)
		}
	}
	for _, name := range []string{"", ".", "..", ".hidden", "-x", "a/b", "../main", `a\b`, "a\nb",
		strings.Repeat("x", 201)} {
		if results.CheckBaselineName(name) == nil {
			t.Errorf("%q is accepted", name)
		}
		if _, err := results.Baseline(t.TempDir(), name); err == nil || errors.Is(err, results.ErrNoBaseline) {
			t.Errorf("looking for %q: %v", name, err)
		}
		if _, err := results.KeepBaseline(t.TempDir(), name, "x.jsonl"); err == nil ||
			strings.Contains(err.Error(), "no such file") {
			t.Errorf("keeping %q: %v", name, err)
		}
	}
}

func content(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
