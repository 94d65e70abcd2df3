package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mmapbench/results"
)

// TestTheDocumentShowsThisProgram keeps docs/extending.md true, to the letter
// and to its promise of 30 lines.
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
		t.Error("docs/extending.md does not show docs/example/main.go as it is")
	}
	if n := strings.Count(string(program), "\n"); n > 32 {
		t.Errorf("the example has %d lines; it is to show that a workload takes about 30", n)
	}
}

func TestTheProgramRuns(t *testing.T) {
	dir := t.TempDir()
	bin := filepath.Join(dir, "example")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	cmd := exec.Command(bin, "run", "--workload", "chase", "--backend", "read,pread,mmap", "--size", "1M", "--record", "4k",
		"--consumer", "touch,sum,copy", "--rounds", "6", "--charts", "none", "--out", "out")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "chase") {
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
	usable := map[int]int{}
	for _, tr := range run.Trials {
		if tr.Error != nil || tr.Check == nil || !tr.Check.OK {
			t.Errorf("round %d, arm %d: error %+v, check %+v", tr.Round, tr.Arm, tr.Error, tr.Check)
			continue
		}
		// Somebody else may evict a page of ours in between.
		if usable[tr.Arm] += 1; tr.Excluded != "" {
			usable[tr.Arm]--
			t.Logf("round %d, arm %d: %s", tr.Round, tr.Arm, tr.Excluded)
		}
	}
	for _, a := range run.Header.Plan.Arms {
		if usable[a.ID] == 0 {
			t.Errorf("arm %d has no usable trial", a.ID)
		}
	}
	if want := 6 * 18; len(run.Trials) != want {
		t.Errorf("%d trials, want %d", len(run.Trials), want)
	}
}
