//go:build linux

package bisect

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// repository makes one: a, b, then a side branch with c, merged as m, then d.
func repository(t *testing.T) string {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no git")
	}
	dir := t.TempDir()
	script := `set -e; git init -q -b main
		ci() { echo $1 >file; git add file; git commit -qm "$1"; }
		ci a; ci b; git checkout -qb side; ci c; git checkout -q main
		git merge -q --no-ff -m m side; ci d; echo mine >file; echo new >other`
	cmd := exec.Command("sh", "-c", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=x", "GIT_AUTHOR_EMAIL=x@x",
		"GIT_COMMITTER_NAME=x", "GIT_COMMITTER_EMAIL=x@x")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

func state(t *testing.T, r *Repo) string {
	var all []string
	for _, args := range [][]string{{"status", "--porcelain"}, {"diff"}, {"rev-parse", "HEAD"}, {"worktree", "list"},
		{"branch", "-a"}} {
		out, err := r.git(context.Background(), args...)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, out)
	}
	return strings.Join(all, "\n")
}

// TestCheckoutsAreScratch builds commits, one that does not build and one that is
// interrupted, and leaves no trace of it.
func TestCheckoutsAreScratch(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	t.Setenv("TMPDIR", t.TempDir())
	r, err := OpenRepo(ctx, repository(t))
	if err != nil {
		t.Fatal(err)
	}
	before := state(t, r)
	commits, err := r.Commits(ctx, "main~3", "main")
	if err != nil {
		t.Fatal(err)
	}
	var subjects []string
	for _, c := range commits {
		subjects = append(subjects, c.Subject)
	}
	if strings.Join(subjects, "") != "abmd" || !commits[2].Merge || commits[1].Merge || commits[0].Author != "x" {
		t.Fatalf("commits %+v", commits)
	}
	const build = `test $(cat file) != b && cp file $BIN && chmod 755 $BIN; echo said >&2; test $(cat file) != b`
	for i, want := range []string{"a\n", "", "c\n", "d\n"} {
		bin, err := r.Build(ctx, commits[i], build)
		broken, ok := errors.AsType[*BuildError](err)
		if ok != (want == "") || ok && !strings.Contains(broken.Why, "said") {
			t.Fatalf("%s: %v", subjects[i], err)
		}
		if text, _ := os.ReadFile(bin); string(text) != want {
			t.Errorf("%s: the program is %q", subjects[i], text)
		}
	}
	if bin, err := r.Build(ctx, commits[3], "exit 1"); err != nil || bin == "" {
		t.Errorf("what was built is built again: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	r.scratch = ""
	if _, err := r.Build(ctx, commits[0], "true"); err == nil || !strings.Contains(err.Error(), "$BIN") {
		t.Errorf("a build that makes nothing: %v", err)
	}
	time.AfterFunc(200*time.Millisecond, cancel)
	if _, err := r.Build(ctx, commits[2], "sleep 100; true"); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if after := state(t, r); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

func TestEndsAreRefused(t *testing.T) {
	ctx := context.Background()
	r, err := OpenRepo(ctx, repository(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, ends := range [][2]string{{"main", "main"}, {"main", "main~1"}, {"side", "main"}, {"nope", "main"},
		{"main~1", "--all"}} {
		if c, err := r.Commits(ctx, ends[0], ends[1]); err == nil {
			t.Errorf("%q: %+v", ends, c)
		}
	}
	if _, err := OpenRepo(ctx, t.TempDir()); err == nil {
		t.Error("a folder without a repository was opened")
	}
}
