package readwrite_test

import (
	"testing"

	"mmapbench/io/backend/backendtest"
)

// TestWhatAKilledAppendLeaves: all that write(2) was given is in the file, and nothing
// else, but of what bufio still had in its buffer.
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
		if left.Zeros > 0 || left.Records < 3000-66 || (int64(left.Records)*1000+int64(left.Torn))%(64<<10) != 0 {
			t.Errorf("left behind: %+v", left)
		}
	})
}
