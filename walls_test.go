// Package mmapbench_test keeps the walls of the house: who may import whom, how
// large a file may grow, and how wide a line.
package mmapbench_test

import (
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// mayImport lists, for every room, the rooms it may import. A prefix stands for
// everything below it. Rooms under internal may import one another; the Go tool
// refuses cycles. Tests may import what they like.
var mayImport = map[string][]string{
	"cmd/mmapbench": {"cli"},
	"cli": {"session", "harness", "report", "analysis", "lab", "experiment", "target", "schedule",
		"command", "workloads", "io", "results", "internal"},
	"session": {"harness", "analysis", "schedule", "experiment", "target", "workloads", "results",
		"internal"},
	"harness":              {"target", "schedule", "command", "workloads", "io/backend", "results", "internal"},
	"report":               {"report/document", "report/words", "report/chart", "analysis", "results", "internal"},
	"report/document":      {"internal"},
	"report/words":         {"analysis", "results", "internal"},
	"report/chart":         {"report/document", "internal"},
	"report/comparison":    {"report/document", "report/words", "report/chart", "analysis", "results", "internal"},
	"report/history":       {"report/document", "report/words", "report/chart", "analysis", "results", "internal"},
	"analysis":             {"analysis/verdict", "analysis/changepoint", "results", "internal"},
	"analysis/verdict":     {"internal"},
	"analysis/changepoint": {"internal"},
	"analysis/simulate":    {"analysis/verdict", "schedule", "results", "internal"},
	"lab":                  {"internal"},
	"experiment": {"target", "schedule", "command", "workloads", "io/backend", "results", "internal/reason",
		"internal/spelling", "internal/units"},
	"target":   {"schedule", "workloads", "io/backend", "results", "internal"},
	"schedule": {"workloads", "io/backend", "results", "internal"},
	"command":  {"results"},
	"workloads": {"io/backend", "internal/latency", "internal/spelling", "internal/splitmix",
		"internal/trace", "internal/units"},
	"io/backend":             {"internal"},
	"io/backend/backendtest": {"io/backend", "internal"},
	"io/overhead":            {},
	"io/readwrite":           {"io/backend", "internal"},
	"io/mmapio":              {"io/backend", "internal"},
	"io/uring":               {"io/backend", "internal"},
	"results":                {"internal"},
	"report/export": {"report", "report/document", "report/words", "report/comparison", "analysis", "results",
		"internal"},
	"report/reporttest":   {"results", "internal"},
	"results/resultstest": {"results"},
	"internal":            {"internal"},
	"scripts/guest/init":  {},
	"scripts/guest/check": {"results"},
	"scripts/probe":       {"cli", "workloads", "io/backend"},
	"scripts/bigfiles":    {"report/reporttest"},
	"scripts/module":      {},
	"scripts/simulate":    {"analysis/simulate"},
	"scripts/realgates":   {"analysis/simulate"},
	"docs/example":        {"cli", "workloads", "io/backend"},
	"docs/example/pieces": {"cli", "io/backend"},
	"docs/example/measure": {"session", "harness", "target", "experiment", "analysis", "report", "results",
		"workloads", "io"},
	"docs/search": {"cli", "workloads"},
}

type goPackage struct {
	ImportPath string
	Imports    []string
	Doc        string
	GoFiles    []string
	Module     struct{ Path string }
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,Doc,GoFiles,Module", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var pkgs []goPackage
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p goPackage
		if err := dec.Decode(&p); err == io.EOF {
			return pkgs
		} else if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
}

func TestWalls(t *testing.T) {
	pkgs := listPackages(t)
	if len(pkgs) < 10 {
		t.Fatalf("go list found only %d packages", len(pkgs))
	}
	for _, p := range pkgs {
		if len(p.GoFiles) == 0 {
			continue
		}
		module := p.Module.Path + "/"
		room := strings.TrimPrefix(p.ImportPath, module)
		allowed, ok := allowedFor(room)
		if !ok {
			t.Errorf("%s is a room that the house does not know: add it to mayImport, and say why in the commit", room)
		}
		for _, imp := range p.Imports {
			if to, ours := strings.CutPrefix(imp, module); ours && !within(to, allowed) {
				t.Errorf("%s imports %s; it may import %v only", room, to, allowed)
			}
		}
		if p.Doc == "" {
			t.Errorf("%s has no doc comment that states its job", room)
		}
	}
}

// TestReadersNeedNoLinux: what reads run files is built for other systems too, so
// nothing that measures may be among what the program is made of there.
func TestReadersNeedNoLinux(t *testing.T) {
	for _, system := range []string{"darwin", "windows"} {
		cmd := exec.Command("go", "list", "-deps", "./cmd/mmapbench")
		cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH=arm64")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go list for %s: %v", system, err)
		}
		for _, room := range []string{"session", "harness", "lab", "io/mmapio", "io/readwrite", "io/uring",
			"internal/counters", "internal/dataset", "internal/pagecache", "internal/preflight"} {
			if strings.Contains(string(out), "/"+room+"\n") {
				t.Errorf("for %s the program contains %s: give the file of cli that imports it the build line that "+
					"cli/run.go has", system, room)
			}
		}
	}
}

func allowedFor(room string) ([]string, bool) {
	if strings.HasPrefix(room, "internal/") {
		return mayImport["internal"], true
	}
	a, ok := mayImport[room]
	return a, ok
}

func within(room string, allowed []string) bool {
	for _, a := range allowed {
		if room == a || strings.HasPrefix(room, a+"/") {
			return true
		}
	}
	return false
}

// TestFilesStaySmall keeps every source file under 400 lines, and every line at 120
// columns or less, of which a tab takes 4.
func TestFilesStaySmall(t *testing.T) {
	const maxLines, maxColumns = 399, 120
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		lines := 0
		for line := range strings.Lines(string(text)) {
			lines++
			width := utf8.RuneCountInString(strings.TrimRight(line, "\n")) + 3*strings.Count(line, "\t")
			if width > maxColumns {
				t.Errorf("%s:%d has %d columns; at most %d are allowed", path, lines, width, maxColumns)
			}
		}
		if lines > maxLines {
			t.Errorf("%s has %d lines; at most %d are allowed", path, lines, maxLines)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
