package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mmapbench/results"
)

func TestTheDocumentShowsThisProgram(t *testing.T) {
	program, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	document, err := os.ReadFile("../extending.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(document), "```go\n"+string(program)+"```") {
		t.Error("docs/extending.md does not show docs/search/main.go as it is")
	}
}

// TestTheProgramRuns wants what the document promises: searches in sorted records
// of any size, from one file, with accesses counted.
func TestTheProgramRuns(t *testing.T) {
	dir := t.TempDir()
	bin := filepath.Join(dir, "search")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	cmd := exec.Command(bin, "run", "--workload", "search", "--backend", "pread,mmap", "--size", "1M",
		"--record", "64,4k",
		"--ops", "50", "--cache", "cached,mapped", "--rounds", "2", "--charts", "none", "--out", "out")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("run: %v\n%s", err, out)
	}
	files, err := filepath.Glob(filepath.Join(dir, "out", "*.jsonl"))
	if err != nil || len(files) != 1 {
		t.Fatalf("run files %v: %v", files, err)
	}
	run, err := results.Read(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, tr := range run.Trials {
		a := run.Header.Plan.Arms[tr.Arm]
		if tr.Error != nil || tr.Check == nil || !tr.Check.OK {
			t.Fatalf("round %d, arm %d: error %+v, check %+v", tr.Round, tr.Arm, tr.Error, tr.Check)
		}
		// 50 searches among 16,384 records or 256: at most 15 or 9 steps each.
		steps := float64(tr.Accesses) / float64(50*tr.Laps)
		if most := map[int64]float64{64: 15, 4096: 9}[a.Record]; steps > most || steps < most/2 ||
			tr.Bytes != tr.Accesses*a.Record {
			t.Errorf("records of %d: %.1f accesses a search, %d bytes in %d accesses", a.Record, steps,
				tr.Bytes, tr.Accesses)
		}
	}
	data, err := filepath.Glob(filepath.Join(dir, "mmapbench.d", "data-1M-*"))
	if err != nil || len(data) != 1 {
		t.Errorf("datasets %v: %v; want one for both record sizes", data, err)
	}
}
