package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"mmapbench/analysis/verdict"
)

// block finds the code blocks of a document; the second group is what stands
// behind the language, the third the text.
var block = regexp.MustCompile("(?ms)^```(sh|yaml)( run)?\n(.*?)^```")

// TestRecipesAreTrue parses every command of docs/ci.md, so that a flag that is
// renamed is renamed there, and runs those that are marked to be run.
func TestRecipesAreTrue(t *testing.T) {
	doc, err := os.ReadFile("../docs/ci.md")
	if err != nil {
		t.Fatal(err)
	}
	parsed, run := 0, 0
	dir := t.TempDir()
	for _, b := range block.FindAllStringSubmatch(string(doc), -1) {
		for line := range strings.Lines(b[3]) {
			args := recipe(line)
			if args == nil {
				continue
			}
			parsed++
			parses(t, args)
			if b[2] != "" {
				run++
				runs(t, dir, args)
			}
		}
	}
	if parsed < 10 || run < 4 {
		t.Errorf("%d commands were parsed and %d run: the document has more", parsed, run)
	}
}

// recipe returns the arguments of a line that runs this program, or one built
// on it; nil for others.
func recipe(line string) []string {
	line = strings.TrimSpace(line)
	for _, prefix := range []string{"- if: always()", "- ", "run: "} {
		line = strings.TrimSpace(strings.TrimPrefix(line, prefix))
	}
	rest, ok := strings.CutPrefix(line, "mmapbench ")
	if !ok {
		rest, ok = strings.CutPrefix(line, "./bench-head ")
	}
	if !ok {
		return nil
	}
	for _, end := range []string{" >", " ||", " #"} {
		rest, _, _ = strings.Cut(rest, end)
	}
	return strings.Fields(rest)
}

func parses(t *testing.T, args []string) {
	t.Helper()
	a := &app{catalogue: catalogue()}
	c, rest, err := a.root().Find(args)
	if err == nil {
		err = c.ParseFlags(rest)
	}
	if err == nil {
		err = c.ValidateArgs(c.Flags().Args())
	}
	if err != nil || c == nil || !c.Runnable() {
		t.Errorf("mmapbench %s: %v", strings.Join(args, " "), err)
	}
}

// runs runs a recipe as a process of its own, since a gate has workers.
func runs(t *testing.T, dir string, args []string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "mmapbench") // the test binary is the program under this name
	if err := os.Symlink(exe, link); err != nil && !os.IsExist(err) {
		t.Fatal(err)
	}
	cmd := exec.Command(link, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if exit, ok := err.(*exec.ExitError); ok && exit.ExitCode() == verdict.ExitInvalid {
		return // invalid: this machine is too busy, which is no error of the recipe
	}
	if err != nil {
		t.Errorf("mmapbench %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}
