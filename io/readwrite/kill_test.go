package readwrite_test

import (
	"os"
	"testing"

	"mmapbench/io/backend/backendtest"
)

// TestWhatAKilledAppendLeaves: all that write(2) was given is in the file, and nothing
// else, but for what bufio still had in its buffer. A large write ends between two pages
// when its process is killed (generic_perform_write in mm/filemap.c).
func TestWhatAKilledAppendLeaves(t *testing.T) {
	for _, options := range []string{"", "append=pwrite", "fallocate"} {
		t.Run("pread:"+options, func(t *testing.T) {
			left := backendtest.Kill(t, find(t, "pread"), options)
			if left.Zeros > 0 || left.Records < 3000 {
				t.Errorf("left behind: %+v", left)
			}
		})
	}
	t.Run("bufio", func(t *testing.T) {
		left := backendtest.Kill(t, find(t, "bufio"), "buffer=64k")
		if left.Zeros > 0 || left.Records < 3000-66 || (left.Records*1000+left.Torn)%os.Getpagesize() != 0 {
			t.Errorf("left behind: %+v", left)
		}
	})
}
