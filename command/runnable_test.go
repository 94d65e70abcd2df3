package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mmapbench/results"
)

func TestProgramsThatCannotRun(t *testing.T) {
	for _, c := range []struct{ what, content, want string }{
		{"a script", "#!/bin/sh\ntrue\n", ""},
		{"an option", "#! /bin/sh -e\ntrue\n", ""},
		{"no interpreter line", "echo so it is\n", "without a first line that begins with #!"},
		{"empty", "", "without a first line"},
		{"an empty line", "#!\ntrue\n", "names no interpreter"},
		{"a missing interpreter", "#!/no/such/shell -e\n", `"/no/such/shell"`},
		{"a carriage return", "#!/bin/sh\r\ntrue\r\n", `"/bin/sh\r"`},
		{"a folder", "#!/tmp\n", `"/tmp"`},
		{"another format", "\x00asm\x01", ""},
	} {
		path := filepath.Join(t.TempDir(), "program")
		if err := os.WriteFile(path, []byte(c.content), 0o700); err != nil {
			t.Fatal(err)
		}
		_, err := ShellFor(path+" x", "")
		if (err != nil) != (c.want != "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.what, err, c.want)
		}
	}
	if shell, err := ShellFor("cat x", ""); err != nil || shell != results.NoShell {
		t.Errorf("cat: %q, %v", shell, err)
	}
}
