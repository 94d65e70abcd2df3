package report

import (
	"mmapbench/analysis"
	"mmapbench/internal/units"
	"mmapbench/report/words"
)

// The keys of columns that are treated specially.
const (
	keyCache    = "cache"
	keyRecord   = "record"
	keyBackend  = "backend"
	keyTrials   = "n"
	keyProof    = "proof"
	keyInterval = "interval"
	keyRead     = "read"
	keyFetched  = "fetched"
	keyWrite    = "write"
	keySpeed    = "speed"
)

// armColumns say which arm a line is about, in every table.
func armColumns() []column {
	return []column{
		{key: keyCache, head: "cache", left: true,
			cell: func(l line) string { return l.group.Factors.Cache }},
		{key: keyRecord, head: "record",
			cell: func(l line) string { return units.FormatSize(l.group.Factors.Record) }},
		{key: keyBackend, head: "backend", left: true,
			cell: func(l line) string { return l.row.Arm.Backend }},
	}
}

func show(e *analysis.Estimate, f func(*analysis.Estimate) string) string {
	if e == nil {
		return words.None
	}
	return f(e)
}
