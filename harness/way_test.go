package harness_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"mmapbench/experiment"
	"mmapbench/harness"
	"mmapbench/internal/host"
	"mmapbench/results"
)

// oneTrial runs a command once, in some way.
func oneTrial(t *testing.T, way experiment.Way, line string) *results.Trial {
	t.Helper()
	got, _, _ := tryCommands(t, &experiment.Experiment{Name: "exec", Rounds: 1, Way: way,
		Commands: commands(t, "it="+line, "ok=true")})
	for i := range got.Trials {
		if got.Header.Plan.Arms[got.Trials[i].Arm].Backend == "it" {
			return &got.Trials[i]
		}
	}
	t.Fatal("no trial")
	return nil
}

// TestWhatACommandIsGiven has commands look at their own input and output.
func TestWhatACommandIsGiven(t *testing.T) {
	for output, look := range map[string]string{
		results.OutputPipe: "[ -p /dev/stdout ]", results.OutputNull: "[ /dev/stdout -ef /dev/null ]",
		results.OutputFile:    "[ -f /dev/stdout ]",
		results.OutputInherit: "! [ /dev/stdout -ef /dev/stdin ]",
	} {
		line := look + " && [ /dev/stdin -ef /dev/null ] || { echo wrong >&2; exit 1; }"
		if tr := oneTrial(t, experiment.Way{Output: output}, line); tr.Error != nil {
			t.Errorf("%s: %+v", output, tr.Error)
		}
		tr := oneTrial(t, experiment.Way{Output: output}, "echo so it is; exit 4")
		said := strings.Contains(tr.Error.Brief(), `it said: "so it is"`)
		if kept := output == results.OutputPipe || output == results.OutputFile; said != kept {
			t.Errorf("%s: %+v", output, tr.Error)
		}
	}
}

// TestATrialEndsWithItsCommand: whatever its children do is not its time; they are
// named, and gone before the next trial.
func TestATrialEndsWithItsCommand(t *testing.T) {
	tr := oneTrial(t, experiment.Way{}, "sleep 61 & (sleep 62 &) ; echo up")
	if tr.Error != nil || tr.Body.Wall > 20*time.Second {
		t.Fatalf("%+v, %+v", tr.Error, tr.Body)
	}
	if !slices.Contains(tr.Warnings, results.WarnLeftover) || len(tr.Leftovers) != 2 {
		t.Fatalf("warnings %v, leftovers %+v", tr.Warnings, tr.Leftovers)
	}
	for _, p := range tr.Leftovers {
		if p.Name != "sleep" {
			t.Errorf("%+v", p)
		}
		if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p.PID)); err == nil &&
			strings.HasPrefix(string(text), "sleep\x006") {
			t.Errorf("%+v goes on after its trial", p)
		}
	}
	if tr := oneTrial(t, experiment.Way{}, "sleep 0.01"); len(tr.Leftovers) > 0 ||
		slices.Contains(tr.Warnings, results.WarnLeftover) {
		t.Errorf("leftovers %+v of a command without children", tr.Leftovers)
	}
}

// TestSessionsOfTheirOwn: what runs in one is named and let go after a command that
// ends, and killed with one that takes too long.
func TestSessionsOfTheirOwn(t *testing.T) {
	pids := filepath.Join(t.TempDir(), "pids")
	tr := oneTrial(t, experiment.Way{}, "setsid sleep 0.9 & true")
	if !slices.Contains(tr.Warnings, results.WarnLeftGoing) || len(tr.Leftovers) != 1 || !tr.Leftovers[0].Runs {
		t.Errorf("%v, %+v", tr.Warnings, tr.Leftovers)
	}
	way := experiment.Way{Limit: experiment.Duration(500 * time.Millisecond)}
	tr = oneTrial(t, way, "setsid -w sh -c 'echo $$ >>"+pids+"; exec sleep 75'")
	if tr.Error == nil || tr.Error.Kind != results.ErrorTimeout {
		t.Errorf("%+v", tr.Error)
	}
	nobody(t, pids)
}

func TestExitCodesThatAreNoFailure(t *testing.T) {
	for _, c := range []struct {
		codes []int
		line  string
		ok    bool
	}{
		{nil, "exit 0", true}, {nil, "exit 1", false}, {[]int{1, 0}, "exit 1", true}, {[]int{0, 1}, "exit 2", false},
		{[]int{3}, "exit 0", false},
		{[]int{0, 9, 137}, "kill -9 $$", false}, // a signal is no exit code
	} {
		tr := oneTrial(t, experiment.Way{ExitCodes: c.codes}, c.line)
		if (tr.Error == nil) != c.ok {
			t.Errorf("%v, %s: %+v", c.codes, c.line, tr.Error)
		}
		if c.ok && tr.Check.Got != strings.Replace(c.line, "exit", "exit code", 1) {
			t.Errorf("%v, %s: %+v", c.codes, c.line, tr.Check)
		}
	}
}

func TestACommandHasALimit(t *testing.T) {
	began := time.Now()
	tr := oneTrial(t, experiment.Way{Limit: experiment.Duration(300 * time.Millisecond)},
		"echo waiting; sleep 60 | cat")
	if tr.Error == nil || tr.Error.Kind != results.ErrorTimeout ||
		!strings.Contains(tr.Error.Text, "--command-limit") || !strings.Contains(tr.Error.Text, "waiting") {
		t.Errorf("%+v", tr.Error)
	}
	if time.Since(began) > 30*time.Second {
		t.Error("it waited for the command's children")
	}
}

// TestWhatComesBeforeAndAfter follows the order by what each writes down.
func TestWhatComesBeforeAndAfter(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	note := func(word string) string { return "echo " + word + " >>" + log }
	read := func() string {
		text, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		os.Remove(log)
		return strings.Join(strings.Fields(string(text)), " ")
	}
	way := experiment.Way{Prepare: note("before"), Conclude: note("after")}
	if tr := oneTrial(t, way, note("it")+"; sleep 0.05"); tr.Error != nil || tr.Body.Wall < 50*time.Millisecond {
		t.Errorf("%+v", tr)
	}
	if got := read(); !strings.Contains(got, "before it after") || strings.Count(got, "before") != 2 ||
		strings.Count(got, "after") != 2 {
		t.Errorf("they came as %s", got)
	}
	// What concludes comes after a failure too, and what prepares can fail itself.
	if tr := oneTrial(t, way, "exit 1"); tr.Error == nil || !strings.Contains(read(), "after") {
		t.Errorf("%+v", tr.Error)
	}
	for what, way := range map[string]experiment.Way{"prepare": {Prepare: "echo no >&2; false"},
		"conclude": {Conclude: "echo no >&2; false"}} {
		tr := oneTrial(t, way, note("it"))
		if tr.Error == nil || tr.Error.Kind != results.ErrorCommand || !strings.HasPrefix(tr.Error.Text,
			"--"+what+` "echo no`) || tr.Error.Said != "no" {
			t.Errorf("%s: %+v", what, tr.Error)
		}
		if _, err := os.Stat(log); (err == nil) != (what == "conclude") {
			t.Errorf("%s: the command ran, or not: %v", what, err)
		}
		os.Remove(log)
	}
}

// TestPreparationMayMakeTheFile has it written anew before each cold trial.
func TestPreparationMayMakeTheFile(t *testing.T) {
	onDevice(t)
	file := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(file, make([]byte, 4<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	got := runCommands(t, &experiment.Experiment{Name: "exec", Rounds: 2, Files: []string{file},
		Factors:  experiment.Factors{"cache": {"cold"}},
		Way:      experiment.Way{Prepare: "rm " + file + "; head -c 4M /dev/urandom >" + file},
		Commands: commands(t, "cat="+"cat "+file)})
	for _, tr := range got.Trials {
		if tr.Error != nil || tr.Cache.Proof != results.ProofStrong {
			t.Errorf("%+v, %+v", tr.Error, tr.Cache)
		}
	}
}

// TestAKilledWorkerLeavesNothing: whoever kills the worker, or the limit that the
// run has, the command's own group ends as well.
func TestAKilledWorkerLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	pids := filepath.Join(dir, "pids")
	line := "sleep 71 & echo $! >>" + pids + "; sleep 72 & echo $! >>" + pids + "; kill -9 $PPID; wait"
	tr := oneTrial(t, experiment.Way{}, line)
	if tr.Error == nil || tr.Error.Kind != results.ErrorKilled {
		t.Fatalf("%+v", tr.Error)
	}
	nobody(t, pids)
}

// TestAnInterruptedCommandLeavesNothing ends a run that is in the middle of one.
func TestAnInterruptedCommandLeavesNothing(t *testing.T) {
	pids := filepath.Join(t.TempDir(), "pids")
	e := &experiment.Experiment{Name: "exec", Rounds: 1,
		Commands: commands(t, "it=setsid sleep 73 & echo $! >>"+pids+"; sleep 74 & echo $! >>"+pids+"; wait")}
	plan, err := experiment.Build(e, catalogue(), nil)
	if err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w, err := results.Create(filepath.Join(t.TempDir(), "run.jsonl"), results.Header{Plan: *plan})
	if err != nil {
		t.Fatal(err)
	}
	facts := host.Read("/", []host.Target{{Name: plan.Targets[0].Name, Dir: plan.Targets[0].Dir}})
	r := &harness.Runner{Plan: plan, Catalogue: catalogue(), Worker: []string{exe}, Writer: w, Host: facts}
	stop := make(chan struct{})
	go func() {
		for range 1000 {
			if text, _ := os.ReadFile(pids); strings.Count(string(text), "\n") == 2 {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		close(stop)
	}()
	if end, err := r.Run(context.Background(), stop); err != nil || end.Status != results.EndInterrupted {
		t.Errorf("ended %q: %v", end.Status, err)
	}
	nobody(t, pids)
}

// nobody wants the processes whose numbers are in a file to be gone.
func nobody(t *testing.T, pids string) {
	t.Helper()
	text, err := os.ReadFile(pids)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range strings.Fields(string(text)) {
		pid, err := strconv.Atoi(p)
		if err != nil {
			t.Fatal(err)
		}
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err == nil && strings.Contains(string(stat), "(sleep) S") {
			t.Errorf("process %d goes on", pid)
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}
