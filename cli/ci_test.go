//go:build linux && !386 && !arm

package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mmapbench/analysis/verdict"
)

// block finds the code blocks of a document; the second group is what stands
// behind the language, the third the text.
var block = regexp.MustCompile("(?ms)^```(sh|yaml)( run)?\n(.*?)^```")

// TestRecipesAreTrue parses every command of the documents, so that a flag that
// is renamed is renamed there, and runs those that are marked to be run.
func TestRecipesAreTrue(t *testing.T) {
	for _, d := range []struct {
		name        string
		parsed, run int // the least
	}{{"ci.md", 10, 4}, {"guide.md", 15, 15}, {"experiments.md", 1, 1}} {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			doc, err := os.ReadFile("../docs/" + d.name)
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
					if !strings.Contains(line, "$(") { // what the shell puts there is not known
						parsed++
						parses(t, args)
					}
					if b[2] != "" {
						run++
						runs(t, dir, line)
					}
				}
			}
			if parsed < d.parsed || run < d.run {
				t.Errorf("%d commands were parsed and %d run: the document has more", parsed, run)
			}
		})
	}
}

// TestTheGuideShowsWhatItSays: each section of the course ends in commands.
func TestTheGuideShowsWhatItSays(t *testing.T) {
	doc, err := os.ReadFile("../docs/guide.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := strings.Split(string(doc), "\n## ")[1:]
	if len(sections) < 10 {
		t.Errorf("%d sections", len(sections))
	}
	for i, s := range sections {
		last := strings.TrimSpace(s)
		if i == len(sections)-1 { // it has a farewell
			last, _, _ = strings.Cut(last, "\n\nFrom here:")
		}
		if !strings.HasSuffix(last, "```") || !strings.Contains(s, "```sh run\nmmapbench ") {
			t.Errorf("section %q does not end in a command that is run", strings.SplitN(s, "\n", 2)[0])
		}
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
	words := word.FindAllString(rest, -1)
	for i, w := range words {
		words[i] = strings.ReplaceAll(w, "'", "")
	}
	return words
}

// word is one of a shell, with what stands in single quotes.
var word = regexp.MustCompile(`(?:'[^']*'|[^\s'])+`)

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

// runs has a shell run a recipe, since a gate has workers.
func runs(t *testing.T, dir, line string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "mmapbench") // the test binary is the program under this name
	if err := os.Symlink(exe, link); err != nil && !os.IsExist(err) {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", line)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if exit, ok := err.(*exec.ExitError); ok && slices.Contains(fair(line), exit.ExitCode()) {
		return
	}
	if err != nil {
		t.Errorf("%s: %v\n%s", line, err, out)
	}
}

// fair lists the exit codes that are answers and no errors of the recipe: this
// machine may be too busy for a statement, and of two backends either may be
// the slower one.
func fair(line string) []int {
	codes := []int{verdict.ExitInvalid}
	for _, question := range []string{"--base pread --new mmap", "--by backend"} {
		if strings.Contains(line, question) {
			codes = append(codes, verdict.ExitRegression, verdict.ExitInconclusive)
		}
	}
	return codes
}
