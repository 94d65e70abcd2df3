package experiment_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mmapbench/experiment"
	"mmapbench/results"
)

func TestSplitBackends(t *testing.T) {
	tests := map[string]experiment.List{
		"pread":                                   {"pread"},
		"pread,mmap":                              {"pread", "mmap"},
		"mmap:private,populate,read,pread":        {"mmap:private,populate", "read", "pread"},
		"mmap:advise=random,mmap:locked":          {"mmap:advise=random", "mmap:locked"},
		"read,mmap:private,advise=random,pread":   {"read", "mmap:private,advise=random", "pread"},
		"mmap:advise=random,advise=hugepage,mmap": {"mmap:advise=random,advise=hugepage", "mmap"},
	}
	for text, want := range tests {
		got, err := split("backend", text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", text, err, diff)
		}
	}
	if _, err := split("backend", "pread,mmpa"); err == nil || !strings.Contains(err.Error(), `"mmap"`) {
		t.Errorf("pread,mmpa: error %v, want one that names mmap", err)
	}
}

func split(factor, text string) (experiment.List, error) {
	f, err := results.FactorOf(factor)
	if err != nil {
		return nil, err
	}
	return experiment.Split(catalogue(), f, text)
}

func TestSplitWorkloads(t *testing.T) {
	for text, want := range map[string]experiment.List{
		"seqscan":                           {"seqscan"},
		"seqscan, random":                   {"seqscan", "random"},
		"random:zipf=1,hits=0.8,copy":       {"random:zipf=1,hits=0.8", "copy"},
		"random:zipf=1,random,random:a,b=c": {"random:zipf=1", "random", "random:a,b=c"},
	} {
		got, err := split("workload", text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", text, err, diff)
		}
	}
	for text, want := range map[string]string{"seqscan,rnadom": `"random"`, "seqscan,,copy": "an empty element"} {
		if _, err := split("workload", text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %s", text, err, want)
		}
	}
}

// TestReplaceGoesByTheNameAlone: a workload with options is tried as the experiment tries
// the workload without.
func TestReplaceGoesByTheNameAlone(t *testing.T) {
	e := load(t, "[[grid]]\nworkload = ['seqscan', 'random']\nrecord = ['4k']\n[[grid]]\nworkload = 'copy'")
	e.Replace(experiment.Factors{"workload": {"random:zipf=1", "random", "copy"}})
	var got [][]string
	for _, g := range e.Grid {
		got = append(got, append(slices.Clone(g["workload"]), g["record"]...))
	}
	want := [][]string{{"random:zipf=1", "random", "4k"}, {"copy"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
