package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
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
	for _, name := range []string{"20260102T030405Z-quick.jsonl", "20260103T030405Z-full.jsonl", "20260103T030405Z-full-2.jsonl",
		"20260102T040405Z-gate.jsonl", "20270101T000000Z-notes.txt"} {
		if err := os.WriteFile(path(name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := runFile(path("latest")); err != nil || got != path("20260103T030405Z-full-2.jsonl") {
		t.Errorf("%s, %v", got, err)
	}
	if err := os.WriteFile(path("latest"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := runFile(path("latest")); err != nil || got != path("latest") {
		t.Errorf("a file called latest: %s, %v", got, err)
	}
}
