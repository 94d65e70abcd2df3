//go:build linux && !386 && !arm

package target

import (
	"mmapbench/internal/dataset"
	"mmapbench/workloads"
)

// contents are those of a target's datasets, with the prints that were taken of
// them.
type contents struct {
	catalogue workloads.Catalogue
	known     map[string]dataset.Content // the key is a workload; "": the common one
}

func newContents(c workloads.Catalogue) contents { return contents{c, map[string]dataset.Content{}} }

func (c *contents) of(workload string, seed uint64) dataset.Content {
	if _, ok := c.known[workload]; !ok {
		c.known[workload] = Content(c.catalogue, workload, seed)
	}
	return c.known[workload]
}

// Content returns the content that a workload brings, or the common one.
func Content(c workloads.Catalogue, workload string, seed uint64) dataset.Content {
	if w, err := c.Workload(workload); err == nil && w.Info().Dataset != nil {
		return dataset.Own(w.Info().Dataset)
	}
	return dataset.Seeded(seed)
}
