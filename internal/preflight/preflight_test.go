package preflight

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"mmapbench/internal/dataset"
	"mmapbench/internal/memfault"
)

func checked(t *testing.T, dir string) (*Report, map[string]Finding) {
	t.Helper()
	r, err := Check(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]Finding{}
	for _, f := range r.Findings {
		byName[f.Name] = f
		t.Logf("%-7s %-16s %s", f.Answer, f.Name, f.Evidence)
	}
	return r, byName
}

// want holds answers against those expected, "yes no" for either.
func want(t *testing.T, got map[string]Finding, answers map[string]string) {
	t.Helper()
	for name, answer := range answers {
		if f, ok := got[name]; !ok || !strings.Contains(answer, string(f.Answer)) {
			t.Errorf("%s: %s (%s), want %s", name, f.Answer, f.Evidence, answer)
		}
	}
}

// TestCheck asks everything of the directory for temporary files. What holds
// wherever the tests may run is wanted; the rest is logged.
func TestCheck(t *testing.T) {
	dir := t.TempDir()
	before := written(t)
	r, got := checked(t, dir)
	if w := written(t) - before; w >= Bytes {
		t.Errorf("%d bytes were written, the announcement says less than %d", w, Bytes)
	}
	if !memfault.Works() {
		t.Skip("faults carry no address here, as under user-mode emulation")
	}
	if !r.Trusted {
		t.Error("it is not trusted")
	}
	if r.Dir != dir || r.PageSize != os.Getpagesize() ||
		r.Format != Format || r.Version != Version || r.FileSystem == "" {
		t.Errorf("%+v", r)
	}
	want(t, got, map[string]string{
		SharedMapping: "yes", PrivateMapping: "yes", "msync-errors": "yes", "random": "yes", "sequential": "yes",
		"populate": "yes", "dontneed": "yes", "mincore": "yes", "cached": "yes", "faults": "yes", "page-size": "yes",
		"space": "yes", "clock": "yes no",
	})
	for _, f := range r.Findings {
		switch {
		case f.Weight == Vital && f.Answer != Yes:
			t.Errorf("%s: %s: %s", f.Name, f.Answer, f.Evidence)
		case f.Evidence == "" || f.Question == "" || f.Group == "":
			t.Errorf("something is missing: %+v", f)
		case (f.Answer == No) != (f.Consequence != ""):
			t.Errorf("%s: answer %s with consequence %q", f.Name, f.Answer, f.Consequence)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// written is what this process has dirtied.
func written(t *testing.T) int64 {
	t.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return u.Oublock * 512
}

// TestInMemory asks a file system whose pages have no other place to go.
func TestInMemory(t *testing.T) {
	const shm = "/dev/shm"
	var fs unix.Statfs_t
	if err := unix.Statfs(shm, &fs); err != nil || fs.Type != unix.TMPFS_MAGIC {
		t.Skip("there is no file system in memory at " + shm)
	}
	dir, err := os.MkdirTemp(shm, "mmapbench-test-*")
	if err != nil {
		t.Skip(err)
	}
	defer os.RemoveAll(dir)
	r, got := checked(t, dir)
	if !r.Trusted || r.FileSystem != "tmpfs" || r.Device != "memory" {
		t.Errorf("%s on %s, trusted: %v", r.FileSystem, r.Device, r.Trusted)
	}
	want(t, got, map[string]string{"cold": "no", "direct": "no", "reflink": "no", "willneed": "unknown",
		"msync": "unknown", "cached": "yes", "dontneed": "yes"})
	// Without swap its pages cannot leave at all.
	if text, err := os.ReadFile("/proc/swaps"); err == nil && strings.Count(string(text), "\n") == 1 {
		want(t, got, map[string]string{"pageout": "no"})
	}
}

// Where no file can be made, the questions that need one are unknown, with the
// reason, and the others are answered.
func TestNowhereToWrite(t *testing.T) {
	r, got := checked(t, "/proc")
	if r.Trusted {
		t.Error("it is trusted")
	}
	for _, p := range table() {
		f := got[p.name]
		needsFile := p.needs&(file|mapping|shared|private) != 0
		unasked := f.Answer == Unknown && strings.Contains(f.Evidence, "no file can be made there")
		if unasked != needsFile {
			t.Errorf("%s: %s: %s", f.Name, f.Answer, f.Evidence)
		}
		if f.Weight != p.weight {
			t.Errorf("%s: weight %s, want %s", f.Name, f.Weight, p.weight)
		}
	}
}

func TestBusyFolder(t *testing.T) {
	dir := t.TempDir()
	_, giveBack, err := dataset.Borrow(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer giveBack()
	if _, err := Check(context.Background(), dir); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("error %v", err)
	}
}

func TestInterruptedCheckLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if r, err := Check(ctx, dir); !errors.Is(err, context.Canceled) || r != nil {
		t.Errorf("report %v, error %v", r, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestVitalPart asks what a run asks: a few files, and nothing left.
func TestVitalPart(t *testing.T) {
	dir := t.TempDir()
	d, giveBack, err := dataset.Borrow(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer giveBack()
	all := VitalPart(d, dir)
	if !memfault.Works() {
		t.Skip("faults carry no address here, as under user-mode emulation")
	}
	if len(all) < 10 || !trusted(all) {
		t.Errorf("%d findings, trusted: %v: %+v", len(all), trusted(all), all)
	}
	left, err := filepath.Glob(filepath.Join(d.Path(), "*.tmp"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// The JSON has exactly the fields that docs/check.md promises.
func TestReportAsJSON(t *testing.T) {
	r, _ := checked(t, t.TempDir())
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	doc := readDocument(t)
	fields(t, doc, got)
	first, ok := got["findings"].([]any)[0].(map[string]any)
	if !ok || len(got) != 8 || len(first) != 6 {
		t.Errorf("%d fields, a finding has %v", len(got), first)
	}
	fields(t, doc, first)
	if got["format"] != "mmapbench-check" || got["version"] != 1.0 {
		t.Errorf("format %v, version %v", got["format"], got["version"])
	}
	var again Report
	if err := json.Unmarshal(text, &again); err != nil || !reflect.DeepEqual(&again, r) {
		t.Errorf("read back: %v", err)
	}
}

func fields(t *testing.T, doc string, object map[string]any) {
	t.Helper()
	for name := range object {
		if !strings.Contains(doc, "`"+name+"`") {
			t.Errorf("docs/check.md does not name `%s`", name)
		}
	}
}

func readDocument(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/check.md")
	if err != nil {
		t.Skipf("the document is not here: %v", err) // the emulated guest has no documents
	}
	return string(text)
}

var kebab = regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)

// TestEveryProbeIsDocumented wants a row for each probe, in the order of the
// table and in its words, and no other row.
func TestEveryProbeIsDocumented(t *testing.T) {
	seen := map[string]bool{}
	all := table()
	for _, p := range all {
		if seen[p.name] || !kebab.MatchString(p.name) {
			t.Errorf("the name %q is not new or not in lower case", p.name)
		}
		seen[p.name] = true
		if p.ask == nil || p.consequence() == "" || !strings.HasSuffix(p.question, "?") {
			t.Errorf("%s is not complete", p.name)
		}
	}
	doc := readDocument(t)
	row := regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| (.+) \\| (vital|degrades|fact) \\| (.+) \\| (.+) \\|$")
	rows := row.FindAllStringSubmatch(doc, -1)
	if len(rows) != len(all) {
		t.Fatalf("docs/check.md has %d rows for %d probes", len(rows), len(all))
	}
	for i, p := range all {
		row := rows[i]
		if row[1] != p.name || row[2] != p.question || row[3] != string(p.weight) || row[5] != p.consequence() {
			t.Errorf("row %d of docs/check.md is\n%q, want\n| `%s` | %s | %s | … | %s |",
				i+1, row[0], p.name, p.question, p.weight, p.consequence())
		}
	}
}

// TestTransientErrorsAreNoAnswers: what a limit or a missing witness forbids is
// unknown, and what the kernel refuses is no.
func TestTransientErrorsAreNoAnswers(t *testing.T) {
	for _, c := range []struct {
		err  error
		want Answer
	}{
		{failed("pwrite", unix.ENOSPC), Unknown},
		{failed("pwrite", unix.EFBIG), Unknown}, // RLIMIT_FSIZE
		{failed("fallocate", unix.EINTR), Unknown},
		{failed("FICLONE", unix.EOPNOTSUPP), No},
		{failed("pread", unix.EIO), No},
		{&setupError{unix.ENOSYS}, Unknown},
	} {
		if got := answerOf(c.err); got != c.want {
			t.Errorf("%v: %s, want %s", c.err, got, c.want)
		}
	}
	unseen := evicted{unseen: unix.ENOSYS}
	if unseen.gone() || !strings.Contains(unseen.String(), "could not be made or seen") {
		t.Errorf("an eviction that was not seen: gone %v, %q", unseen.gone(), unseen)
	}
}
