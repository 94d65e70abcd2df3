package experiment

import (
	"slices"
	"strings"
	"testing"

	"mmapbench/io/backend"
	"mmapbench/results"
)

// TestLevelsAreThoseOfBackends: the table of factors, which may not import io/backend,
// names the levels that there are.
func TestLevelsAreThoseOfBackends(t *testing.T) {
	if !slices.Equal(results.Consumers, backend.Consumers) {
		t.Errorf("consumers: %v, and backends know %v", results.Consumers, backend.Consumers)
	}
	if !slices.Equal(results.Durabilities, backend.Durabilities) {
		t.Errorf("durabilities: %v, and backends know %v", results.Durabilities, backend.Durabilities)
	}
}

func TestNoFolderForOutput(t *testing.T) {
	t.Setenv("TMPDIR", "/no/such/folder")
	if err := (Way{Output: results.OutputFile}).check(); err == nil || !strings.Contains(err.Error(), "TMPDIR") {
		t.Error(err)
	}
}
