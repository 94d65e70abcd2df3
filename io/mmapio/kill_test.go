package mmapio_test

import (
	"testing"

	"mmapbench/io/backend/backendtest"
	"mmapbench/io/mmapio"
)

// TestWhatAKilledAppendLeaves: all that was stored is in the file, which is as long as the
// mapping had made it, with zeros at its end.
func TestWhatAKilledAppendLeaves(t *testing.T) {
	for _, tt := range []struct {
		options string
		zeros   int64 // at most
	}{
		{"", 1 << 20},
		{"grow=4k", 64 << 10}, // a page, whatever its size
		{"grow=double", 256 << 20},
		{"growth=remap", 1 << 20},
		{"growth=mremap", 1 << 20},
		{"growth=fixed", 1 << 20},
	} {
		t.Run(tt.options, func(t *testing.T) {
			left := backendtest.Kill(t, mmapio.Mmap, tt.options)
			if left.Records < 3000 || left.Zeros > tt.zeros {
				t.Errorf("left behind: %+v", left)
			}
		})
	}
}
