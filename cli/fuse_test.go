package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"

	"mmapbench/results"
)

// flaky is a file system that passes everything on to a directory, until it is
// told to refuse shared mappings or to fail reads.
type flaky struct {
	fs.LoopbackNode
	noMmap *atomic.Bool // files are opened for direct I/O, which cannot be mapped shared
	broken *atomic.Bool // reads of datasets are EIO, as from a dying card
}

type flakyFile struct {
	*fs.LoopbackFile
	broken func() bool
}

// PassthroughFd keeps the kernel from going to the directory's file by itself.
func (f *flakyFile) PassthroughFd() (int, bool) { return 0, false }

func (f *flakyFile) Read(ctx context.Context, dest []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	if f.broken() {
		return nil, syscall.EIO
	}
	return f.LoopbackFile.Read(ctx, dest, off)
}

func mountFlaky(t *testing.T) (mnt string, noMmap, broken *atomic.Bool) {
	t.Helper()
	if _, err := os.Stat("/dev/fuse"); err != nil || os.Geteuid() != 0 {
		t.Skip("needs root and /dev/fuse")
	}
	noMmap, broken = new(atomic.Bool), new(atomic.Bool)
	dir := t.TempDir()
	mnt = t.TempDir()
	root := &fs.LoopbackRoot{Path: dir}
	top := &flaky{LoopbackNode: fs.LoopbackNode{RootData: root}, noMmap: noMmap, broken: broken}
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
	return mnt, noMmap, broken
}

// WrapChild makes every file below as flaky as the root.
func (n *flaky) WrapChild(context.Context, fs.InodeEmbedder) fs.InodeEmbedder {
	return &flaky{LoopbackNode: fs.LoopbackNode{RootData: n.RootData}, noMmap: n.noMmap, broken: n.broken}
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
	return &flakyFile{f, func() bool { return n.broken.Load() && strings.Contains(name, "data-2M") }}
}

func (n *flaky) Open(ctx context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	h, f, errno := n.LoopbackNode.Open(ctx, flags)
	return n.wrap(h, n.Path(nil)), n.flags(f), errno
}

func (n *flaky) Create(ctx context.Context, name string, flags, mode uint32, out *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	inode, h, f, errno := n.LoopbackNode.Create(ctx, name, flags, mode, out)
	return inode, n.wrap(h, name), n.flags(f), errno
}

func TestAFileSystemWithoutSharedMappingsIsRefused(t *testing.T) {
	mnt, noMmap, _ := mountFlaky(t)
	noMmap.Store(true)
	out := filepath.Join(t.TempDir(), "out")
	code, _, stderr := exit(t, "run", "--target", "fuse="+mnt, "--size", "1M", "--out", out)
	if code != ExitUsage || !strings.Contains(stderr, "shared writable mapping") {
		t.Errorf("exit %d: %s", code, stderr)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a run file was begun")
	}
}

// TestAFailingMediumCostsTrials has every read of the dataset fail while the
// run is under way: read(2) reports EIO, a mapping raises SIGBUS, and both are
// errors of their trials. The next run finds out before it measures anything.
func TestAFailingMediumCostsTrials(t *testing.T) {
	mnt, _, broken := mountFlaky(t)
	out := t.TempDir()
	args := []string{"run", "--target", "fuse=" + mnt, "--size", "2M", "--record", "64k", "--workload", "seqscan",
		"--backend", "pread,mmap", "--cache", "cold", "--rounds", "1000", "--budget", "3s", "--charts", "none", "-q", "--out", out}
	go breakAfterFirstTrial(out, broken)
	if code, _, stderr := exit(t, args...); code != ExitOK {
		t.Errorf("while the medium failed: exit %d: %s", code, stderr)
	}
	files, err := filepath.Glob(filepath.Join(out, "*.jsonl"))
	if err != nil || len(files) != 1 {
		t.Fatalf("run files %v: %v", files, err)
	}
	run, err := results.Read(files[0])
	if err != nil {
		t.Fatal(err)
	}
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
	if code, _, stderr := exit(t, args...); code != ExitUsage || !strings.Contains(stderr, "input/output error") {
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
