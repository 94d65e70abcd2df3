//go:build linux && !386 && !arm

package cli

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mmapbench/results"
)

const bashCompletionPackage = "/usr/share/bash-completion/bash_completion"

// shells are those whose completion is tried, each with what it must read first.
var shells = []struct {
	name  string
	needs string // a file, beside the shell itself
	args  []string
	rc    string
}{
	{"bash", "", []string{"bash", "--noprofile", "--norc", "-i"}, "source <(mmapbench completion bash)"},
	{"bash with bash-completion", bashCompletionPackage, []string{"bash", "--noprofile", "--norc", "-i"},
		"source " + bashCompletionPackage + "; source <(mmapbench completion bash)"},
	{"zsh", "", []string{"zsh", "-f", "-i"},
		"autoload -U compinit; compinit -u -D; source <(mmapbench completion zsh)"},
	{"fish", "", []string{"fish", "--no-config", "-i"}, "mmapbench completion fish | source"},
}

// TestCompletionInShells types at real shells on a terminal, Tab included, and looks
// at the command line that comes of it.
func TestCompletionInShells(t *testing.T) {
	for _, sh := range shells {
		t.Run(sh.name, func(t *testing.T) {
			t.Parallel()
			missing := sh.needs != "" && !exists(sh.needs)
			if _, err := exec.LookPath(sh.args[0]); err != nil || missing {
				if os.Getenv("REQUIRE") != "" {
					t.Fatalf("there is no %s here, and REQUIRE is set", sh.name)
				}
				t.Skipf("NOT TESTED: there is no %s here", sh.name)
			}
			s := startShell(t, sh.args, sh.rc)
			for _, tt := range typed {
				if got := s.line(t, tt.in); got != tt.want {
					t.Errorf("%s<Tab> became\n%s, want\n%s", tt.in, got, tt.want)
				}
			}
		})
	}
}

// typed are lines that end in Tab, and what must come of them. Those after which more
// may follow get no space.
var typed = []struct{ in, want string }{
	{"ru", "run"},
	{"run --backe", "run --backend"},
	{"run --backend mmap:advise=ra", "run --backend mmap:advise=random"},
	{"run --backend=mmap:advise=ra", "run --backend=mmap:advise=random"},
	{"run --backend mmap:pop", "run --backend mmap:populate"},
	{"run --backend mma", "run --backend mmap"},
	{"run --backend pread,mmap:pop", "run --backend pread,mmap:populate"},
	{"run --backend pread,mmap:advise=wi", "run --backend pread,mmap:advise=willneed"},
	{"run --backend pread,mmap:populate,advise=ra", "run --backend pread,mmap:populate,advise=random"},
	{"run -b mmap:rele", "run -b mmap:release="},
	{"run --workload seqscan,ra", "run --workload seqscan,random"},
	{"run --workload seqscan,random:zi", "run --workload seqscan,random:zipf="},
	{"run -w random:hotspot=0.2,hi", "run -w random:hotspot=0.2,hits="},
	{"run --cache cold,map", "run --cache cold,mapped"},
	{"run --latency of", "run --latency off"},
	{"run --target sd=fol", "run --target sd=folder/"},
	{"run --target sd=folder/de", "run --target sd=folder/deeper/"},
	{"run --target fol", "run --target folder/"},
	{"gate --base backend:pr", "gate --base backend:pread"},
	{"gate --base back", "gate --base backend:"},
	{"gate --new backend:mmap:advise=ra", "gate --new backend:mmap:advise=random"},
	{"gate --new target:fol", "gate --new target:folder/"},
	{"gate --new binary:./too", "gate --new binary:./tool"},
	{"gate --metric total,fau", "gate --metric total,faults"},
	{"report lon", "report longfile.jsonl"},
	{"export gob", "export gobench"},
	{"compare longfile.jsonl --by back", "compare longfile.jsonl --by backend"},
	{"lab mistakes trunc", "lab mistakes truncated"},
	{"run --backend nosuch", "run --backend nosuch"},
}

// A shell runs on a pseudo-terminal, in a folder with a few files.
type shell struct {
	terminal *os.File
	said     chan []byte
	seen     bytes.Buffer
}

// startShell gives the shell a mmapbench that completes as the real one does, and
// otherwise prints its arguments.
func startShell(t *testing.T, args []string, rc string) *shell {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for path, text := range map[string]string{
		"bin/mmapbench": fmt.Sprintf(`#!/bin/sh
case $1 in __complete*|completion) exec %s "$@" ;; esac
printf '<<%%s>>\n' "$*"
`, filepath.Join(dir, "bin", "real", "mmapbench")),
		"home/folder/deeper/file": "", "home/longfile.jsonl": "", "home/tool": "#!/bin/sh\n",
	} {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(dir, "home", "longfile.jsonl"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "bin", "real"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(exe, filepath.Join(dir, "bin", "real", "mmapbench")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = filepath.Join(dir, "home")
	cmd.Env = []string{"PATH=" + filepath.Join(dir, "bin") + ":" + os.Getenv("PATH"), "HOME=" + cmd.Dir, "TERM=xterm",
		"LANG=C.UTF-8"}
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 50, Cols: 400})
	if err != nil {
		t.Fatal(err)
	}
	s := &shell{terminal: terminal, said: make(chan []byte, 1000)}
	go func() {
		defer close(s.said)
		for {
			buf := make([]byte, 4096)
			n, err := terminal.Read(buf)
			if err != nil {
				return
			}
			s.said <- buf[:n]
		}
	}()
	t.Cleanup(func() {
		terminal.Close() // the shell's terminal hangs up
		if err := cmd.Process.Kill(); err != nil {
			t.Logf("end the shell: %v", err)
		}
		_ = cmd.Wait()
	})
	s.send(t, rc+"\r")
	s.send(t, "mmapbench ready\r")
	s.wait(t)
	return s
}

func (s *shell) send(t *testing.T, text string) {
	t.Helper()
	if _, err := s.terminal.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

// line types a command with Tab and Enter, and returns the arguments it was given.
func (s *shell) line(t *testing.T, args string) string {
	t.Helper()
	s.send(t, "mmapbench "+args+"\t\r")
	return s.wait(t)
}

// patience is how long a shell may take on a machine that has more to do.
const patience = time.Minute

// wait returns the arguments of the next command that was run.
func (s *shell) wait(t *testing.T) string {
	t.Helper()
	late := time.After(patience)
	for {
		if _, rest, ok := strings.Cut(s.seen.String(), "<<"); ok {
			if args, after, ok := strings.Cut(rest, ">>"); ok {
				s.seen.Reset()
				s.seen.WriteString(after)
				return args
			}
		}
		select {
		case part, ok := <-s.said:
			if !ok {
				t.Fatalf("the shell ended; it said %q", s.seen.String())
			}
			s.seen.Write(part)
		case <-late:
			t.Fatalf("the shell is silent; it said %q", s.seen.String())
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// TestFlagsWithNamesAreCompleted: every flag that takes a value completes it, or
// takes what nobody could list.
func TestFlagsWithNamesAreCompleted(t *testing.T) {
	free := strings.Fields(`rounds budget seed label exec file resume out dir acknowledge hide note ticket order
		anchor good bad build side repo tolerance since machine length page window processes times wait
		command-limit history trace output under`)
	for _, f := range results.Listed() {
		if f.IsNumber() {
			free = append(free, f.Key)
		}
	}
	for _, o := range results.Options {
		if o.Levels == nil {
			free = append(free, o.Key)
		}
	}
	a := &app{catalogue: catalogue()}
	var visit func(c *cobra.Command)
	visit = func(c *cobra.Command) {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			complete, ok := c.GetFlagCompletionFunc(f.Name)
			if !ok && f.Value.Type() != "bool" && !slices.Contains(free, f.Name) && c.CommandPath()+" --"+
				f.Name != "mmapbench compare --base" {
				t.Errorf("%s --%s takes a value: complete it, or say here that nobody could list its values",
					c.CommandPath(), f.Name)
			}
			if ok {
				if _, directive := complete(c, nil, ""); directive&cobra.ShellCompDirectiveError != 0 {
					t.Errorf("%s --%s: completing nothing is an error", c.CommandPath(), f.Name)
				}
			}
		})
		for _, sub := range c.Commands() {
			if !sub.Hidden {
				visit(sub)
			}
		}
	}
	visit(a.root())
}
