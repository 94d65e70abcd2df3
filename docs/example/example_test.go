package main

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"mmapbench/io/backend"
	"mmapbench/workloads"
)

// TestTheDocumentShowsThesePrograms keeps docs/extending.md true, to the letter
// and to its promise that a workload is one function.
func TestTheDocumentShowsThesePrograms(t *testing.T) {
	document, err := os.ReadFile("../extending.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, most := range map[string]int{"main.go": 32, "pieces/main.go": 80, "measure/main.go": 68} {
		program, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(document), "```go\n"+string(program)+"```") {
			t.Errorf("docs/extending.md does not show docs/example/%s as it is", name)
		}
		if n := strings.Count(string(program), "\n"); n > most {
			t.Errorf("%s has %d lines; it is to show that %d are enough", name, n, most)
		}
	}
	suite, err := os.ReadFile("pieces/pieces_test.go")
	if err != nil {
		t.Fatal(err)
	}
	if _, test, ok := strings.Cut(string(suite), "\nfunc "); !ok ||
		!strings.Contains(string(document), "```go\nfunc "+test+"```") {
		t.Error("docs/extending.md does not show the test of docs/example/pieces as it is")
	}
}

// TestTheDocumentIsComplete: whoever writes a workload or a backend learns there of all
// that the contracts have.
func TestTheDocumentIsComplete(t *testing.T) {
	document, err := os.ReadFile("../extending.md")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	fields := func(t reflect.Type, prefix string) {
		for f := range t.Fields() {
			names = append(names, prefix+f.Name)
		}
	}
	methods := func(t reflect.Type) {
		for m := range t.Methods() {
			names = append(names, m.Name)
		}
	}
	fields(reflect.TypeFor[backend.Access](), "")
	fields(reflect.TypeFor[backend.Needs](), "Needs.")
	fields(reflect.TypeFor[backend.Option](), "")
	fields(reflect.TypeFor[workloads.Info](), "")
	methods(reflect.TypeFor[workloads.Job]())
	methods(reflect.TypeFor[backend.Worker]())
	methods(reflect.TypeFor[backend.Batcher]())
	for _, name := range names {
		// Needs has fields of its own, and the programs show the others.
		known := slices.Contains([]string{"Needs", "Name", "Summary", "Doc"}, name)
		if !known && !strings.Contains(string(document), "`"+name+"`") {
			t.Errorf("docs/extending.md says nothing of `%s`", name)
		}
	}
}
