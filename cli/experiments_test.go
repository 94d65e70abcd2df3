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
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"mmapbench/experiment"
	"mmapbench/results"
)

// TestExperimentsPage: each file of the page gives a plan, and each key is explained.
func TestExperimentsPage(t *testing.T) {
	doc, err := os.ReadFile("../docs/experiments.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	examples := regexp.MustCompile("(?ms)^```toml\n(.*?)^```").FindAllSubmatch(doc, -1)
	if len(examples) < 4 {
		t.Errorf("%d examples", len(examples))
	}
	for _, m := range examples {
		if err := os.WriteFile("my.toml", m[1], 0o644); err != nil {
			t.Fatal(err)
		}
		if code, _, stderr := exit(t, "run", "my.toml", "--dry-run"); code != ExitOK {
			t.Errorf("%s\nexit %d: %s", m[1], code, stderr)
		}
	}
	page := string(doc)
	for _, key := range experiment.Keys() {
		if !strings.Contains(page, "| `"+key+"` |") && !strings.Contains(page, "["+key+"]") {
			t.Errorf("the page does not explain %s", key)
		}
	}
	for _, f := range results.Listed() {
		quoted := `"` + strings.Join(f.Default, `", "`) + `"`
		if len(f.Default) > 1 {
			quoted = "[" + quoted + "]"
		}
		if f.Default != nil && !strings.Contains(page, "| `"+f.Key+"` | `"+quoted+"` |") {
			t.Errorf("the page does not say that the default of %s is %s", f.Key, quoted)
		}
		for _, level := range f.Levels {
			if !strings.Contains(page, "`\""+level+"\"`") {
				t.Errorf("the page does not name the %s %q", f.Called(), level)
			}
		}
	}
}

// TestFlagsAreKeys: what is measured, and how, has the same name as a flag and as a key
// of experiment files.
func TestFlagsAreKeys(t *testing.T) {
	ofFiles := []string{"about", "grid", "name"}
	ofCommandLine := []string{"baseline", "chart-format", "charts",
		"detail", "dry-run", "format", "out", "quiet", "resume"}
	a := &app{catalogue: catalogue(), out: &strings.Builder{}}
	for name, more := range map[string][]string{
		"run":  ofCommandLine,
		"gate": {"base", "dry-run", "format", "inconclusive", "metric", "new", "out", "quiet", "tolerance"},
	} {
		c, _, err := a.root().Find([]string{name})
		if err != nil {
			t.Fatal(err)
		}
		var flags []string
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if !slices.Contains(more, f.Name) {
				flags = append(flags, f.Name)
			}
		})
		keys := slices.DeleteFunc(experiment.Keys(), func(k string) bool {
			return slices.Contains(ofFiles, k) || name == "gate" && k == "exec" // its sides are the commands
		})
		slices.Sort(flags)
		slices.Sort(keys)
		if diff := cmp.Diff(keys, flags); diff != "" {
			t.Errorf("%s: keys of files and flags differ (-keys +flags):\n%s", name, diff)
		}
	}
}

// TestOptionsOfFiles: a file and a flag say the same of how it is measured, and the
// flag has the last word.
func TestOptionsOfFiles(t *testing.T) {
	const file = `
workload = "seqscan"
min-trial = "50ms"
latency = "on"
cooldown = 60
smaps = true
no-counters = true
phase-counters = true
cold-laps = 3
duration = "3s"
`
	e, err := experiment.Parse("my.toml", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	want := results.Measure{MinTrial: 50 * time.Millisecond, Latency: "on", Duration: 3 * time.Second, Cooldown: 60,
		NoCounters: true, PhaseCounters: true, Smaps: true, ColdLaps: 3}
	if e.Measure != want {
		t.Errorf("the file gives %+v", e.Measure)
	}
	o := &runOptions{}
	f := pflag.NewFlagSet("run", pflag.ContinueOnError)
	o.addFlow(f, experiment.Builtin()...)
	if err := f.Parse([]string{"--smaps=false", "--latency", "off", "--min-trial", "1s"}); err != nil {
		t.Fatal(err)
	}
	want.Smaps, want.Latency, want.MinTrial = false, "off", time.Second
	if err := o.measures(f, e); err != nil || e.Measure != want {
		t.Errorf("with flags %+v, %v", e.Measure, err)
	}
}

// TestExperimentFiles tries files of every kind; a refusal leaves nothing behind.
func TestExperimentFiles(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	const good = "name = \"wal\"\nrounds = 6\nworkload = \"append\"\nbackend = [\"pread\"]\nsize = \"1M\"\n" +
		"record = [\"4k\"]\n"
	utf16 := "\xff\xfe"
	for _, r := range good {
		utf16 += string(r) + "\x00"
	}
	for name, text := range map[string]string{
		"bom": "\ufeff" + good, "crlf": strings.ReplaceAll(good, "\n", "\r\n"),
		"utf16": utf16, "naked": utf16[2:], "empty": "", "blank": " \n\r\n", "comment": "# nothing\n",
		"silent": "rounds = 6\n", "huge": strings.Repeat("# x\n", 1<<18) + good,
		"deep":  "size = " + strings.Repeat("[", 1<<19),
		"latin": "about = \"caf\xe9\"\n" + good,
		"many":  "record = [" + strings.Repeat("'8',", 20000) + "]\nsize = [" + strings.Repeat("'1M',", 20000) + "]",
	} {
		if err := os.WriteFile(name+".toml", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir("dir.toml", 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mkfifo", filepath.Join(dir, "pipe.toml")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	before := tree(t, dir)
	for name, says := range map[string]string{
		"bom.toml": "", "crlf.toml": "", "utf16.toml": "UTF-16", "naked.toml": "NUL byte", "empty.toml": "it is empty",
		"blank.toml":   "it is empty",
		"comment.toml": "what to measure", "silent.toml": "what to measure", "huge.toml": "larger than 1 MiB",
		"latin.toml": "latin.toml:1:",
		"many.toml":  "combinations", "deep.toml": "deep.toml:", "dir.toml": "not a plain file",
		"pipe.toml": "not a plain file", "/dev/null": "not a plain file",
	} {
		code, stdout, stderr := exit(t, "run", name, "--dry-run")
		if want := map[bool]int{true: ExitOK, false: ExitUsage}[says == ""]; code != want || stdout != "" ||
			!strings.Contains(stderr, says) {
			t.Errorf("%s: exit %d, %.300q, want %q", name, code, stderr, says)
		}
	}
	if after := tree(t, dir); after != before {
		t.Errorf("left behind: %s", after)
	}
}

// TestPrintedExperimentsCanBeRun: what list prints is a file to start from.
func TestPrintedExperimentsCanBeRun(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range experiment.Builtin() {
		code, text, stderr := exit(t, "list", "experiments", name)
		if err := os.WriteFile("my.toml", []byte(text), 0o644); err != nil || code != ExitOK {
			t.Fatalf("%s: exit %d, %s, %v", name, code, stderr, err)
		}
		if code, _, stderr := exit(t, "run", "my.toml", "--dry-run"); code != ExitOK ||
			!strings.Contains(stderr, "Experiment "+name) {
			t.Errorf("%s: exit %d: %s", name, code, stderr)
		}
	}
	if code, _, stderr := exit(t, "list", "experiments", "quik"); code != ExitUsage ||
		!strings.Contains(stderr, `did you mean "quick"`) {
		t.Errorf("exit %d: %s", code, stderr)
	}
}
