//go:build linux

package bisect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// A Repo is a git repository with scratch checkouts beside it.
type Repo struct {
	dir     string
	scratch string
}

// git runs git in the repository and returns what it writes.
func (r *Repo) git(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", r.dir}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt is for us
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(errs.String()))
	}
	return strings.TrimSpace(out.String()), nil
}

// OpenRepo looks for the repository of a folder.
func OpenRepo(ctx context.Context, dir string) (*Repo, error) {
	r := &Repo{dir: dir}
	if _, err := r.git(ctx, "rev-parse", "--git-dir"); err != nil {
		return nil, fmt.Errorf("look for a git repository in %s: %w", dir, err)
	}
	return r, nil
}

// Commits lists the commits from good to bad, both among them, along first parents:
// what a merge brought in is one commit.
func (r *Repo) Commits(ctx context.Context, good, bad string) ([]Commit, error) {
	var ends [2]string
	for i, name := range []string{good, bad} {
		hash, err := r.git(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", name+"^{commit}")
		if err != nil {
			return nil, fmt.Errorf("%s is no commit of %s: %w", name, r.dir, err)
		}
		ends[i] = hash
	}
	out, err := r.git(ctx, "log", "--first-parent", "--reverse", "--date=short",
		"--format=%H%x00%P%x00%ad%x00%an%x00%s", ends[1], "--")
	if err != nil {
		return nil, err
	}
	var all []Commit
	for line := range strings.Lines(out) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\x00")
		if len(f) != 5 {
			return nil, fmt.Errorf("git log wrote a line that is none of a commit: %q", line)
		}
		if len(all) > 0 || f[0] == ends[0] {
			all = append(all, Commit{f[0], f[2], f[3], f[4], strings.Contains(f[1], " ")})
		}
	}
	if len(all) < 2 {
		return nil, fmt.Errorf("no line of first parents leads from %s to %s: name an older commit of the same branch "+
			"as the good one", good, bad)
	}
	return all, nil
}

// Build checks a commit out into a folder of its own and runs a command there, with $BIN
// as the path of what it must make. A BuildError says why there is nothing.
func (r *Repo) Build(ctx context.Context, commit Commit, command string) (bin string, err error) {
	if r.scratch == "" {
		if r.scratch, err = os.MkdirTemp("", "mmapbench-bisect-"); err != nil {
			return "", fmt.Errorf("make a folder for checkouts: %w", err)
		}
	}
	// Names of one length: the length of a path moves a program's stack.
	tree, bin := filepath.Join(r.scratch, commit.Hash), filepath.Join(r.scratch, commit.Hash+".bin")
	if _, err := os.Stat(bin); err == nil {
		return bin, nil
	}
	if strings.ContainsAny(bin, " \t\n'\"\\$*?;&|<>()") {
		return "", fmt.Errorf("%s cannot stand in a command as it is: set TMPDIR to a folder with a plain name",
			r.scratch)
	}
	// To stop git here would leave a lock behind.
	if _, err := r.git(context.WithoutCancel(ctx), "worktree", "add", "--detach", tree, commit.Hash); err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", command)
	cmd.Dir, cmd.Env = tree, append(os.Environ(), "BIN="+bin, "PWD="+tree)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	said, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		return "", &BuildError{fmt.Sprintf("%v: %s", err, lastLine(said))}
	}
	if st, err := os.Stat(bin); err != nil || !st.Mode().IsRegular() || st.Mode()&0o111 == 0 {
		return "", &BuildError{"the command made no program at $BIN"}
	}
	return bin, nil
}

// A BuildError says why a commit does not build.
type BuildError struct{ Why string }

func (e *BuildError) Error() string { return e.Why }

func lastLine(text []byte) string {
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return string(lines[len(lines)-1])
}

// Close removes the checkouts and what was built.
func (r *Repo) Close() error {
	if r.scratch == "" {
		return nil
	}
	trees, err := filepath.Glob(filepath.Join(r.scratch, "*", ".git"))
	for _, tree := range trees {
		_, removed := r.git(context.Background(), "worktree", "remove", "--force", filepath.Dir(tree))
		err = errors.Join(err, removed)
	}
	return errors.Join(err, os.RemoveAll(r.scratch))
}
