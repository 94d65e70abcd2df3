package uring_test

import (
	"testing"

	"mmapbench/io/backend/backendtest"
	"mmapbench/io/uring"
)

func TestConformance(t *testing.T) {
	backendtest.Run(t, uring.Uring, "", "depth=3", "depth=32,fixed", "depth=256,direct")
}
