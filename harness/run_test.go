package harness_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mmapbench/experiment"
	"mmapbench/harness"
	"mmapbench/internal/dataset"
	"mmapbench/io/backend"
	"mmapbench/io/mmapio"
	"mmapbench/io/readwrite"
	"mmapbench/results"
	"mmapbench/results/resultstest"
	"mmapbench/target"
	"mmapbench/workloads"
)

// The test binary is its own worker, as the program is.
const workerVariable = "MMAPBENCH_TEST_WORKER"

func TestMain(m *testing.M) {
	if action := os.Getenv(filterVariable); action != "" {
		forbid(action)
	}
	if os.Getenv(workerVariable) != "" {
		inWorker = true
		if err := harness.Serve(os.Args[1:], os.Stdin, os.Stdout, catalogue()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		os.Exit(0)
	}
	os.Setenv(workerVariable, "1")
	os.Exit(m.Run())
}

// catalogue is the real one with workloads that misbehave.
func catalogue() workloads.Catalogue {
	return workloads.Catalogue{Workloads: append(workloads.All(), misbehaving()...),
		Backends: slices.Concat(readwrite.All(), mmapio.All(), []backend.Backend{onlyOnce(), wishing()})}
}

type fixture struct {
	dir  string
	path string // where the run file is
}

// when passes on the events of one kind.
func when[E harness.Event](f func(E)) func(harness.Event) {
	return func(e harness.Event) {
		if e, ok := e.(E); ok {
			f(e)
		}
	}
}

// run carries out an experiment on a temporary directory and returns how it
// ended and what the run file holds.
func run(t *testing.T, text string, change func(*harness.Runner)) (*results.Run, results.End, error) {
	t.Helper()
	fx := fixture{dir: t.TempDir(), path: filepath.Join(t.TempDir(), "run.jsonl")}
	return fx.run(t, text, change)
}

func (fx fixture) run(t testing.TB, text string, change func(*harness.Runner)) (*results.Run, results.End, error) {
	t.Helper()
	return fx.runPlan(t, text, func(*results.Plan) {}, change)
}

// runPlan is run with a plan that is changed before it is written down.
func (fx fixture) runPlan(t testing.TB, text string, edit func(*results.Plan),
	change func(*harness.Runner)) (*results.Run, results.End, error) {
	t.Helper()
	e, err := experiment.Parse("test.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	opened, err := target.Open(results.Target{Name: "here", Dir: fx.dir}, catalogue())
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	plan, err := experiment.Build(e, catalogue(), []target.Site{opened.Site})
	if err != nil {
		t.Fatal(err)
	}
	edit(plan)
	w, err := results.Create(fx.path, results.Header{Plan: *plan})
	if err != nil {
		t.Fatal(err)
	}
	return fx.carryOut(t, plan, opened, w, change)
}

func (fx fixture) carryOut(t testing.TB, plan *results.Plan, opened *target.Target, w *results.Writer,
	change func(*harness.Runner)) (*results.Run, results.End, error) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := &harness.Runner{Plan: plan, Catalogue: catalogue(), Targets: []*target.Target{opened},
		Worker: []string{exe}, Writer: w}
	if change != nil {
		change(r)
	}
	end, runErr := r.Run(context.Background(), make(chan struct{}))
	got, err := results.Read(fx.path)
	if err != nil {
		t.Fatal(err)
	}
	return got, end, runErr
}

const everything = `
rounds = 2
size = "1M"
record = ["4k", "64k"]
consumer = ["touch", "sum", "copy"]
cache = ["cold", "warm"]
durability = ["none", "data"]
backend = ["read", "pread", "mmap", "mmap:private,populate", "mmap:msync=async,advise=random"]
workload = ["seqscan", "random", "copy", "append"]
`

// TestEveryArmIsVerified runs every workload by every family and checks what
// the trials say of themselves.
func TestEveryArmIsVerified(t *testing.T) {
	t.Parallel()
	fx := fixture{dir: t.TempDir(), path: filepath.Join(t.TempDir(), "run.jsonl")}
	got, end, err := fx.run(t, everything, nil)
	if err != nil || end.Status != results.EndComplete {
		t.Fatalf("ended %q: %v", end.Status, err)
	}
	if file, err := os.ReadFile(fx.path); err != nil {
		t.Error(err)
	} else if err := resultstest.Validate(file); err != nil {
		t.Errorf("real output breaks the published schema: %v", err)
	}
	arms := got.Header.Plan.Arms
	if want := 2 * len(arms); len(got.Trials) != want {
		t.Fatalf("%d trials of %d arms in 2 rounds", len(got.Trials), len(arms))
	}
	for _, tr := range got.Trials {
		arm := arms[tr.Arm]
		if tr.Error != nil {
			t.Errorf("%+v: %s: %s", arm, tr.Error.Kind, tr.Error.Text)
			continue
		}
		if tr.Check == nil || !tr.Check.OK || tr.Total() <= 0 {
			t.Errorf("%+v: check %+v, total %v", arm, tr.Check, tr.Total())
		}
		if writes := arm.Durability != ""; writes && tr.Laps != 1 {
			t.Errorf("%+v: %d laps of a trial that writes", arm, tr.Laps)
		}
		if syncs := arm.Durability == "data" || strings.Contains(arm.Backend, "msync") &&
			arm.Durability != ""; syncs != (tr.Sync != nil) {
			t.Errorf("%+v: sync phase %v", arm, tr.Sync)
		}
		if arm.Cache != "" && tr.Cache == nil {
			t.Errorf("%+v: no evidence of its cache state", arm)
		}
		if arm.Cache == results.Cached &&
			(tr.Cache.Before == nil || *tr.Cache.Before != tr.Cache.Pages || tr.Cache.Pages == 0) {
			t.Errorf("%+v: cached with %+v", arm, tr.Cache)
		}
		if arm.Cache == results.Cached && arm.Durability == "" &&
			tr.Timed() < results.DefaultMinTrial {
			t.Errorf("%+v: %d laps of %v are shorter than a trial may be", arm, tr.Laps, tr.Total())
		}
	}
}

func TestMappingsFaultAndReadsDoNot(t *testing.T) {
	got, _, err := run(t, "rounds=1\nsize='4M'\nrecord='64k'\ncache='warm'\nworkload='seqscan'\n"+
		"backend=['pread','mmap']", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tr := range got.Trials {
		faults := tr.Body.MinorFaults / int64(tr.Laps)
		// Fault-around brings 64 KiB a fault, large folios more, never all.
		mapped := got.Header.Plan.Arms[tr.Arm].Backend == "mmap"
		if mapped && faults < 1 || !mapped && faults > 8 {
			t.Errorf("%s: %d minor faults a lap", got.Header.Plan.Arms[tr.Arm].Backend, faults)
		}
	}
}

// TestFailuresCostOneTrial runs workloads that fail in every way beside one
// that does not.
func TestFailuresCostOneTrial(t *testing.T) {
	for workload, kind := range map[string]string{
		"panics": results.ErrorPanic, "killed": results.ErrorKilled, "fails": results.ErrorIO,
		"truncates": results.ErrorSIGBUS,
	} {
		t.Run(workload, func(t *testing.T) {
			got, end, err := run(t, "rounds=1\nsize='1M'\nrecord='4k'\ncache='warm'\nworkload=['"+workload+
				"','append']\nbackend='mmap'", nil)
			if err != nil || end.Status != results.EndComplete || len(got.Trials) != 2 {
				t.Fatalf("%d trials, ended %q: %v", len(got.Trials), end.Status, err)
			}
			for _, tr := range got.Trials {
				if got.Header.Plan.Arms[tr.Arm].Workload == "append" {
					if !tr.Usable() {
						t.Errorf("the other trial failed too: %+v", tr.Error)
					}
				} else if tr.Error == nil || tr.Error.Kind != kind {
					t.Errorf("error %+v, want kind %s", tr.Error, kind)
				}
			}
		})
	}
}

func TestWrongBytesEndTheRun(t *testing.T) {
	got, end, err := run(t, "rounds=3\nsize='1M'\nrecord='4k'\ncache='cold'\nworkload='lies'\nbackend='pread'", nil)
	if !errors.Is(err, harness.ErrWrongBytes) || end.Status != results.EndError || len(got.Trials) != 1 {
		t.Fatalf("%d trials, ended %q: %v", len(got.Trials), end.Status, err)
	}
	if tr := got.Trials[0]; tr.Check.OK || tr.Error.Kind != results.ErrorBytes {
		t.Errorf("check %+v, error %+v", tr.Check, tr.Error)
	}
}

// TestChangedByteIsFound flips one bit of the dataset behind the run's back.
func TestChangedByteIsFound(t *testing.T) {
	_, _, err := run(t, "rounds=2\nsize='1M'\nrecord='64k'\ncache='warm'\nworkload='seqscan'\nbackend='mmap'",
		func(r *harness.Runner) {
			r.Tell = when(func(p harness.Progress) {
				if p.Round != 1 {
					return
				}
				path := filepath.Join(r.Targets[0].Target.Dir, dataset.FolderName)
				names, err := filepath.Glob(filepath.Join(path, "*-1M-*"))
				if err != nil || len(names) != 1 {
					t.Fatalf("datasets %v: %v", names, err)
				}
				f, err := os.OpenFile(names[0], os.O_RDWR, 0)
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				var b [1]byte
				if _, err := f.ReadAt(b[:], 777_777); err != nil {
					t.Fatal(err)
				}
				b[0] ^= 4
				if _, err := f.WriteAt(b[:], 777_777); err != nil {
					t.Fatal(err)
				}
			})
		})
	if !errors.Is(err, harness.ErrWrongBytes) {
		t.Errorf("one flipped bit gave the error %v", err)
	}
}

func TestInterruptEndsAfterTheRunningTrial(t *testing.T) {
	defer harness.SetInterruptGrace(time.Minute)() // however slow the machine is just now
	stop := make(chan struct{})
	fx := fixture{dir: t.TempDir(), path: filepath.Join(t.TempDir(), "run.jsonl")}
	const text = "rounds=2\nsize='1M'\nrecord='4k'\ncache='warm'\nworkload=['seqscan','random']\n" +
		"backend=['read','pread','mmap']"
	got, _, _ := fx.run(t, text, nil)
	if err := os.Remove(fx.path); err != nil {
		t.Fatal(err)
	}
	all := len(got.Trials)

	opened, err := target.Open(results.Target{Name: "here", Dir: fx.dir}, catalogue())
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	w, err := results.Create(fx.path, got.Header)
	if err != nil {
		t.Fatal(err)
	}
	exe, _ := os.Executable()
	r := &harness.Runner{Plan: &got.Header.Plan, Catalogue: catalogue(), Targets: []*target.Target{opened},
		Worker: []string{exe}, Writer: w,
		Tell: when(func(p harness.Progress) {
			if p.Done == 3 {
				close(stop)
			}
		})}
	end, err := r.Run(context.Background(), stop)
	if err != nil || end.Status != results.EndInterrupted {
		t.Fatalf("ended %q: %v", end.Status, err)
	}

	// And go on from there: every arm of every round exactly once.
	paused, err := results.OpenPaused(fx.path)
	if err != nil {
		t.Fatal(err)
	}
	half := paused.Run
	w, err = paused.Resume(results.Resume{Started: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	if len(half.Trials) != 4 {
		t.Errorf("%d trials before the interrupt took hold, want the 3 done and the one running", len(half.Trials))
	}
	whole, end, err := fx.carryOut(t, &got.Header.Plan, opened, w, func(r *harness.Runner) { r.Done = half.Trials })
	if err != nil || end.Status != results.EndComplete || len(whole.Trials) != all {
		t.Fatalf("resumed: %d trials of %d, ended %q: %v", len(whole.Trials), all, end.Status, err)
	}
	seen := map[[2]int]bool{}
	for _, tr := range whole.Trials {
		seen[[2]int{tr.Round, tr.Arm}] = true
	}
	if len(seen) != all {
		t.Errorf("%d different trials of %d", len(seen), all)
	}
}

func TestBudgetEndsTheRun(t *testing.T) {
	got, end, err := run(t, "rounds=100000\nbudget='3s'\nsize='1M'\nrecord='4k'\ncache='warm'\nworkload='seqscan'\n"+
		"backend='pread'", nil)
	if err != nil || end.Status != results.EndBudget {
		t.Fatalf("ended %q: %v", end.Status, err)
	}
	if n := len(got.Trials); n < 1 || n >= 100000 {
		t.Errorf("%d trials in a budget of 3 s", n)
	}
}

func TestNothingIsLeftButTheDataset(t *testing.T) {
	fx := fixture{dir: t.TempDir(), path: filepath.Join(t.TempDir(), "run.jsonl")}
	if _, _, err := fx.run(t, "rounds=1\nsize='1M'\nrecord='4k'\nworkload=['copy','append']\nbackend=['pread','mmap']",
		nil); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(fx.dir, dataset.FolderName, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		if base := filepath.Base(n); base == "out" || base == "calibration" {
			t.Errorf("%s is still there", n)
		}
	}
	if _, err := dataset.Clean(fx.dir); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(fx.dir, "*")); len(left) != 0 {
		t.Errorf("after clean: %v", left)
	}
}

func TestWorkRefusesGarbage(t *testing.T) {
	for _, text := range []string{"", "{", `{"colour":"red"}`} {
		if err := harness.Work(strings.NewReader(text), io.Discard, catalogue()); err == nil {
			t.Errorf("%q was taken for a specification", text)
		}
	}
}
