package backendtest_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mmapbench/io/backend"
	"mmapbench/io/backend/backendtest"
	"mmapbench/io/readwrite"
)

// hooked is pread with something wrong in it, for reading alone.
type hooked struct {
	backend.Backend
	open   func(path string) string
	view   func(w backend.Worker, off int64, n int) ([]byte, error)
	do     func(d backend.Batcher, b *backend.Batch) error
	worker func(f backend.File, id int) (backend.Worker, error)
}

func (h hooked) Configure(verb backend.Verb, dir string, o backend.Options) (backend.Access, error) {
	a, err := h.Backend.Configure(verb, dir, o)
	return backend.Access{Open: func(path string, s backend.Spec) (backend.File, error) {
		if h.open != nil {
			path = h.open(path)
		}
		f, err := a.Open(path, s)
		if err != nil {
			return nil, err
		}
		return hookedFile{f, h}, nil
	}}, err
}

type hookedFile struct {
	backend.File
	h hooked
}

func (f hookedFile) Worker(id int) (backend.Worker, error) {
	get := backend.File.Worker
	if f.h.worker != nil {
		get = f.h.worker
	}
	w, err := get(f.File, id)
	if err != nil {
		return nil, err
	}
	if f.h.do == nil {
		return viewOnly{w, f.h}, nil
	}
	return hookedWorker{viewOnly{w, f.h}}, nil
}

type viewOnly struct {
	w backend.Worker
	h hooked
}

func (w viewOnly) View(off int64, n int) ([]byte, error) {
	if w.h.view != nil {
		return w.h.view(w.w, off, n)
	}
	return w.w.View(off, n)
}

type hookedWorker struct{ viewOnly }

func (w hookedWorker) Do(b *backend.Batch) error { return w.h.do(w.w.(backend.Batcher), b) }

func TestViewAloneIsEnough(t *testing.T) {
	backendtest.Run(t, hooked{Backend: readwrite.Pread})
}

// TestSuiteCatches runs the suite on backends that are wrong in one way each.
func TestSuiteCatches(t *testing.T) {
	for _, c := range []struct {
		wrong, check string
		b            backend.Backend
	}{
		{"short slice", "view and do give the content",
			hooked{view: func(w backend.Worker, off int64, n int) ([]byte, error) {
				p, err := w.View(off, n)
				return p[:max(0, len(p)-1)], err
			}}},
		{"bytes of another place", "view and do give the content",
			hooked{view: func(w backend.Worker, off int64, n int) ([]byte, error) {
				return w.View(max(0, off-8), n)
			}}},
		{"wrong sum", "view and do give the content", hooked{do: func(d backend.Batcher, b *backend.Batch) error {
			err := d.Do(b)
			b.Sum++
			return err
		}}},
		{"sum begins anew", "a batch may be full or empty",
			hooked{do: func(d backend.Batcher, b *backend.Batch) error {
				b.Sum = 0
				return d.Do(b)
			}}},
		{"last record left out", "a batch may be full or empty",
			hooked{do: func(d backend.Batcher, b *backend.Batch) error {
				cut := *b
				cut.N = min(cut.N, backend.BatchMax-1)
				err := d.Do(&cut)
				b.Sum = cut.Sum
				return err
			}}},
		{"zeros beyond the end", "accesses outside are refused",
			hooked{view: func(w backend.Worker, off int64, n int) ([]byte, error) {
				if p, err := w.View(off, n); err == nil {
					return p, nil
				}
				return make([]byte, max(n, 0)), nil
			}}},
		{"one buffer for all", "workers do not share anything",
			hooked{worker: func(f backend.File, _ int) (backend.Worker, error) {
				return f.Worker(0)
			}}},
		{"view allocates", "no allocation", hooked{view: func(w backend.Worker, off int64, n int) ([]byte, error) {
			p, err := w.View(off, n)
			return append([]byte(nil), p...), err
		}}},
		{"unaligned accesses served", "unaligned accesses are refused", aligned{readwrite.Pread}},
		{"symbolic links followed", "unfit files are refused", hooked{open: func(path string) string {
			if to, err := filepath.EvalSymlinks(path); err == nil {
				return to
			}
			return path
		}}},
		{"options read while it is opened", "open allocates little", hooked{open: func(path string) string {
			return string(bytes.Join(bytes.Split([]byte(path), []byte("/")), []byte("/")))
		}}},
		{"appended file left long", "append gives exact length and content",
			badAppender{readwrite.Pread, func(path string) {}, 8}},
		{"append begins anew", "append may be called several times",
			badAppender{readwrite.Pread, func(path string) {}, -1}},
		{"copy copies all at once", "copy may be called several times", badCopier{readwrite.Pread, false}},
		{"copy cannot go on", "copy may be called several times", badCopier{readwrite.Pread, true}},
		{"existing file replaced", "append refuses what exists",
			badAppender{readwrite.Pread, func(path string) { os.Remove(path) }, 0}},
	} {
		t.Run(c.wrong, func(t *testing.T) {
			if h, ok := c.b.(hooked); ok {
				h.Backend = readwrite.Pread
				c.b = h
			}
			failed, err := backendtest.Failed(t.TempDir(), c.b, "")
			if err != nil {
				t.Fatal(err)
			}
			if failed[c.check] == nil {
				t.Errorf("check %q did not notice; failed: %v", c.check, failed)
			}
		})
	}
}

// aligned says that its accesses must be aligned, and serves others as well.
type aligned struct{ backend.Backend }

func (b aligned) Configure(verb backend.Verb, dir string, o backend.Options) (backend.Access, error) {
	a, err := b.Backend.Configure(verb, dir, o)
	a.Needs.Align = 512
	return a, err
}

// badAppender appends wrongly.
type badAppender struct {
	backend.Backend
	before func(path string)
	extra  int64
}

func (b badAppender) Configure(verb backend.Verb, dir string, o backend.Options) (backend.Access, error) {
	a, err := b.Backend.Configure(verb, dir, o)
	return backend.Access{OpenAppend: func(path string, s backend.Spec) (backend.AppendFile, error) {
		b.before(path)
		f, err := a.OpenAppend(path, s)
		return badAppendFile{f, path, b.extra}, err
	}}, err
}

type badAppendFile struct {
	backend.AppendFile
	path  string
	extra int64
}

func (a badAppendFile) Append(src []byte) error {
	if a.extra < 0 { // every call begins at the start
		if err := os.Truncate(a.path, 0); err != nil {
			return err
		}
	}
	return a.AppendFile.Append(src)
}

func (a badAppendFile) Close() error {
	if a.AppendFile == nil {
		return nil
	}
	if info, err := os.Stat(a.path); err == nil && a.extra > 0 {
		os.Truncate(a.path, info.Size()+a.extra)
	}
	return a.AppendFile.Close()
}

// badCopier copies all that is left with the first call, or nothing with any
// later one.
type badCopier struct {
	backend.Backend
	once bool
}

func (b badCopier) Configure(verb backend.Verb, dir string, o backend.Options) (backend.Access, error) {
	a, err := b.Backend.Configure(verb, dir, o)
	return backend.Access{OpenCopy: func(src, dst string, s backend.Spec) (backend.CopyFile, error) {
		c, err := a.OpenCopy(src, dst, s)
		return &badCopyFile{CopyFile: c, once: b.once}, err
	}}, err
}

type badCopyFile struct {
	backend.CopyFile
	once  bool
	calls int
}

func (c *badCopyFile) Copy(n int64) error {
	c.calls++
	switch {
	case !c.once:
		return c.CopyFile.Copy(0)
	case c.calls > 1:
		return nil
	}
	return c.CopyFile.Copy(n)
}

func TestGoodBackendFailsNothing(t *testing.T) {
	failed, err := backendtest.Failed(t.TempDir(), readwrite.Pread, "")
	if err != nil || len(failed) > 0 {
		t.Errorf("failed: %v, error %v", failed, err)
	}
	if _, err := backendtest.Failed(t.TempDir(), readwrite.Pread, "fast"); err == nil ||
		!strings.Contains(err.Error(), "fast") {
		t.Errorf("an option that pread does not have: error %v", err)
	}
}
