//go:build linux && !386 && !arm

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNothingIsWritten gives run and gate what they refuse, and what they only
// plan: the target and the folder around it stay as they were, also where there
// is a folder of an earlier run.
func TestNothingIsWritten(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"plain":      "a file",
		"empty.toml": "",
		"wal.toml":   "workload = 'append'\nsize = '1M'\nrecord = ['4k']\n[target]\nt = 't'\n",
		"bad.toml":   "workload = 'append'\nsize = '1k'\nrecord = ['4k']\n[target]\nt = 't'\n",
		"grids.toml": "size = '1M'\n[target]\nt = 't'\n[[grid]]\nworkload = 'random'\n[[grid]]\n" +
			"workload = 'seqscan'\nrecord = ['2M']\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{"t", "u"} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cases := []struct {
		args string
		says string
		ok   bool
	}{
		{args: "run --target t=t --dry-run", says: "Nothing was written", ok: true},
		{args: "run --target t=t --dry-run -q", says: "Nothing was written", ok: true},
		{args: "run full --target t=t --dry-run", says: "Nothing was written", ok: true},
		{args: "run wal.toml --dry-run", says: "Nothing was written", ok: true},
		{args: "run --target t=t --dry-run --backend direct,pread --record 4k", says: "direct", ok: true},
		{args: "run --exec true --dry-run", says: "commands of yours", ok: true},
		{args: "gate --target t=t --base pread --new mmap --dry-run", says: "Nothing was written", ok: true},
		{args: "gate --base target:t --new target:u --dry-run -q", says: "Nothing was written", ok: true},
		{args: "run --target t=t --record 1M --size 64k", says: "larger than the file"},
		{args: "run --target t=t --record 1M --size 64k --dry-run", says: "larger than the file"},
		{args: "run --target t=t --record 5", says: "multiple of 8"},
		{args: "run --target t=t --size 1M --record 5", says: "multiple of 8"},
		{args: "run --target t=t --size 5 --record 8", says: "larger than the file"},
		{args: "run --target t=t --size 12 --record 8", says: "multiple of 8"},
		{args: "run --target t=t --size 4G --record 2G", says: "held in memory"},
		{args: "run --target t=t --size 900000G", says: "not enough space"},
		{args: "run --target t=t --out /proc/nowhere", says: "name another with --out"},
		{args: "run --target t=t --out /proc/nowhere --dry-run", says: "name another with --out"},
		{args: "run --target t=t --out plain", says: "plain is not a directory"},
		{args: "run --target t=t --out plain/below --dry-run", says: "name another with --out"},
		{args: "run --target t=t --out=", says: "--out is empty"},
		{args: "run --target t=t --workload seqscan --backend direct --cache cached", says: "nothing is left to run"},
		{args: "run --target t=t --workload append --backend mmap:private", says: "nothing is left to run"},
		{args: "run --target t=t --workload copy --cache mapped", says: "nothing is left to run"},
		{args: "run --target t=t --workload append --duration 1s", says: "nothing is left to run"},
		{args: "run bad.toml", says: "larger than the file"},
		{args: "run grids.toml", says: "larger than the file"},
		{args: "run --target t=t --target u=u --record 1M --size 64k", says: "larger than the file"},
		{args: "run --exec true --out /proc/nowhere", says: "name another with --out"},
		{args: "gate --target t=t --base pread --new mmap --record 1M --size 64k", says: "larger than the file"},
		{args: "gate --target t=t --base pread --new mmap --out /proc/nowhere", says: "name another with --out"},
		{args: "gate --target t=t --base pread --new direct --cache cached", says: "nothing is left to run"},
		{args: "gate --target t=t --base pread --new mmap:private --workload append", says: "nothing is left to run"},
		{args: "gate --base target:t --new target:u --record 5", says: "multiple of 8"},
		{args: "gate --base exec:true --new exec:false --out /proc/nowhere", says: "name another with --out"},
	}
	check := func(t *testing.T) {
		for _, tt := range cases {
			t.Run(tt.args, func(t *testing.T) {
				want := ExitUsage
				if tt.ok {
					want = ExitOK
				}
				before := everything(t)
				code, _, stderr := exit(t, strings.Fields(tt.args)...)
				if code != want || !strings.Contains(stderr, tt.says) {
					t.Errorf("exit %d, want %d; standard error %q, want %q in it", code, want, stderr, tt.says)
				}
				if after := everything(t); after != before {
					t.Errorf("before:\n%s\nafter:\n%s", before, after)
				}
			})
		}
	}
	t.Run("no folder", check)
	code, _, stderr := exit(t, strings.Fields("run wal.toml --rounds 1 --charts none -q --budget 5m")...)
	if code != ExitOK {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	t.Run("after a run", check)
	if _, _, stderr := exit(t, "run", "wal.toml", "--dry-run"); !strings.Contains(stderr, "was tried on ") {
		t.Errorf("a dry run after a run does not know its speed: %s", stderr)
	}
}

// everything lists what lies in the current directory, with what a change changes.
func everything(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	if err := filepath.Walk(".", func(path string, info os.FileInfo, err error) error {
		if err == nil {
			b.WriteString(path + " " + info.Mode().String() + " " + info.ModTime().String() + "\n")
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestForecastIsNoMeasurement: a dry run says which of its figures are assumed.
func TestForecastIsNoMeasurement(t *testing.T) {
	t.Chdir(t.TempDir())
	code, _, stderr := exit(t, "run", "--dry-run")
	if code != ExitOK || !strings.Contains(stderr, "the speed was assumed for ") ||
		!strings.Contains(stderr, "here they are estimates") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}
