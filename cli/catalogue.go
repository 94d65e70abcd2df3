//go:build linux && !386 && !arm

package cli

import (
	"slices"

	"mmapbench/experiment"
	"mmapbench/io/mmapio"
	"mmapbench/io/readwrite"
	"mmapbench/workloads"
)

// catalogue is everything that comes with the program. A new backend or
// workload is one more line in the list of its package.
func catalogue() workloads.Catalogue {
	return workloads.Catalogue{
		Workloads: workloads.All(),
		Backends:  slices.Concat(readwrite.All(), mmapio.All()),
	}
}

// splitBackends divides a list of backends that was typed.
func (a *app) splitBackends(text string) (experiment.List, error) {
	return experiment.SplitBackends(a.catalogue, text)
}
