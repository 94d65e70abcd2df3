package main

import (
	"os"
	"strings"
	"testing"
)

// TestTheDocumentShowsThesePrograms keeps docs/extending.md true, to the letter
// and to its promise that a workload is one function.
func TestTheDocumentShowsThesePrograms(t *testing.T) {
	document, err := os.ReadFile("../extending.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, most := range map[string]int{"main.go": 32, "pieces/main.go": 80} {
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
	if _, test, ok := strings.Cut(string(suite), "\nfunc "); !ok || !strings.Contains(string(document), "```go\nfunc "+test+"```") {
		t.Error("docs/extending.md does not show the test of docs/example/pieces as it is")
	}
}
