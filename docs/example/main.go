// Command example is mmapbench with a workload of its own: a chase through the
// file in which every record says where the next one is.
package main

import (
	"encoding/binary"
	"os"

	"mmapbench/cli"
	"mmapbench/workloads"
)

var hop = workloads.Reader(workloads.Info{
	Name:    "hop",
	Summary: "follow pointers: every record says where the next one is",
	Sampled: true, // --ops may choose how many
}, func(r *workloads.Reading) error {
	record, off := int64(r.Spec.Record), int64(0)
	for range r.Ops {
		p, err := r.View(off, int(record)) // pread fills a buffer, mmap points into the file
		if err != nil {
			return err
		}
		r.Consume(p, off) // touch, sum or copy, as the trial asks
		next := binary.LittleEndian.Uint64(p) + r.Seed
		off = int64(next%uint64(r.Spec.Size/record)) * record
	}
	return nil
})

func main() { os.Exit(cli.Main(cli.With(hop))) }
