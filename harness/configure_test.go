package harness_test

import (
	"fmt"
	"testing"

	"mmapbench/io/backend"
	"mmapbench/io/readwrite"
)

// inWorker: this process is a worker.
var inWorker bool

// onceConfigured is pread that a worker can configure once, without a look at the
// folder: more of it would be booked to a trial, or done on the device that has just
// been measured.
type onceConfigured struct {
	backend.Backend
	asked *int
}

func (onceConfigured) Info() backend.Info { return backend.Info{Name: "once"} }

func (b onceConfigured) Configure(verb backend.Verb, dir string, o backend.Options) (backend.Access, error) {
	*b.asked++
	if inWorker && (dir != "" || *b.asked > 1) {
		return backend.Access{}, fmt.Errorf("configured %d times, with the folder %q", *b.asked, dir)
	}
	return b.Backend.Configure(verb, dir, o)
}

func onlyOnce() backend.Backend { return onceConfigured{readwrite.Pread, new(int)} }

func TestAWorkerConfiguresOnce(t *testing.T) {
	const text = "rounds=1\nsize='1M'\nrecord='4k'\nworkload=['seqscan','random','append','copy']\n" +
		"backend='once'\ncache=['cold','cached','mapped']\nlatency='on'\ndurability=['none','data']"
	got, _, err := run(t, text, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tr := range got.Trials {
		if tr.Error != nil {
			t.Errorf("arm %d: %v", tr.Arm, tr.Error)
		}
	}
	if len(got.Trials) < 10 {
		t.Errorf("%d trials", len(got.Trials))
	}
}
