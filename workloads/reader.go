package workloads

import "mmapbench/io/backend"

// Reader makes a workload of a function that reads records one after the
// other, each where the one before told it to: what a program does that
// follows pointers. For accesses that do not depend on each other see
// [Batches].
//
// The function is the body phase. It reads with r.View, adds what it saw to
// r.Total, and must visit the same places for the same r.Seed, whatever the
// backend.
func Reader(info Info, body func(r *Reading) error) Workload {
	return reader{info: info, body: body}
}

// Batches makes a workload of independent accesses. Its function is called
// before every lap, untimed, and returns the function that fills one batch
// after the other, until it returns false.
func Batches(info Info, start func(t Task) func(b *backend.Batch) bool) Workload {
	return reader{info, (*Reading).batches, start}
}

type reader struct {
	info  Info
	body  func(r *Reading) error
	start func(t Task) func(b *backend.Batch) bool // nil for a Reader
}

func (w reader) Info() Info { return w.info }

func (w reader) New(t Task) (Job, error) {
	r := &Reading{Task: t, body: w.body, start: w.start}
	r.batch.Record, r.batch.Consumer = t.Spec.Record, t.Spec.Consumer
	return r, nil
}

// Reading is a reading job: what the body function of a [Reader] works with.
type Reading struct {
	Task
	Total uint64 // the sum of what was seen

	body   func(r *Reading) error
	start  func(t Task) func(b *backend.Batch) bool
	fill   func(b *backend.Batch) bool
	file   backend.File
	worker backend.Worker
	doer   backend.Batcher
	batch  backend.Batch
}

// View returns n bytes at offset off; see [backend.Worker].
func (r *Reading) View(off int64, n int) ([]byte, error) { return r.worker.View(off, n) }

// Consume does with a record what the trial's consumer does, and adds to Total.
func (r *Reading) Consume(p []byte, off int64) { r.Total += r.Spec.Consumer.Consume(p, off) }

func (r *Reading) batches() error {
	r.batch.Sum = 0
	for r.fill(&r.batch) {
		if err := r.doer.Do(&r.batch); err != nil {
			return err
		}
	}
	r.Total = r.batch.Sum
	return nil
}

func (r *Reading) Prepare() error {
	r.Total = 0
	if r.start != nil {
		r.fill = r.start(r.Task)
	}
	return nil
}

func (r *Reading) Setup() (err error) {
	if r.file, err = r.Backend.Open(r.Data, r.Spec); err != nil {
		return err
	}
	if r.worker, err = r.file.Worker(0); err != nil {
		return err
	}
	r.doer = backend.NewBatcher(r.worker)
	return nil
}

func (r *Reading) Body() error     { return r.body(r) }
func (r *Reading) Sync() error     { return nil }
func (r *Reading) Teardown() error { return r.file.Close() }
func (r *Reading) Sum() uint64     { return r.Total }
