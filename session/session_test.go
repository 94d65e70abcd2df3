package session_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"mmapbench/experiment"
	"mmapbench/harness"
	"mmapbench/io/readwrite"
	"mmapbench/results"
	"mmapbench/session"
	"mmapbench/target"
	"mmapbench/workloads"
)

var all = workloads.Catalogue{Workloads: workloads.All(), Backends: readwrite.All()}

func TestMain(m *testing.M) {
	harness.WorkerMain(all)
	os.Exit(m.Run())
}

// TestARunIsStoppedAndGoneOnWith: every trial is there once, and a run whose target is
// gone is not gone on with.
func TestARunIsStoppedAndGoneOnWith(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	here, err := target.Open(results.Target{Name: "here", Dir: dir}, all)
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close()
	e, err := experiment.Parse("scan.toml",
		[]byte("workload='seqscan'\nbackend=['read','pread']\nsize='1M'\ncache='cached'\nrounds=3"))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := experiment.Build(e, all, []target.Site{here.Site})
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	q := session.Request{Plan: plan, Catalogue: all, Targets: []*target.Target{here}, Dir: out, Stop: stop,
		Tell: func(e harness.Event) {
			if p, ok := e.(harness.Progress); ok && p.Done == 2 {
				close(stop)
			}
		}}
	first, err := session.Run(context.Background(), q)
	if err != nil || first.End.Status != results.EndInterrupted {
		t.Fatalf("ended %q: %v", first.End.Status, err)
	}

	paused, err := results.OpenPaused(first.Path)
	if err != nil {
		t.Fatal(err)
	}
	if err := session.ResumesHere(paused); err != nil {
		t.Error(err)
	}
	q.Stop, q.Tell, q.Resume = nil, nil, paused
	second, err := session.Run(context.Background(), q)
	if err != nil || second.End.Status != results.EndComplete || second.Path != first.Path {
		t.Fatalf("%+v: %v", second.End, err)
	}
	run, err := results.Read(first.Path)
	if err != nil || len(run.Trials) != 6 || run.Header.Tool.Go == "" {
		t.Errorf("%d trials by %+v, want 6: %v", len(run.Trials), run.Header.Tool, err)
	}

	paused.Plan.Targets[0].Dir = filepath.Join(dir, "gone")
	if err := session.ResumesHere(paused); !errors.As(err, new(*session.ElsewhereError)) {
		t.Errorf("error %v", err)
	}
}
