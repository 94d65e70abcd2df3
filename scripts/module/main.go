// Command module gives the module in this folder another path: in go.mod, in every
// import, and in the code and commands that the documents show. Then it builds and
// vets all of it.
//
//	go run ./scripts/module example.org/you/mmapbench
//
// The old path is read from go.mod, and the places to change follow from it.
package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./scripts/module PATH, as in example.org/you/mmapbench")
		os.Exit(2)
	}
	if err := move(os.Args[1]); err != nil {
		fmt.Fprintf(os.Stderr, "module: %v\n", err)
		os.Exit(1)
	}
}

// move renames the module in the working directory and builds it.
func move(to string) error {
	from, changed, err := rename(to)
	if err != nil {
		return err
	}
	for _, check := range []string{"build", "vet"} {
		if err := command("go", check, "./..."); err != nil {
			return err
		}
	}
	fmt.Printf("The module is %s now, and was %s: %d files and go.mod were changed, and all of "+
		"it builds.\n", to, from, changed)
	fmt.Println("docs/extending.md and docs/ci.md say that it has no address: once it is published, take that out.")
	return nil
}

// rename returns the old path, and how many files it changed beside go.mod.
func rename(to string) (from string, changed int, err error) {
	out, err := exec.Command("go", "list", "-m").Output()
	if err != nil {
		return "", 0, fmt.Errorf("go list -m: %w", err)
	}
	from = strings.TrimSpace(string(out))
	if first, _, _ := strings.Cut(to, "/"); !strings.Contains(first, ".") {
		return from, 0, fmt.Errorf("%q has no dot in its first part, so nobody could get it: take one such as "+
			"example.org/you/mmapbench", to)
	}
	if err := command("go", "mod", "edit", "-module", to); err != nil {
		return from, 0, err
	}
	err = filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case !d.Type().IsRegular():
			return nil
		}
		did, err := rewrite(path, from, to)
		if did {
			changed++
		}
		return err
	})
	return from, changed, err
}

func command(args ...string) error {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", strings.Join(args, " "), err)
	}
	return nil
}

// rewrite reports whether the file was changed.
func rewrite(path, from, to string) (bool, error) {
	change := document
	switch filepath.Ext(path) {
	case ".go":
		change = imports
	case ".md":
	default:
		return false, nil
	}
	old, err := os.ReadFile(path)
	if err != nil {
		return false, err
	}
	text, err := change(old, from, to)
	if err != nil {
		return false, fmt.Errorf("%s: %w", path, err)
	}
	if bytes.Equal(old, text) {
		return false, nil
	}
	return true, os.WriteFile(path, text, 0o644)
}

// imports changes what a file imports, and nothing else; the imports are put in order
// again.
func imports(text []byte, from, to string) ([]byte, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "", text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	changed := false
	for _, spec := range f.Imports {
		old, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, fmt.Errorf("import %s: %w", spec.Path.Value, err)
		}
		if rest, ours := strings.CutPrefix(old, from); ours && (rest == "" || rest[0] == '/') {
			spec.Path.Value, changed = strconv.Quote(to+rest), true
		}
	}
	if !changed {
		return text, nil
	}
	ast.SortImports(fset, f)
	var b bytes.Buffer
	err = format.Node(&b, fset, f)
	return b.Bytes(), err
}

// document changes the imports and the commands that it shows.
func document(text []byte, from, to string) ([]byte, error) {
	return []byte(strings.NewReplacer(
		`"`+from+"/", `"`+to+"/",
		"-require "+from+"@", "-require "+to+"@",
		"-replace "+from+"=", "-replace "+to+"=",
		"`"+from+"/cmd/", "`"+to+"/cmd/",
	).Replace(string(text))), nil
}
