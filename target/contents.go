//go:build linux && !386 && !arm

package target

import (
	"golang.org/x/sys/unix"

	"mmapbench/internal/dataset"
	"mmapbench/schedule"
	"mmapbench/workloads"
)

// contents are those of a target's datasets, with the prints that were taken of
// them.
type contents struct {
	catalogue workloads.Catalogue
	known     map[string]dataset.Content // the key is a workload; "": the common one
}

func newContents(c workloads.Catalogue) contents { return contents{c, map[string]dataset.Content{}} }

func (c *contents) of(d schedule.Data, seed uint64) dataset.Content {
	if _, ok := c.known[d.Of]; !ok {
		c.known[d.Of] = Content(c.catalogue, d.Of, seed)
	}
	return c.known[d.Of].In(d.Part)
}

// Content returns the content that a workload brings, or the common one.
func Content(c workloads.Catalogue, workload string, seed uint64) dataset.Content {
	if w, err := c.Workload(workload); err == nil && w.Info().Dataset != nil {
		return dataset.Own(w.Info().Dataset)
	}
	return dataset.Seeded(seed)
}

// MostFiles is in how many files a dataset may lie: a trial has all of them open, and
// some others.
func MostFiles() int64 {
	const others = 64
	var r unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &r); err != nil || r.Max > dataset.MaxParts+others {
		return dataset.MaxParts
	}
	return int64(r.Max) - others
}
