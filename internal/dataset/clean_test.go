package dataset

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestClean(t *testing.T) {
	target := t.TempDir()
	d := open(t, target)
	data, _ := ensure(t, d, 4096, 1)
	if err := d.Scratch("out.tmp"); err != nil {
		t.Fatal(err)
	}
	scratch := d.file("out.tmp")
	write(t, scratch, []byte("12345"))
	d.Close()
	marker, err := os.Stat(d.file(markerName))
	if err != nil {
		t.Fatal(err)
	}
	c, err := Clean(target)
	if err != nil {
		t.Fatal(err)
	}
	want := Cleaned{Folder: d.Path(), Removed: []Removed{{data, 4096}, {scratch, 5},
		{d.file(markerName), marker.Size()}, {d.Path(), 0}}}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("Clean (-want +got):\n%s", diff)
	}
	if left := ls(t, target); len(left) > 0 {
		t.Errorf("left %q", left)
	}
	c, err = Clean(target)
	if diff := cmp.Diff(Cleaned{Folder: d.Path()}, c); err != nil || diff != "" {
		t.Errorf("Clean again: %v (-want +got):\n%s", err, diff)
	}
}

func TestCleanLeavesForeignFiles(t *testing.T) {
	target := t.TempDir()
	d := open(t, target)
	data, _ := ensure(t, d, 4096, 1)
	d.Close()
	notes := d.file("notes.txt")
	write(t, notes, []byte("precious"))
	if err := os.Mkdir(d.file("more"), 0o700); err != nil {
		t.Fatal(err)
	}
	c, err := Clean(target)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Removed{{data, 4096}}, c.Removed); diff != "" {
		t.Errorf("removed (-want +got):\n%s", diff)
	}
	why := "is not in " + markerName + ": " + ErrForeign.Error()
	if diff := cmp.Diff([]Left{{d.file("more"), why}, {notes, why}}, c.Left); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
	if got := ls(t, d.Path()); !slices.Equal(got, []string{markerName, "more", "notes.txt"}) {
		t.Errorf("left %q", got)
	}
	d = open(t, target) // and the folder still works
	ensure(t, d, 4096, 1)
}

func TestCleanEmptyFolder(t *testing.T) {
	target := t.TempDir()
	folder := filepath.Join(target, FolderName)
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	c, err := Clean(target)
	if diff := cmp.Diff(Cleaned{Folder: folder, Removed: []Removed{{folder, 0}}}, c); err != nil || diff != "" {
		t.Errorf("Clean: %v (-want +got):\n%s", err, diff)
	}
}

// The manifest may end anywhere: a machine that loses its power cuts it.
func TestManifestCutShort(t *testing.T) {
	target := t.TempDir()
	d := open(t, target)
	ensure(t, d, 8, 1)
	d.Close()
	whole, err := os.ReadFile(d.file(markerName))
	if err != nil {
		t.Fatal(err)
	}
	os.Remove(d.file(Seeded(1).fileName(8)))
	for n := range whole {
		for _, tail := range []string{"", "\x00\x00\x00"} {
			write(t, d.file(markerName), append(slices.Clone(whole[:n]), tail...))
			d, err := openDir(target)
			if err != nil {
				t.Fatalf("cut after %d bytes: %v", n, err)
			}
			if n%50 == 0 { // and what is appended can be read again
				ensure(t, d, 8, 1)
				d.Close()
				if d = open(t, target); !d.Lookup(8, Seeded(1)) {
					t.Errorf("cut after %d bytes: what was appended is lost", n)
				}
				if err := d.Remove(Seeded(1).fileName(8)); err != nil {
					t.Fatal(err)
				}
			}
			d.Close()
		}
	}
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(markerHead))
	f.Add([]byte(markerHead + `{"file":"a"}` + "\n" +
		`{"file":"a","content":{"inode":1,"size":2,"seed":3,"version":1}}` + "\n" + `{"pid":4}` + "\n{"))
	f.Add([]byte(markerHead + `{"file":"../a"}` + "\n"))
	f.Add([]byte(markerHead + "\n\n"))
	f.Add([]byte(markerHead[:10] + "\x00\x00"))
	path := filepath.Join(f.TempDir(), "manifest")
	f.Fuzz(func(t *testing.T, text []byte) {
		write(t, path, text)
		file, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		m, fresh, err := readManifest(file)
		if err != nil {
			return
		}
		for _, name := range m.names() {
			if name != filepath.Base(name) || name == ".." || name == "." {
				t.Errorf("a name outside the folder: %q", name)
			}
		}
		if fresh {
			err = m.start()
		}
		if err := errors.Join(err, m.write(record{File: "new"}, true)); err != nil {
			t.Fatal(err)
		}
		again, fresh, err := readManifest(file)
		if err != nil || fresh || !slices.Equal(again.names(), m.names()) || !again.files["new"] {
			t.Errorf("read again: %q, %v, want %q", again.names(), err, m.names())
		}
	})
}

// childTarget names the target of a child process that is to be killed.
const childTarget = "MMAPBENCH_TEST_TARGET"

func TestMain(m *testing.M) {
	if target := os.Getenv(childTarget); target != "" {
		fmt.Fprintln(os.Stderr, useForever(target))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// useForever goes through all that happens to a folder, until it is killed.
func useForever(target string) error {
	for {
		d, err := openDir(target)
		if err != nil {
			return err
		}
		_, _, ensured := d.Ensure(12<<20, Seeded(1), nil)
		scratched := d.Scratch("out.tmp")
		if err := errors.Join(ensured, scratched, os.WriteFile(d.file("out.tmp"), make([]byte, 1000), 0o600),
			createClosed(d, "made.tmp"), d.Close()); err != nil {
			return err
		}
		if _, err := Clean(target); err != nil {
			return err
		}
	}
}

func TestKilledAtAnyMoment(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	target := t.TempDir()
	states := map[string]int{}
	for i := range 12 {
		cmd := exec.Command(self)
		cmd.Env = append(os.Environ(), childTarget+"="+target)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5*time.Millisecond + time.Duration(rand.Int64N(int64(80*time.Millisecond))))
		if err := cmd.Process.Kill(); err != nil {
			t.Fatalf("the child ended by itself: %v, %s", err, &stderr)
		}
		_ = cmd.Wait() // killed
		if stderr.Len() > 0 {
			t.Fatalf("the child failed: %s", &stderr)
		}
		states[strings.Join(ls(t, target), " ")]++
		if i%2 == 0 { // a new run goes on from there
			d := open(t, target)
			ensure(t, d, 12<<20, 1)
			d.Close()
		}
		c, err := Clean(target)
		if err != nil || len(c.Left) > 0 {
			t.Fatalf("Clean = %v, %v", c, err)
		}
		if left := ls(t, target); len(left) > 0 {
			t.Fatalf("left %q", left)
		}
	}
	t.Logf("killed with these files in the target: %v", states)
}
