package mmapio

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mmapbench/internal/pagecache"
	"mmapbench/io/backend"
)

// TestACommitIsOnTheDevice counts the dirty pages of a file before and after a commit, of
// which the records lie in one window or in several.
func TestACommitIsOnTheDevice(t *testing.T) {
	for _, options := range []string{"", "grow=4k", "msync=sync,grow=4k", "msync=async", "grow=1M",
		"growth=remap,grow=4k", "growth=mremap,grow=4k", "growth=fixed,grow=4k"} {
		for _, d := range []backend.Durability{backend.Data, backend.Full} {
			t.Run(options+" "+string(d), func(t *testing.T) {
				a := openAppend(t, options, 4096, d)
				path := a.path
				dirty := func() int64 {
					f, err := os.Open(path)
					if err != nil {
						t.Fatal(err)
					}
					defer f.Close()
					s, err := pagecache.Cachestat(f, 1<<20)
					if err != nil {
						t.Skip(err)
					}
					return s.Dirty + s.Writeback
				}
				for range 3 {
					if err := a.Append(make([]byte, 5*4096)); err != nil {
						t.Fatal(err)
					}
					if dirty() == 0 {
						t.Skip("no page counts as dirty here, as on a file system in memory")
					}
					if err := a.Commit(); err != nil {
						t.Fatal(err)
					}
					if n := dirty(); n != 0 {
						t.Errorf("%d pages are dirty after a commit", n)
					}
				}
			})
		}
	}
}

// TestGrowthIsAsAsked looks at the mappings and the length of a file after each step by
// which it grows.
func TestGrowthIsAsAsked(t *testing.T) {
	page := int64(os.Getpagesize())
	for _, tt := range []struct {
		options string
		mapped  []int64 // pages that are mapped after each record of a page
		length  []int64 // pages of the file
	}{
		{"grow=1", []int64{1, 1, 1, 1}, []int64{1, 2, 3, 4}},
		{"grow=1,growth=remap", []int64{1, 2, 3, 4}, []int64{1, 2, 3, 4}},
		{"grow=1,growth=mremap", []int64{1, 2, 3, 4}, []int64{1, 2, 3, 4}},
		{"grow=1,growth=fixed", []int64{1, 2, 3, 4}, []int64{1, 2, 3, 4}},
	} {
		t.Run(tt.options, func(t *testing.T) {
			a := openAppend(t, tt.options, int(page), backend.None)
			for i := range tt.mapped {
				if err := a.Append(make([]byte, page)); err != nil {
					t.Fatal(err)
				}
				if got := mappedBytes(t, a.path) / page; got != tt.mapped[i] {
					t.Errorf("after %d records %d pages are mapped, want %d", i+1, got, tt.mapped[i])
				}
				st, err := os.Stat(a.path)
				if err != nil {
					t.Fatal(err)
				}
				if got := st.Size() / page; got != tt.length[i] {
					t.Errorf("after %d records the file has %d pages, want %d", i+1, got, tt.length[i])
				}
			}
		})
	}
	a := openAppend(t, "grow=double", defaultGrow, backend.None)
	for i, want := range []int64{1, 2, 4, 4, 8} {
		if err := a.Append(make([]byte, defaultGrow)); err != nil {
			t.Fatal(err)
		}
		if st, err := os.Stat(a.path); err != nil || st.Size() != want*defaultGrow {
			t.Errorf("after %d MiB the file has %d bytes, want %d MiB: %v", i+1, st.Size(), want, err)
		}
	}
}

func openAppend(t *testing.T, options string, record int, d backend.Durability) *appendFile {
	t.Helper()
	o, err := Mmap.Info().Parse(options)
	if err != nil {
		t.Fatal(err)
	}
	access, err := backend.Configure(Mmap, backend.ToAppend, t.TempDir(), o)
	if err != nil {
		t.Fatal(err)
	}
	a, err := access.OpenAppend(filepath.Join(t.TempDir(), "out"), backend.Spec{Record: record, Durability: d})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a.(*appendFile)
}

// mappedBytes adds up what is mapped of the file.
func mappedBytes(t *testing.T, path string) (sum int64) {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(maps)) {
		var from, to int64
		if strings.HasSuffix(strings.TrimSpace(line), path) {
			if _, err := fmt.Sscanf(line, "%x-%x", &from, &to); err != nil {
				t.Fatal(err)
			}
			sum += to - from
		}
	}
	return sum
}
