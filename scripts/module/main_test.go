package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestACopyUnderAnotherPath renames a copy of this module. No package of the old
// path is left, and all that is imported is there.
func TestACopyUnderAnotherPath(t *testing.T) {
	const to = "example.org/you/mmapbench"
	dir := t.TempDir()
	copyModule(t, "../..", dir)
	t.Chdir(dir)
	from, changed, err := rename(to)
	if err != nil || changed < 100 {
		t.Fatalf("%d files were changed: %v", changed, err)
	}
	out, err := exec.Command("go", "list", "-deps", "-test", "./...").Output()
	if exit, ok := err.(*exec.ExitError); ok {
		t.Fatalf("%v\n%s", err, exit.Stderr)
	}
	ours := 0
	for path := range strings.Lines(string(out)) {
		if path = strings.TrimSpace(path); path == from || strings.HasPrefix(path, from+"/") {
			t.Errorf("%s is still there", path)
		} else if strings.HasPrefix(path, to+"/") {
			ours++
		}
	}
	if ours < 50 {
		t.Errorf("only %d packages are below %s", ours, to)
	}
	doc, err := os.ReadFile(filepath.Join("docs", "extending.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"` + to + `/cli"`, "-require " + to + "@v0.0.0 -replace " + to + "=../mmapbench"} {
		if !strings.Contains(string(doc), want) {
			t.Errorf("docs/extending.md does not show %s", want)
		}
	}
	if out, err := exec.Command("gofmt", "-l", ".").CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("gofmt: %v\n%s", err, out)
	}
}

// copyModule copies what the go command needs: no datasets, and nothing of git.
func copyModule(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		switch {
		case d.IsDir() && slices.Contains([]string{".git", "mmapbench.d", "testdata", "dist"}, d.Name()):
			return fs.SkipDir
		case d.IsDir():
			return os.MkdirAll(target, 0o755)
		case !d.Type().IsRegular(), slices.Contains([]string{".jsonl", ".png", ".svg"}, filepath.Ext(path)):
			return nil // what runs leave; everything else may be embedded
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, text, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestImports(t *testing.T) {
	const old = `// Package p is "mmapbench/cli" in words.
package p

import (
	"fmt" // Go's

	m "mmapbench"
	"mmapbench/zoo"
	"mmapbenchmark/cli"
)

// "mmapbench/cli" in a comment, and in a string:
var s = fmt.Sprint("mmapbench/cli", m.M, zoo.Z, cli.C)
`
	want := strings.NewReplacer(`m "mmapbench"`, `m "example.org/m"`, `"mmapbench/zoo"`,
		`"example.org/m/zoo"`).Replace(old)
	got, err := imports([]byte(old), "mmapbench", "example.org/m")
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s", err, got)
	}
}

func TestPathsThatNobodyCouldGet(t *testing.T) {
	t.Chdir("../..")
	for _, path := range []string{"", "mmapbench", "you/mmapbench", "/tmp/x.y"} {
		if _, changed, err := rename(path); err == nil || changed > 0 {
			t.Errorf("%q was taken", path)
		}
	}
}
