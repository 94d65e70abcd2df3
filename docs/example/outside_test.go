package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"mmapbench/results"
)

// TestProgramsOfModulesElsewhere does what docs/extending.md says, in a folder beside
// the source, with each of its programs, and measures with what came of it.
func TestProgramsOfModulesElsewhere(t *testing.T) {
	steps := between(t, "../extending.md", steps, "```\n")
	for _, c := range []struct {
		program, backends string
		more              []string
		arms              int
	}{
		{"main.go", "read,pread,mmap", []string{"--workload", "hop", "--consumer", "touch,sum,copy"}, 18},
		{"pieces/main.go", "pread,pieces,pieces:piece=512", []string{"--workload", "random,seqscan"}, 12},
	} {
		dir := filepath.Join(t.TempDir(), "mybench")
		write(t, filepath.Join(dir, "main.go"), read(t, c.program))
		build(t, dir, steps, "../mmapbench")
		measure(t, filepath.Join(dir, "mybench"), c.arms, append(c.more, "--backend", c.backends)...)
	}
}

// TestAProgramWithoutTheCommandLine measures with the program of docs/extending.md that
// is built on the packages below.
func TestAProgramWithoutTheCommandLine(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mybench")
	write(t, filepath.Join(dir, "main.go"), read(t, "measure/main.go"))
	build(t, dir, between(t, "../extending.md", steps, "```\n"), "../mmapbench")
	cmd := exec.Command(filepath.Join(dir, "mybench"))
	var said strings.Builder
	cmd.Dir, cmd.Stderr = t.TempDir(), &said
	shown, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &said)
	}
	if !strings.Contains(string(shown), "6 of 6 rounds") || !strings.Contains(said.String(), "round 6 of 6: mmap") {
		t.Errorf("it showed\n%s\nand said\n%s", shown, &said)
	}
	files, err := filepath.Glob(filepath.Join(cmd.Dir, "results", "*-scan.jsonl"))
	if err != nil || len(files) != 1 {
		t.Fatalf("run files %v: %v", files, err)
	}
	run, err := results.Read(files[0])
	if err != nil || len(run.Trials) != 24 || run.End == nil || run.End.Status != results.EndComplete {
		t.Errorf("%d trials: %v", len(run.Trials), err)
	}
}

// steps stands before the steps that make a module, in docs/extending.md.
const steps = "<!-- the tests do this, in a folder elsewhere -->\n```sh\n"

// TestTheRecipesBuildInARepositoryElsewhere does what docs/ci.md says in a
// repository with a program of its own: the module, and what the recipes of GitHub
// and GitLab build there.
func TestTheRecipesBuildInARepositoryElsewhere(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("NOT TESTED: the recipes' git worktree, as there is no git")
	}
	module := between(t, "../ci.md",
		"<!-- the tests do this in a repository elsewhere, and what the recipes build -->\n```sh\n", "```\n")
	github := unindent(between(t, "../ci.md", "- name: Build the base and the head\n        run: |\n",
		"      - name:"))
	gitlab := regexp.MustCompile(`(?m)^    - ((?:go build|git worktree|\(cd).*)$`).
		FindAllStringSubmatch(read(t, "../ci.md"), -1)
	lines := ""
	for _, l := range gitlab {
		lines += l[1] + "\n"
	}
	for name, recipe := range map[string]string{"GitHub": github, "GitLab": lines} {
		if strings.Count(recipe, "\n") != 3 {
			t.Fatalf("the recipe of %s:\n%s", name, recipe)
		}
		repo := filepath.Join(t.TempDir(), "mybench")
		write(t, filepath.Join(repo, "cmd", "bench", "main.go"), read(t, "main.go"))
		write(t, filepath.Join(repo, "go.mod"), "module example.org/mybench\n\ngo 1.26.0\n")
		build(t, repo, module, "./third_party/mmapbench")
		shell(t, repo, `git init -q -b main
git config user.email test@example.org && git config user.name test
git add -A && git commit -q -m base && git update-ref refs/remotes/origin/main main
git commit -q --allow-empty -m head`)
		t.Setenv("GITHUB_WORKSPACE", repo)
		t.Setenv("CI_PROJECT_DIR", repo)
		t.Setenv("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main")
		shell(t, repo, recipe)
		for _, bin := range []string{"bench-base", "bench-head"} {
			out, err := exec.Command(filepath.Join(repo, bin), "list", "workloads").CombinedOutput()
			if err != nil || !strings.Contains(string(out), "hop") {
				t.Errorf("%s, %s: %v\n%s", name, bin, err, out)
			}
		}
	}
}

// offline is what the go command says of a module that is neither in the cache nor
// to be had.
var offline = regexp.MustCompile(`dial tcp|module lookup disabled|no such host|i/o timeout|proxyconnect`)

// build takes the steps, with the source where it is: what was compiled of it there
// need not be compiled again. Without a network "go mod tidy" may not be able to see all
// modules of all modules; the requirements of the source are then taken over.
func build(t *testing.T, dir, steps, source string) {
	t.Helper()
	here, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if steps = strings.ReplaceAll(steps, source, here); !strings.Contains(steps, "="+here) {
		t.Fatalf("the source is not named by\n%s", steps)
	}
	t.Setenv("GOWORK", "off")
	out, err := run(dir, steps)
	if err == nil {
		return
	}
	if !offline.MatchString(out) {
		t.Fatalf("%v:\n%s%s", err, steps, out)
	}
	t.Logf("NOT TESTED: go mod tidy, which wants a network here: %s", out)
	for _, name := range []string{"go.mod", "go.sum"} {
		write(t, filepath.Join(dir, name), read(t, "../../"+name))
	}
	edit := regexp.MustCompile(`(?m)^go mod edit .*$`).FindString(steps)
	_, after, _ := strings.Cut(steps, "go mod tidy\n")
	shell(t, dir, "go mod edit -module example.org/mybench\n"+edit+"\n"+after)
}

func shell(t *testing.T, dir, steps string) {
	t.Helper()
	if out, err := run(dir, steps); err != nil {
		t.Fatalf("%v:\n%s%s", err, steps, out)
	}
}

func run(dir, steps string) (string, error) {
	cmd := exec.Command("sh", "-e", "-c", steps)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// measure runs a program in an empty folder and looks at what it wrote.
func measure(t *testing.T, bin string, arms int, args ...string) {
	t.Helper()
	const rounds = "6"
	cmd := exec.Command(bin, append([]string{"run", "--size", "1M", "--record", "4k", "--cache", "cold,cached",
		"--rounds", rounds, "--charts", "none", "--out", "out"}, args...)...)
	cmd.Dir = t.TempDir()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, out)
	}
	files, err := filepath.Glob(filepath.Join(cmd.Dir, "out", "*.jsonl"))
	if err != nil || len(files) != 1 {
		t.Fatalf("run files %v: %v", files, err)
	}
	run, err := results.Read(files[0])
	if err != nil {
		t.Fatal(err)
	}
	usable := map[int]int{}
	for _, tr := range run.Trials {
		if tr.Error != nil || tr.Check == nil || !tr.Check.OK {
			t.Errorf("round %d, arm %d: error %+v, check %+v", tr.Round, tr.Arm, tr.Error, tr.Check)
			continue
		}
		// Somebody else may evict a page of ours in between.
		if usable[tr.Arm]++; tr.Excluded != "" {
			usable[tr.Arm]--
			t.Logf("round %d, arm %d: %s", tr.Round, tr.Arm, tr.Excluded)
		}
	}
	for _, a := range run.Header.Plan.Arms {
		if usable[a.ID] == 0 {
			t.Errorf("arm %d has no usable trial", a.ID)
		}
	}
	if len(run.Header.Plan.Arms) != arms || len(run.Trials) != 6*arms {
		t.Errorf("%d arms with %d trials, want %d with %d", len(run.Header.Plan.Arms), len(run.Trials), arms, 6*arms)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// between returns the part of a document from after one mark to the next one.
func between(t *testing.T, path, from, to string) string {
	t.Helper()
	_, rest, ok := strings.Cut(read(t, path), from)
	part, _, ended := strings.Cut(rest, to)
	if !ok || !ended || strings.TrimSpace(part) == "" {
		t.Fatalf("%s has nothing between %q and %q", path, from, to)
	}
	return part
}

func unindent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimLeft(line, " "))
	}
	return b.String()
}
