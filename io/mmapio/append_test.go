package mmapio

import (
	"os"
	"path/filepath"
	"testing"

	"mmapbench/internal/pagecache"
	"mmapbench/io/backend"
)

// TestACommitIsOnTheDevice counts the dirty pages of a file before and after a commit, of
// which the records lie in one window or in several.
func TestACommitIsOnTheDevice(t *testing.T) {
	for _, options := range []string{"", "grow=4k", "msync=sync,grow=4k", "msync=async", "grow=1M"} {
		for _, d := range []backend.Durability{backend.Data, backend.Full} {
			t.Run(options+" "+string(d), func(t *testing.T) {
				o, err := Mmap.Info().Parse(options)
				if err != nil {
					t.Fatal(err)
				}
				access, err := backend.Configure(Mmap, backend.ToAppend, t.TempDir(), o)
				if err != nil {
					t.Fatal(err)
				}
				path := filepath.Join(t.TempDir(), "out")
				a, err := access.OpenAppend(path, backend.Spec{Record: 4096, Durability: d})
				if err != nil {
					t.Fatal(err)
				}
				defer a.Close()
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
