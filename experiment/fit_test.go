package experiment_test

import (
	"testing"

	"mmapbench/experiment"
	"mmapbench/io/backend"
	"mmapbench/io/readwrite"
	"mmapbench/target"
)

// TestABackendIsAskedOnce plans seven automatic sizes, of which none fits the budget,
// with every factor on two targets.
func TestABackendIsAskedOnce(t *testing.T) {
	asked := map[string]int{}
	c := catalogue()
	c.Backends = []backend.Backend{counted{readwrite.Pread, asked}}
	other := fast
	other.Name, other.Dir = "other", "/other"
	const text = "budget='1ms'\nrecord=['4k','64k']\ncache=['cold','cached']\n" +
		"workload=['seqscan','random','append','copy']\nbackend='pread'"
	if _, err := experiment.Build(load(t, text), c, []target.Site{fast, other}); err != nil {
		t.Fatal(err)
	}
	if want := 3 * 2; len(asked) != want { // verbs, targets
		t.Errorf("asked: %v, want %d questions", asked, want)
	}
	for question, times := range asked {
		if times != 1 {
			t.Errorf("%s: asked %d times", question, times)
		}
	}
}

// counted counts how often it is configured, and for what.
type counted struct {
	backend.Backend
	asked map[string]int
}

func (c counted) Configure(verb backend.Verb, dir string, o backend.Options) (backend.Access, error) {
	c.asked[string(verb)+" in "+dir]++
	return c.Backend.Configure(verb, dir, o)
}
