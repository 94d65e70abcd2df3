package main

import (
	"slices"
	"strings"
	"testing"

	"mmapbench/io/backend"
	"mmapbench/workloads"
)

// skip reads a record, leaves n out, and so on.
func skip(n int64) workloads.Workload {
	return workloads.Reader(workloads.Info{
		Name:    "skip",
		Summary: "read a record, leave some out, and so on",
		Sampled: true,
		Options: []backend.Option{{Name: "records", Kind: backend.Count, Min: 1, Max: 1000, Default: "3",
			Doc: "how many records are left out after each one"}},
		Configure: func(given backend.Options) (workloads.Workload, error) {
			n, err := given.Count("records")
			return skip(n), err
		},
	}, func(r *workloads.Reading) error {
		record := int64(r.Spec.Record)
		for i := range r.Ops {
			off := i * (n + 1) % (r.Spec.Size / record) * record
			p, err := r.View(off, int(record))
			if err != nil {
				return err
			}
			r.Consume(p, off)
		}
		return nil
	})
}

// TestTheDocumentShowsAWorkloadWithOptions, as it is, and it does what is said there.
func TestTheDocumentShowsAWorkloadWithOptions(t *testing.T) {
	this, document := read(t, "options_test.go"), read(t, "../extending.md")
	_, program, _ := strings.Cut(this, "// skip reads")
	program, _, _ = strings.Cut("// skip reads"+program, "\n// Test")
	if !strings.Contains(document, "```go\n"+program+"```") {
		t.Error("docs/extending.md does not show the function skip as it is")
	}
	c := workloads.Catalogue{Workloads: []workloads.Workload{skip(3)}}
	for text, want := range map[string][]int64{"skip": {0, 32, 64, 96}, "skip:records=7": {0, 64, 128, 192}} {
		w, err := c.Workload(text)
		if err != nil || w.Info().Name != text {
			t.Fatalf("%s: %v", text, err)
		}
		seen := &places{}
		job, err := w.New(workloads.Task{Access: backend.Access{Open: seen.open}, Ops: 4,
			Spec: backend.Spec{Size: 800, Record: 8}})
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range []func() error{job.Prepare, job.Setup, job.Body, job.Teardown} {
			if err := step(); err != nil {
				t.Fatal(err)
			}
		}
		if !slices.Equal(seen.offsets, want) {
			t.Errorf("%s reads at %d, want %d", text, seen.offsets, want)
		}
	}
}

// places is a file of nothing that notes what is asked for.
type places struct{ offsets []int64 }

func (p *places) open(string, backend.Spec) (backend.File, error) { return p, nil }
func (p *places) Worker(int) (backend.Worker, error)              { return p, nil }
func (p *places) Close() error                                    { return nil }
func (p *places) View(off int64, n int) ([]byte, error) {
	p.offsets = append(p.offsets, off)
	return make([]byte, n), nil
}
