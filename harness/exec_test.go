package harness_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mmapbench/experiment"
	"mmapbench/harness"
	"mmapbench/internal/host"
	"mmapbench/results"
	"mmapbench/results/resultstest"
)

// runCommands carries out an experiment of commands that gives measurements.
func runCommands(t *testing.T, e *experiment.Experiment) *results.Run {
	t.Helper()
	got, end, err := tryCommands(t, e)
	if err != nil || end.Status != results.EndComplete {
		t.Fatalf("ended %q: %v", end.Status, err)
	}
	return got
}

// tryCommands carries out an experiment of commands, whatever comes of it.
func tryCommands(t *testing.T, e *experiment.Experiment) (*results.Run, results.End, error) {
	t.Helper()
	plan, err := experiment.Build(e, catalogue(), nil)
	if err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "run.jsonl")
	w, err := results.Create(path, results.Header{Plan: *plan})
	if err != nil {
		t.Fatal(err)
	}
	facts := host.Read("/", []host.Target{{Name: plan.Targets[0].Name, Dir: plan.Targets[0].Dir}})
	r := &harness.Runner{Plan: plan, Catalogue: catalogue(), Worker: []string{exe}, Writer: w, Host: facts}
	end, runErr := r.Run(context.Background(), make(chan struct{}))
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := resultstest.Validate(file); err != nil {
		t.Errorf("real output breaks the published schema: %v", err)
	}
	got, err := results.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return got, end, runErr
}

func commands(t *testing.T, lines ...string) []results.Command {
	t.Helper()
	var out []results.Command
	for _, l := range lines {
		c, err := experiment.ParseCommand(l)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}

func TestCommandsAreMeasured(t *testing.T) {
	onDevice(t)
	file := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(file, make([]byte, 8<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	got := runCommands(t, &experiment.Experiment{Name: "exec", Rounds: 2, Files: []string{file},
		Commands: commands(t, "reads=cat "+file, "sleeps=sleep 0.03", "shell=cat "+file+" | wc -c")})
	if len(got.Trials) != 12 {
		t.Fatalf("%d trials, want 12", len(got.Trials))
	}
	for _, tr := range got.Trials {
		arm := got.Header.Plan.Arms[tr.Arm]
		if tr.Error != nil || tr.Setup != nil || tr.Body == nil || tr.Check == nil || !tr.Check.OK {
			t.Fatalf("%s: %+v, %+v", arm.Backend, tr.Error, tr.Body)
		}
		reads := arm.Backend != "sleeps"
		if arm.Cache == results.Cold && reads &&
			(tr.Cache.Proof != results.ProofStrong || *tr.Device.OwnRead < 8<<20*9/10) {
			t.Errorf("%s, cold: proof %s (%s), %d bytes from the device", arm.Backend, tr.Cache.Proof, tr.Cache.Reason,
				*tr.Device.OwnRead)
		}
		if arm.Cache == results.Cold && !reads && tr.Cache.Proof != results.ProofWeak {
			t.Errorf("a command that reads nothing proves nothing of the device: %s", tr.Cache.Proof)
		}
		if arm.Cache == results.Cached && *tr.Device.OwnRead > 1<<20 {
			t.Errorf("%s, cached: %d bytes from the device", arm.Backend, *tr.Device.OwnRead)
		}
		if !reads && tr.Body.Wall < 30*time.Millisecond {
			t.Errorf("sleep 0.03 took %v", tr.Body.Wall)
		}
		if tr.Body.MinorFaults == 0 {
			t.Errorf("%s took no fault: these are not its accounts", arm.Backend)
		}
	}
}

func TestACommandThatFailsIsAnErrorOfItsArm(t *testing.T) {
	gone := filepath.Join(t.TempDir(), "gone")
	if err := os.WriteFile(gone, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	got := runCommands(t, &experiment.Experiment{Name: "exec", Rounds: 2, Commands: commands(t,
		"ok=rm -f "+gone, "exits=sh -c 'echo one; echo the last line >&2; exit 3'", "silent=sh -c 'echo 0; exit 1'",
		"missing="+gone, "dies=sh -c 'kill -9 $$'", "group=sh -c 'kill 0'")})
	want := map[string]string{
		"exits":   `exit code 3; accepted is exit code 0 (see --exit-codes); it said: "the last line"`,
		"silent":  `it said: "0"`,
		"missing": "no such file", "dies": "signal 9 (killed)", "group": "signal 15 (terminated)"}
	for _, tr := range got.Trials[len(want)+1:] {
		name := got.Header.Plan.Arms[tr.Arm].Backend
		switch text, fails := want[name]; {
		case !fails && tr.Error != nil:
			t.Errorf("%s: %+v", name, tr.Error)
		case fails &&
			(tr.Error == nil || tr.Error.Kind != results.ErrorCommand || !strings.Contains(tr.Error.Brief(), text)):
			t.Errorf("%s: %+v, want %q in it", name, tr.Error, text)
		}
	}
}

func TestCommandsThatCannotBePlanned(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cold := experiment.Factors{"cache": {"cold"}}
	for name, c := range map[string]struct {
		e    experiment.Experiment
		want string
	}{
		"two of a name": {experiment.Experiment{Commands: commands(t, "a=true", "a=false")},
			"two commands are called"},
		"an empty file": {experiment.Experiment{Commands: commands(t, "true"), Files: []string{empty}}, "is empty"},
		"a folder": {experiment.Experiment{Commands: commands(t, "true"), Files: []string{t.TempDir()}},
			"not a regular file"},
		"no file": {experiment.Experiment{Commands: commands(t, "true"), Files: []string{"/no/such/file"}},
			"no such file"},
		"cache, no files": {experiment.Experiment{Commands: commands(t, "true"), Factors: cold}, "--file"},
		"mapped": {experiment.Experiment{Commands: commands(t, "true"), Files: []string{os.Args[0]},
			Factors: experiment.Factors{"cache": {"mapped"}}}, "known: cold, cached, drop-caches"},
		"a missing one": {experiment.Experiment{Commands: commands(t, "no-such-program-here x")},
			`no program "no-such-program-here"`},
		"no such output": {experiment.Experiment{Commands: commands(t, "true"), Way: experiment.Way{Output: "nul"}},
			`did you mean "null"`},
		"no such code": {experiment.Experiment{Commands: commands(t, "true"),
			Way: experiment.Way{ExitCodes: []int{256}}}, "0 to 255"},
		"no such shell": {experiment.Experiment{Commands: commands(t, "true"),
			Way: experiment.Way{Shell: "/no/such/shell"}}, "shell: "},
		"no preparation": {experiment.Experiment{Commands: commands(t, "true"),
			Way: experiment.Way{Prepare: "no-such-program-here"}}, "prepare: "},
		"no conclusion": {experiment.Experiment{Commands: commands(t, "true"), Way: experiment.Way{Conclude: "(true"}},
			"conclude: "},
		"a duration": {experiment.Experiment{Commands: commands(t, "true"),
			Measure: results.Measure{Duration: time.Second}},
			"--duration"},
	} {
		if _, err := experiment.Build(&c.e, catalogue(), nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	for text, want := range map[string]results.Command{
		"cat big":           {Name: "cat", Line: "cat big"},
		"/bin/cat a=b":      {Name: "cat", Line: "/bin/cat a=b"},
		"old=/bin/cat a=b":  {Name: "old", Line: "/bin/cat a=b"},
		"v1.2-x=make bench": {Name: "v1.2-x", Line: "make bench"},
	} {
		if got, err := experiment.ParseCommand(text); err != nil || got.Name != want.Name || got.Line != want.Line {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "  ", "x=", "x= "} {
		if _, err := experiment.ParseCommand(text); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}
