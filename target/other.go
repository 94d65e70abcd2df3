//go:build !linux || 386 || arm

package target

// MostFiles is in how many files a dataset may lie. Where nothing is measured, nothing
// limits them.
func MostFiles() int64 { return 1 << 16 }
