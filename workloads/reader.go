package workloads

import "mmapbench/io/backend"

// Reader makes a workload of a function that reads records one after the
// other, each where the one before told it to: what a program does that
// follows pointers. For accesses that do not depend on each other see
// [Batches].
//
// The function is the body phase. It reads r.Ops records with r.View, adds what
// it saw to r.Total, and must visit the same places for the same r.Seed,
// whatever the backend. It stops at an error of r.View and returns it: in a
// trial with a duration r.Ops has no end, and such an error is how it is told
// that the time is over.
func Reader(info Info, body func(r *Reading) error) Workload {
	return reader{info: info, body: body}
}

// Batches makes a workload of independent accesses. Its function is called
// before every lap, untimed, and returns the function that fills one batch
// after the other, no more of each than its [backend.Batch.Room], until t.Ops
// accesses were made and it returns false. Where it fills less, nothing but
// the size of the batches may change.
func Batches(info Info, start func(t Task) func(b *backend.Batch) bool) Workload {
	return reader{info: info, start: start}
}

type reader struct {
	info  Info
	body  func(r *Reading) error                   // nil for Batches
	start func(t Task) func(b *backend.Batch) bool // nil for a Reader
	whole bool                                     // a Reader that visits every record once
}

func (w reader) Info() Info { return w.info }

func (w reader) New(t Task) (Job, error) {
	if err := t.check(w.info); err != nil {
		return nil, err
	}
	return newReadingJob(w, t), nil
}

// Reading is what the body function of a [Reader] works with.
type Reading struct {
	Task
	Total uint64 // the sum of what was seen

	worker backend.Worker
}

// View returns n bytes at offset off; see [backend.Worker].
func (r *Reading) View(off int64, n int) ([]byte, error) { return r.worker.View(off, n) }

// Consume does with a record what the trial's consumer does, and adds to Total.
func (r *Reading) Consume(p []byte, off int64) { r.Total += r.Spec.Consumer.Consume(p, off) }
