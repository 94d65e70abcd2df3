package readwrite_test

import (
	"testing"

	"mmapbench/io/backend/backendtest"
	"mmapbench/io/readwrite"
)

func TestConformance(t *testing.T) {
	for _, b := range readwrite.All() {
		backendtest.Run(t, b)
	}
}
