package dataset

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestLookChangesNothing looks at a target without a folder, at one with a
// dataset, and at one in use, and finds each as it was.
func TestLookChangesNothing(t *testing.T) {
	target := t.TempDir()
	look := func() View {
		t.Helper()
		before := fingerprint(t, target)
		v, err := Look(target)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { v.Close() })
		if after := fingerprint(t, target); after != before {
			t.Errorf("before:\n%s\nafter:\n%s", before, after)
		}
		return v
	}
	var note struct{ Speed float64 }
	if v := look(); v.Has(4096, Seeded(DefaultSeed)) || v.Note(&note) {
		t.Error("there is something where there is no folder")
	}
	d, err := openDir(target)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if v := look(); v.Has(4096, Seeded(DefaultSeed)) || v.Note(&note) {
		t.Error("there is something in an empty folder")
	}
	if _, _, err := d.Ensure(4096, Seeded(DefaultSeed), nil); err != nil {
		t.Fatal(err)
	}
	for _, speed := range []float64{1, 2} {
		if err := d.Note(struct{ Speed float64 }{speed}); err != nil {
			t.Fatal(err)
		}
	}
	v := look() // while it is in use
	if !v.Has(4096, Seeded(DefaultSeed)) || v.Has(8192, Seeded(DefaultSeed)) || v.Has(4096, Seeded(DefaultSeed+1)) {
		t.Error("the dataset was not seen, or another was")
	}
	if !v.Note(&note) || note.Speed != 2 {
		t.Errorf("noted %v, want the last", note)
	}
}

// TestLookRefusesWhatOpenDirRefuses holds the two against each other.
func TestLookRefusesWhatOpenDirRefuses(t *testing.T) {
	for _, tt := range []struct {
		name string
		make func(target string) error
		says string
	}{
		{"missing target", os.Remove, "does not exist"},
		{"link", func(target string) error { return os.Symlink("/", filepath.Join(target, FolderName)) },
			"a symbolic link"},
		{"file", func(target string) error {
			return os.WriteFile(filepath.Join(target, FolderName), nil,
				0o600)
		}, "a file"},
		{"stranger's", func(target string) error {
			return os.MkdirAll(filepath.Join(target, FolderName, "photos"), 0o700)
		}, "not made by mmapbench"},
		{"damaged", func(target string) error {
			dir := filepath.Join(target, FolderName)
			return errors.Join(os.Mkdir(dir, 0o700),
				os.WriteFile(filepath.Join(dir, markerName), []byte("hello\n"), 0o600))
		}, "damaged"},
		{"fresh among others", func(target string) error {
			dir := filepath.Join(target, FolderName)
			return errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, markerName), nil, 0o600),
				os.WriteFile(filepath.Join(dir, "x"), nil, 0o600))
		}, "look at what is there"},
		{"pipe", func(target string) error {
			dir := filepath.Join(target, FolderName)
			return errors.Join(os.Mkdir(dir, 0o700), unix.Mkfifo(filepath.Join(dir, markerName), 0o600))
		}, "a special file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			target := filepath.Join(t.TempDir(), "target")
			if err := os.Mkdir(target, 0o700); err != nil {
				t.Fatal(err)
			}
			unlessForbidden(t, tt.make(target))
			_, looked := Look(target)
			_, opened := openDir(target)
			if looked == nil || opened == nil || looked.Error() != opened.Error() ||
				!strings.Contains(looked.Error(), tt.says) {
				t.Errorf("Look: %v\nopenDir: %v\nwant %q in both", looked, opened, tt.says)
			}
		})
	}
}

func TestLookSeesMissingPermissions(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	target := t.TempDir()
	if err := os.Chmod(target, 0o500); err != nil {
		t.Fatal(err)
	}
	if _, err := Look(target); !errors.Is(err, unix.EACCES) {
		t.Errorf("Look: %v", err)
	}
}

// fingerprint lists everything below a directory, with what a change would change.
func fingerprint(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	if err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil {
			b.WriteString(strings.Join([]string{path, info.Mode().String(), info.ModTime().String(),
				info.Name()}, " ") + "\n")
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// unlessForbidden ends the test if what it needs could not be made, and skips it
// where the file system has no such thing: FAT has neither links nor pipes.
func unlessForbidden(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, unix.EPERM) {
		t.Skipf("NOT TESTED: the file system has no such thing: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
}
