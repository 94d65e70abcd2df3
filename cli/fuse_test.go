//go:build linux && !386 && !arm

package cli

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"

	"mmapbench/internal/preflight"
	"mmapbench/results"
)

// flaky is a file system that passes everything on to a directory, until it is
// told to do otherwise.
type flaky struct {
	fs.LoopbackNode
	*misdeeds
}

// misdeeds are what a flaky file system does wrong from now on.
type misdeeds struct {
	noMmap atomic.Bool  // files are opened for direct I/O, which cannot be mapped shared
	keeps  atomic.Bool  // nothing can be removed
	broken atomic.Bool  // reads of datasets are EIO, as from a dying card
	lie    atomic.Int32 // what is wrong with writes to the files of a check
}

// What may be wrong with writes.
const (
	honest        int32 = iota
	dropsWrites         // they succeed and go nowhere
	altersWrites        // the first byte of each becomes another
	failsRewrites       // whole pages that were written before cannot be again: EIO
)

type flakyFile struct {
	*fs.LoopbackFile
	*misdeeds
	name string
}

// PassthroughFd keeps the kernel from going to the directory's file by itself.
func (f *flakyFile) PassthroughFd() (int, bool) { return 0, false }

func (f *flakyFile) Read(ctx context.Context, dest []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	if strings.Contains(f.name, "data-2M") && f.broken.Load() {
		return nil, syscall.EIO
	}
	return f.LoopbackFile.Read(ctx, dest, off)
}

func (f *flakyFile) Write(ctx context.Context, data []byte, off int64) (uint32, syscall.Errno) {
	lie := f.lie.Load()
	if !strings.Contains(f.name, "check-") {
		lie = honest
	}
	switch lie {
	case dropsWrites:
		return uint32(len(data)), 0
	case altersWrites:
		data = append([]byte{^data[0]}, data[1:]...)
	case failsRewrites:
		var st fuse.AttrOut
		if errno := f.Getattr(ctx, &st); errno != 0 {
			return 0, errno
		}
		if len(data)%os.Getpagesize() == 0 && off+int64(len(data)) <= int64(st.Size) {
			return 0, syscall.EIO
		}
	}
	return f.LoopbackFile.Write(ctx, data, off)
}

func mountFlaky(t *testing.T) (mnt string, m *misdeeds) {
	t.Helper()
	if _, err := os.Stat("/dev/fuse"); err != nil || os.Geteuid() != 0 {
		t.Skip("needs root and /dev/fuse")
	}
	m = &misdeeds{}
	dir := t.TempDir()
	mnt = t.TempDir()
	root := &fs.LoopbackRoot{Path: dir}
	top := &flaky{fs.LoopbackNode{RootData: root}, m}
	root.RootNode = top
	server, err := fs.Mount(mnt, top, &fs.Options{MountOptions: fuse.MountOptions{DirectMount: true}})
	if err != nil {
		t.Skipf("cannot mount a FUSE file system here: %v", err)
	}
	t.Cleanup(func() {
		if err := server.Unmount(); err != nil {
			t.Error(err)
		}
	})
	return mnt, m
}

// program runs the program as a process of its own and returns its exit code.
// A fault on a mapping waits for the file system, and a goroutine that waits in
// a fault keeps its processor: garbage collection would wait for it, and the
// server for the garbage collection, if they were in one process.
func program(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs strings.Builder
	c := exec.CommandContext(t.Context(), "mmapbench", args...)
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil && c.ProcessState == nil {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), out.String(), errs.String()
}

// WrapChild makes every file below as flaky as the root.
func (n *flaky) WrapChild(context.Context, fs.InodeEmbedder) fs.InodeEmbedder {
	return &flaky{fs.LoopbackNode{RootData: n.RootData}, n.misdeeds}
}

func (n *flaky) flags(f uint32) uint32 {
	if n.noMmap.Load() {
		return f | fuse.FOPEN_DIRECT_IO
	}
	return f
}

func (n *flaky) wrap(h fs.FileHandle, name string) fs.FileHandle {
	f, ok := h.(*fs.LoopbackFile)
	if !ok {
		return h // nil, with an error beside it
	}
	return &flakyFile{f, n.misdeeds, name}
}

func (n *flaky) Open(ctx context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	h, f, errno := n.LoopbackNode.Open(ctx, flags)
	return n.wrap(h, n.Path(nil)), n.flags(f), errno
}

func (n *flaky) Create(ctx context.Context, name string, flags, mode uint32,
	out *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	inode, h, f, errno := n.LoopbackNode.Create(ctx, name, flags, mode, out)
	return inode, n.wrap(h, name), n.flags(f), errno
}

func (n *flaky) Unlink(ctx context.Context, name string) syscall.Errno {
	if n.keeps.Load() {
		return syscall.EBUSY
	}
	return n.LoopbackNode.Unlink(ctx, name)
}

// checked runs check and returns its report.
func checked(t *testing.T, dir string, wantCode int) (r preflight.Report, answers map[string]preflight.Finding) {
	t.Helper()
	code, stdout, stderr := program(t, "check", "--json", dir)
	if code != wantCode {
		t.Errorf("check: exit %d, want %d: %s", code, wantCode, stderr)
	}
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatalf("%v: %s%s", err, stdout, stderr)
	}
	answers = map[string]preflight.Finding{}
	for _, f := range r.Findings {
		answers[f.Name] = f
		t.Logf("%-7s %-16s %s", f.Answer, f.Name, f.Evidence)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	return r, answers
}

// TestAFileSystemWithoutSharedMappingsDegrades has a run measure what is left:
// reads, and private mappings.
func TestAFileSystemWithoutSharedMappingsDegrades(t *testing.T) {
	mnt, m := mountFlaky(t)
	m.noMmap.Store(true)
	r, answers := checked(t, mnt, ExitOK)
	if f := answers[preflight.SharedMapping]; !r.Trusted || f.Answer != preflight.No || f.Consequence == "" ||
		!strings.Contains(f.Evidence, "ENODEV") {
		t.Errorf("trusted: %v, %+v", r.Trusted, f)
	}
	if f := answers["shared-store"]; f.Answer != preflight.Unknown || f.Weight != preflight.Degrades {
		t.Errorf("%+v", f)
	}
	for _, name := range []string{preflight.PrivateMapping, "private-store", "past-end", "truncate", "write-read",
		"append"} {
		if f := answers[name]; f.Answer != preflight.Yes {
			t.Errorf("%+v", f)
		}
	}
	out := t.TempDir()
	code, _, stderr := program(t, "run", "--target", "fuse="+mnt, "--size", "1M", "--record", "64k", "--workload",
		"seqscan,append", "--backend", "pread,mmap,mmap:private",
		"--cache", "cold,cached", "--rounds", "2", "--charts", "none", "--out", out)
	if code != ExitOK || !strings.Contains(stderr, "left out: seqscan by mmap, cold: files cannot be mapped shared ("+
		mnt+": mmap: ENODEV") {
		t.Errorf("exit %d: %s", code, stderr)
	}
	if !strings.Contains(stderr, "left out: seqscan by pread, cached: files on "+mnt+" do not stay in the page cache") {
		t.Errorf("left out: %s", stderr)
	}
	run := onlyRun(t, out)
	if got, want := backendsOf(run), "append pread, seqscan mmap:private, seqscan pread"; got != want {
		t.Errorf("measured: %s, want %s", got, want)
	}
	if got := checkOf(run, preflight.SharedMapping); got.Answer != "no" || got.Target != "fuse" ||
		!strings.Contains(got.Evidence, "ENODEV") {
		t.Errorf("in the run file: %+v", got)
	}
}

// backendsOf lists what was measured without an error.
func backendsOf(run *results.Run) string {
	var out []string
	for _, tr := range run.Trials {
		a := run.Header.Plan.Arms[tr.Arm]
		if tr.Error == nil {
			out = addName(out, a.Workload+" "+a.Backend)
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func checkOf(run *results.Run, name string) results.TargetCheck {
	for _, c := range run.Header.Checks {
		if c.Name == name {
			return c
		}
	}
	return results.TargetCheck{}
}

func onlyRun(t *testing.T, dir string) *results.Run {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil || len(files) != 1 {
		t.Fatalf("run files %v: %v", files, err)
	}
	run, err := results.Read(files[0])
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// TestLyingFileSystems has check and run find out what is wrong, before
// anything is measured.
func TestLyingFileSystems(t *testing.T) {
	mnt, m := mountFlaky(t)
	if r, _ := checked(t, mnt, ExitOK); !r.Trusted {
		t.Fatal("the honest file system is not trusted")
	}
	for _, tt := range []struct {
		lie      int32
		probe    string
		evidence string
	}{
		{dropsWrites, "write-read", "pread right after the write: only 0 of"},
		{altersWrites, "write-read", "pread right after the write: byte 0 is"},
		{failsRewrites, "shared-store", "pread after the store: byte "},
	} {
		t.Run(tt.evidence, func(t *testing.T) {
			m.lie.Store(tt.lie)
			defer m.lie.Store(honest)
			r, answers := checked(t, mnt, ExitProblem)
			if f := answers[tt.probe]; r.Trusted || f.Answer != preflight.No || f.Weight != preflight.Vital ||
				!strings.Contains(f.Evidence, tt.evidence) {
				t.Errorf("trusted: %v, %+v", r.Trusted, f)
			}
			if f := answers["msync"]; tt.lie == failsRewrites && !strings.Contains(f.Evidence, "msync: EIO") {
				t.Errorf("%+v", f) // the error of a write that happens behind the program's back
			}
			code, stdout, _ := program(t, "check", mnt)
			if code != ExitProblem || !strings.Contains(stdout, "cannot be trusted") ||
				!strings.Contains(stdout, "- "+tt.probe) {
				t.Errorf("exit %d: %s", code, stdout)
			}
			out := filepath.Join(t.TempDir(), "out")
			code, _, stderr := program(t, "run", "--target", "fuse="+mnt, "--size", "1M", "--out", out, "-q")
			if code != ExitInvalid || !strings.Contains(stderr, tt.evidence) || !strings.Contains(stderr, tt.probe) {
				t.Errorf("run: exit %d: %s", code, stderr)
			}
			if _, err := os.Stat(out); err == nil {
				t.Error("a run file was begun")
			}
			if _, err := os.Stat(filepath.Join(mnt, "mmapbench.d")); err == nil {
				t.Error("the refused target keeps a folder of ours")
			}
			m.lie.Store(honest)
			program(t, "clean", mnt)
		})
	}
}

// TestCheckSaysWhatItCouldNotRemove has a file system keep the first file, so
// that no other can be made in its place.
func TestCheckSaysWhatItCouldNotRemove(t *testing.T) {
	mnt, m := mountFlaky(t)
	m.keeps.Store(true)
	code, stdout, stderr := program(t, "check", mnt)
	if code != ExitProblem || !strings.Contains(stderr, "removing") ||
		!strings.Contains(stdout, "yes      Does what was written come back?") ||
		!strings.Contains(stdout, "unknown  Does a store to a shared mapping reach the file?") {
		t.Errorf("exit %d: %s%s", code, stdout, stderr)
	}
	m.keeps.Store(false)
	if code, _, stderr := program(t, "clean", mnt); code != ExitOK {
		t.Errorf("clean: exit %d: %s", code, stderr)
	}
	if left, err := os.ReadDir(mnt); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestAFailingMediumCostsTrials has every read of the dataset fail while the
// run is under way: read(2) reports EIO, a mapping raises SIGBUS, and both are
// errors of their trials. The next run finds out before it measures anything.
func TestAFailingMediumCostsTrials(t *testing.T) {
	mnt, m := mountFlaky(t)
	out := t.TempDir()
	args := []string{"run", "--target", "fuse=" + mnt, "--size", "2M", "--record", "64k", "--workload", "seqscan",
		"--backend", "pread,mmap", "--cache", "cold", "--rounds", "1000", "--budget", "3s", "--charts", "none", "-q",
		"--out", out}
	go breakAfterFirstTrial(out, &m.broken)
	if code, _, stderr := program(t, args...); code != ExitOK {
		t.Errorf("while the medium failed: exit %d: %s", code, stderr)
	}
	run := onlyRun(t, out)
	kinds := map[string]int{}
	for _, tr := range run.Trials {
		kind := "good"
		if tr.Error != nil {
			kind = run.Header.Plan.Arms[tr.Arm].Backend + " " + tr.Error.Kind
		}
		kinds[kind]++
	}
	if kinds["good"] == 0 || kinds["pread io"] == 0 || kinds["mmap sigbus"] == 0 {
		t.Errorf("trials by kind: %v", kinds)
	}
	if code, _, stderr := program(t, args...); code != ExitUsage || !strings.Contains(stderr, "input/output error") {
		t.Errorf("on the broken medium: exit %d: %s", code, stderr)
	}
}

// breakAfterFirstTrial waits for the first trial in a run file.
func breakAfterFirstTrial(dir string, broken *atomic.Bool) {
	for range 500 {
		files, _ := filepath.Glob(filepath.Join(dir, "*.jsonl"))
		for _, f := range files {
			if b, err := os.ReadFile(f); err == nil && strings.Contains(string(b), `"type":"trial"`) {
				broken.Store(true)
				return
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
}
