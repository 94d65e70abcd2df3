//go:build linux && !386 && !arm

package cli

import (
	"os"
	"path/filepath"
	"testing"
)

func TestExitCodeOfTheRecorded(t *testing.T) {
	for ended, want := range map[string]int{"exited with 0": 0, "exited with 3": 3, "killed by SIGINT": 130,
		"killed by SIGSEGV (core dumped)": 139, "": 0} {
		if got := exitCode(ended); got != want {
			t.Errorf("%q: %d, want %d", ended, got, want)
		}
	}
}

func TestFaultsOfMappings(t *testing.T) {
	path := filepath.Join(t.TempDir(), "faults")
	text := `     0.064 ( 0.000 ms): cat/23996 minfault [elf_load+0x28a] => 0x7f2fd7739110 (?k)
     0.114 ( 0.000 ms): cat/23996 minfault [_start+0x0] => /srv/a b@0x1ab70 (d.)
     0.124 ( 0.000 ms): cat/23996 majfault [_start+0x0] => /srv/a b@0x2ab70 (d.)
     0.125 ( 0.000 ms): cat/23996 minfault [_start+0x0] => /lib/c.so@0x2ab70 (x.)
     0.126 ( 0.000 ms): cat/23996 minfault [_start+0x0] => //anon@0x0 (d.)
     0.127 ( 0.000 ms): strace/23990 minfault [_start+0x0] => /usr/bin/strace@0x10 (x.)
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	const want = "through mappings: 3 page faults of 2 files, 1 of them major; most /srv/a b 2, /lib/c.so 1"
	if got := faultsIn(path); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
