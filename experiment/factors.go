package experiment

import (
	"slices"

	"mmapbench/results"
)

// inherit fills the factors that are empty.
func (f Factors) inherit(from Factors) Factors {
	return Factors{
		Workload:   f.Workload.or(from.Workload),
		Backend:    f.Backend.or(from.Backend),
		Size:       f.Size.or(from.Size),
		Record:     f.Record.or(from.Record),
		Ops:        f.Ops.or(from.Ops),
		Consumer:   f.Consumer.or(from.Consumer),
		Cache:      f.Cache.or(from.Cache),
		Durability: f.Durability.or(from.Durability),
	}
}

// silent reports whether there is no level of anything.
func (f Factors) silent() bool {
	for _, l := range []List{f.Workload, f.Backend, f.Size, f.Record, f.Ops, f.Consumer, f.Cache, f.Durability} {
		if len(l) > 0 {
			return false
		}
	}
	return true
}

// states gives the cache states their names.
func (f Factors) states(drop bool) Factors {
	f.Cache = slices.Clone(f.Cache)
	for i, s := range f.Cache {
		if s == Warm {
			f.Cache[i] = results.Cached
		}
		if s == results.Cold && drop {
			f.Cache[i] = results.DropCaches
		}
	}
	return f
}
