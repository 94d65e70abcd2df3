package workloads

import (
	"encoding/binary"
	"os"

	"mmapbench/io/backend"
)

// PrivateCow changes what it has read in memory of its own, so that the file stays as it
// is: in a private mapping, where the kernel copies each page at the first store, or in the
// buffer that a read has filled.
var PrivateCow = privateCow(false)

func privateCow(records bool) Workload {
	w := Reader(Info{
		Name:    "private-cow",
		Summary: "read all and store a word in every page, in memory of one's own",
		Kind:    Reads,
		Stores:  true,
		Options: []backend.Option{{Name: "per", Kind: backend.Choice, Values: []string{"page", "record"},
			Default: "page", Seen: "anonymous pages of the mapping, in a test",
			Doc: "store a word in every page, or in every record alone"}},
		Configure: func(given backend.Options) (Workload, error) {
			per, _ := given.Get("per")
			return privateCow(per == "record"), nil
		},
	}, func(r *Reading) error {
		record, step := int64(r.Spec.Record), os.Getpagesize()
		if records {
			step = r.Spec.Record
		}
		for i := range r.Ops {
			p, err := r.View(i*record, int(record))
			if err != nil {
				return err
			}
			r.Consume(p, i*record)
			for at := 0; at+backend.WordBytes <= len(p); at += step {
				binary.LittleEndian.PutUint64(p[at:], uint64(i))
			}
		}
		return nil
	}).(reader)
	w.whole = true
	return w
}
