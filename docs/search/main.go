// Command search is mmapbench with a binary search through sorted records, each
// of which begins with its key.
package main

import (
	"encoding/binary"
	"math/bits"
	"os"

	"mmapbench/cli"
	"mmapbench/workloads"
)

var search = workloads.Reader(workloads.Info{
	Name:    "search",
	Summary: "look keys up by binary search",
	Sampled: true,
	Views:   func(size, record int64) int64 { return int64(bits.Len64(uint64(size / record))) },
	Dataset: func(off int64) uint64 { return uint64(off) },
}, func(r *workloads.Reading) error {
	record := int64(r.Spec.Record)
	records := r.Spec.Size / record
	for i := range r.Ops {
		key := (r.Seed + uint64(i)*0x9e3779b97f4a7c15) % uint64(records) * uint64(record)
		for low, high := int64(0), records; low < high; {
			mid := (low + high) / 2 * record
			p, err := r.View(mid, int(record))
			if err != nil {
				return err
			}
			r.Consume(p, mid)
			switch found := binary.LittleEndian.Uint64(p); {
			case found == key:
				low = high
			case found < key:
				low = mid/record + 1
			default:
				high = mid / record
			}
		}
	}
	return nil
})

func main() { os.Exit(cli.Main(cli.With(search))) }
