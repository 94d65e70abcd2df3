package results_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mmapbench/results"
)

func header() results.Header {
	return results.Header{
		Command: []string{"mmapbench", "run"},
		Started: time.Unix(1e9, 0).UTC(),
		Checks:  []results.TargetCheck{{Target: "here", Name: "write-read", Answer: "yes", Evidence: "equal"}},
		Plan: results.Plan{
			Name: "test", Rounds: 2, Measure: results.Measure{Latency: "off"},
			Targets: []results.Target{{Name: "here", Dir: "/tmp"}},
			Arms: []results.Arm{
				{ID: 0, Target: "here", Workload: "seqscan", Backend: "pread", Size: 4096, Record: 4096, Ops: 1,
					Bytes: 4096, Cache: "cached"},
				{ID: 1, Target: "here", Workload: "seqscan", Backend: "mmap", Size: 4096, Record: 4096, Ops: 1,
					Bytes: 4096, Cache: "cached"},
			},
		},
	}
}

func trial(round, arm int) results.Trial {
	p := func(d time.Duration) *results.Phase { return &results.Phase{Wall: d} }
	return results.Trial{Round: round, Arm: arm, Laps: 2, Setup: p(10), Body: p(100), Teardown: p(20)}
}

func write(t *testing.T) string { return fixture(t) }

func fixture(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run.jsonl")
	w, err := results.Create(path, header())
	if err != nil {
		t.Fatal(err)
	}
	for round := range 2 {
		for arm := range 2 {
			if err := w.Append(trial(round, arm)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(results.End{Status: results.EndComplete}); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRoundTrip(t *testing.T) {
	run, err := results.Read(write(t))
	if err != nil {
		t.Fatal(err)
	}
	want := trial(1, 0)
	want.Type = results.LineTrial
	if diff := cmp.Diff(want, run.Trials[2]); diff != "" {
		t.Errorf("trial (-want +got):\n%s", diff)
	}
	if got := run.Trials[0].Total(); got != 65 {
		t.Errorf("Total of 130 ns in 2 laps = %d ns, want 65", got)
	}
	if run.End == nil || run.End.Trials != 4 || run.Torn {
		t.Errorf("end %+v, torn %v; want 4 trials, not torn", run.End, run.Torn)
	}
}

// TestCutAnywhere cuts a run file at every byte: whatever is left is readable
// or, if the cut is in the header, refused with ErrCut.
func TestCutAnywhere(t *testing.T) {
	whole, err := os.ReadFile(write(t))
	if err != nil {
		t.Fatal(err)
	}
	headerEnd := bytes.IndexByte(whole, '\n')
	for n := 1; n < len(whole); n++ {
		run, err := results.Decode(bytes.NewReader(whole[:n]))
		if n <= headerEnd {
			if !errors.Is(err, results.ErrCut) && !errors.Is(err, results.ErrNotRunFile) {
				t.Fatalf("cut at %d: error %v, want ErrCut or ErrNotRunFile", n, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("cut at %d: %v", n, err)
		}
		if want := bytes.Count(whole[headerEnd+1:n], []byte("\n")); len(run.Trials) != want {
			t.Fatalf("cut at %d: %d trials, want %d", n, len(run.Trials), want)
		}
		if run.Torn != (whole[n-1] != '\n') {
			t.Fatalf("cut at %d: torn %v", n, run.Torn)
		}
	}
}

func TestReopen(t *testing.T) {
	path := write(t)
	whole, _ := os.ReadFile(path)
	lines := bytes.SplitAfter(whole, []byte("\n"))
	// Header, two trials and half of the third.
	torn := bytes.Join(lines[:3], nil)
	torn = append(torn, lines[3][:20]...)
	if err := os.WriteFile(path, torn, 0o644); err != nil {
		t.Fatal(err)
	}
	paused, err := results.OpenPaused(path)
	if err != nil {
		t.Fatal(err)
	}
	run := paused.Run
	w, err := paused.Resume(results.Resume{Started: time.Unix(2e9, 0).UTC()})
	if err != nil {
		t.Fatal(err)
	}
	if len(run.Trials) != 2 || !run.Torn {
		t.Fatalf("%d trials, torn %v; want 2, torn", len(run.Trials), run.Torn)
	}
	if err := w.Append(trial(1, 0)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(results.End{Status: results.EndComplete}); err != nil {
		t.Fatal(err)
	}
	run, err = results.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(run.Trials) != 3 || len(run.Resumes) != 1 || run.Torn || run.End.Trials != 3 {
		t.Errorf("after resuming: %d trials, %d resumes, torn %v, end %+v", len(run.Trials), len(run.Resumes),
			run.Torn, run.End)
	}
}

func TestRefusals(t *testing.T) {
	whole, _ := os.ReadFile(write(t))
	first, rest, _ := strings.Cut(string(whole), "\n")
	tests := map[string]struct {
		text string
		is   error
		says string
	}{
		"empty":      {"", results.ErrNotRunFile, "empty"},
		"text":       {"hello\n", results.ErrNotRunFile, ""},
		"other JSON": {`{"a":1}` + "\n", results.ErrNotRunFile, ""},
		"other schema": {strings.Replace(first, `"schema":3`, `"schema":99`, 1) + "\n" + rest,
			results.ErrSchema, "99"},
		"oldest schema": {strings.Replace(first, `"schema":3`, `"schema":1`, 1) + "\n" + rest, results.ErrSchema,
			"version 1"},
		"garbage line":  {first + "\n{]\n", nil, "line 2"},
		"unknown type":  {first + "\n" + `{"type":"x"}` + "\n", nil, `"x"`},
		"foreign arm":   {first + "\n" + strings.Replace(rest, `"arm":0`, `"arm":7`, 1), nil, "arm 7"},
		"missing phase": {first + "\n" + `{"type":"trial","arm":0,"laps":1}` + "\n", nil, "phase"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := results.Decode(strings.NewReader(tt.text))
			if err == nil || tt.is != nil && !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v, want one that is %v and says %q", err, tt.is, tt.says)
			}
		})
	}
}

func TestCreateNeverOverwrites(t *testing.T) {
	path := write(t)
	if _, err := results.Create(path, header()); !errors.Is(err, os.ErrExist) {
		t.Errorf("Create over an existing file: %v, want ErrExist", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"type":"header","format":"mmapbench-run","schema":3}` + "\n" + `{"type":"end"}` + "\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		run, err := results.Decode(bytes.NewReader(b))
		if (run == nil) == (err == nil) {
			t.Fatalf("run %v and error %v", run, err)
		}
	})
}
