//go:build linux && !386 && !arm

package cli

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestAReaderThatLeaves closes the pipe after so many lines of the text: the file
// must be as it was or as it should be, never between.
func TestAReaderThatLeaves(t *testing.T) {
	for lines := range 16 {
		dir := t.TempDir()
		file := filepath.Join(dir, "f")
		if err := os.WriteFile(file, []byte("one"), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("/proc/self/exe", "lab", "append", "f", "two")
		cmd.Args[0], cmd.Dir = "mmapbench", dir
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		r := bufio.NewReaderSize(out, 16)
		for range lines {
			if _, err := r.ReadString('\n'); err != nil {
				break
			}
		}
		out.Close()
		err = cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != ExitOK && code != exitPipe {
			t.Errorf("after %d lines: %v", lines, err)
		}
		if text, err := os.ReadFile(file); err != nil || string(text) != "onetwo" {
			t.Errorf("after %d lines the file holds %q (%v)", lines, text, err)
		}
		if left, _ := os.ReadDir(dir); len(left) != 1 {
			t.Errorf("after %d lines: left %v", lines, left)
		}
	}
}

// TestEmptyNames: a variable that is not set must not run the demonstration.
func TestEmptyNames(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, args := range [][]string{{"edit", "", "text"}, {"edit", "file", ""}, {"append", "", "text"},
		{"copy", "", "to"}, {"copy", "from", ""}, {"cow", ""}} {
		code, stdout, stderr := exit(t, append([]string{"lab"}, args...)...)
		if code != ExitUsage || stdout != "" || !strings.Contains(stderr, "is empty") {
			t.Errorf("%q: exit %d, %q, %q", args, code, stdout, stderr)
		}
	}
}
