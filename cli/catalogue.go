//go:build linux && !386 && !arm

package cli

import (
	"slices"

	"mmapbench/io/mmapio"
	"mmapbench/io/readwrite"
	"mmapbench/io/uring"
	"mmapbench/workloads"
)

// catalogue is everything that comes with the program. A new backend or
// workload is one more line in the list of its package.
func catalogue() workloads.Catalogue {
	return workloads.Catalogue{
		Workloads: workloads.All(),
		Backends:  slices.Concat(readwrite.All(), mmapio.All(), uring.All()),
	}
}
