//go:build linux && !386 && !arm

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

func TestLatestIsTheNewestRunFile(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	if _, err := runFile(path("latest")); err == nil || !strings.Contains(err.Error(), "no run file") {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := runFile(path("none/latest")); err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("no folder: %v", err)
	}
	if got, err := runFile(path("x.jsonl")); err != nil || got != path("x.jsonl") {
		t.Errorf("a file by its name: %s, %v", got, err)
	}
	for _, name := range []string{"20260102T030405Z-quick.jsonl", "20260103T030405Z-full.jsonl",
		"20260103T030405Z-full-2.jsonl",
		"20260102T040405Z-gate.jsonl", "20270101T000000Z-notes.txt"} {
		if err := os.WriteFile(path(name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := runFile(path("latest")); err != nil || got != path("20260103T030405Z-full-2.jsonl") {
		t.Errorf("%s, %v", got, err)
	}
	// A file that somebody named, or a copy, is as old as it looks.
	if err := os.WriteFile(path("today.jsonl"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for age, want := range map[string]string{"2026-01-01T00:00:00Z": "20260103T030405Z-full-2.jsonl",
		"2026-02-01T00:00:00Z": "today.jsonl"} {
		when, err := time.Parse(time.RFC3339, age)
		if err == nil {
			err = os.Chtimes(path("today.jsonl"), when, when)
		}
		if err != nil {
			t.Fatal(err)
		}
		if got, err := runFile(path("latest")); err != nil || got != path(want) {
			t.Errorf("beside one of %s: %s, %v; want %s", age, got, err, want)
		}
	}
	if err := os.WriteFile(path("latest"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := runFile(path("latest")); err != nil || got != path("latest") {
		t.Errorf("a file called latest: %s, %v", got, err)
	}
}

func TestLatestIsCompleted(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"results/20260102T030405Z-quick.jsonl", "results/notes.txt", "empty/x",
		"mine.jsonl"} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for typed, want := range map[string]string{
		"":           "empty/ mine.jsonl results/ results/latest",
		"res":        "results/ results/latest",
		"results/":   "results/20260102T030405Z-quick.jsonl results/latest",
		"results/la": "results/latest",
		"mi":         "mine.jsonl",
		"empty/":     "",
	} {
		got, how := runCandidates(typed)
		if text := strings.Join(got, " "); text != want || how&cobra.ShellCompDirectiveNoFileComp == 0 {
			t.Errorf("%q: %s (%v), want %s", typed, text, how, want)
		}
	}
	if got, err := runFile("latest"); err != nil || got != "results/20260102T030405Z-quick.jsonl" {
		t.Errorf("latest by itself: %s, %v", got, err)
	}
}
