package experiment

import (
	"slices"
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
