package harness

import (
	"mmapbench/internal/dataset"
	"mmapbench/workloads"
)

// contents are those of a target's datasets, with the prints that were taken of
// them.
type contents struct {
	catalogue workloads.Catalogue
	known     map[string]dataset.Content // by workload; "": the common one
}

// Knows tells which workloads bring content of their own.
func (c *contents) Knows(catalogue workloads.Catalogue) {
	if c.catalogue.Workloads == nil {
		c.known = nil // it was found without knowing
	}
	c.catalogue = catalogue
}

func (c *contents) content(workload string, seed uint64) dataset.Content {
	if _, ok := c.known[workload]; !ok {
		if c.known == nil {
			c.known = map[string]dataset.Content{}
		}
		c.known[workload] = contentOf(c.catalogue, workload, seed)
	}
	return c.known[workload]
}

// contentOf returns the content that a workload brings, or the common one.
func contentOf(c workloads.Catalogue, workload string, seed uint64) dataset.Content {
	if w, err := c.Workload(workload); err == nil && w.Info().Dataset != nil {
		return dataset.Own(w.Info().Dataset)
	}
	return dataset.Seeded(seed)
}
