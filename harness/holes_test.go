package harness_test

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"mmapbench/experiment"
	"mmapbench/internal/reason"
	"mmapbench/results"
)

// TestFilesWithoutBytesAreNamed gives commands files that cost the device nothing:
// their trials say so, and their cold state is proven weakly.
func TestFilesWithoutBytesAreNamed(t *testing.T) {
	onDevice(t)
	const size = 4 << 20
	for _, c := range []struct {
		what string
		make func(f *os.File) error
		says string // "": nothing
	}{
		{"a hole", func(f *os.File) error { return f.Truncate(size) }, "4 MiB of 4 MiB are holes"},
		{"never written", func(f *os.File) error { return unix.Fallocate(int(f.Fd()), 0, 0, size) },
			"4 MiB of 4 MiB were never written"},
		{"written", func(f *os.File) error {
			b := make([]byte, size)
			_, _ = rand.Read(b)
			_, err := f.Write(b)
			return err
		}, ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			f, err := os.Create(filepath.Join(t.TempDir(), "data"))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if err := c.make(f); err != nil {
				t.Skip(err)
			}
			got := runCommands(t, &experiment.Experiment{Name: "exec", Rounds: 1, Files: []string{f.Name()},
				Commands: commands(t, "cat="+"cat "+f.Name())})
			for _, tr := range got.Trials {
				if tr.Error != nil {
					t.Fatalf("%+v", tr.Error)
				}
				if named := slices.Contains(tr.Warnings, results.WarnSparse); named != (c.says != "") {
					t.Errorf("%s: warnings %v", tr.Cache.Want, tr.Warnings)
				}
				weak := tr.Cache.Proof == results.ProofWeak &&
					strings.Contains(reason.Words(tr.Cache.Reasons), c.says) &&
					strings.Contains(reason.Words(tr.Cache.Reasons), f.Name())
				if tr.Cache.Want == results.Cold && weak != (c.says != "") {
					t.Errorf("%s (%v), want %q", tr.Cache.Proof, tr.Cache.Reasons, c.says)
				}
			}
		})
	}
}
