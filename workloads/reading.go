package workloads

import (
	"errors"
	"fmt"
	"math"
	"os"

	"mmapbench/io/backend"
)

// readingJob is the job of a [Reader] or of [Batches]. What is not asked for is
// not there: a job whose accesses are neither timed nor to last has no meter,
// and its body and its worker are the plain ones.
type readingJob struct {
	Reading
	work  reader
	ops   int64  // planned
	meter *meter // nil: off
	run   func(j *readingJob) error

	file  backend.File
	doer  backend.Batcher
	fill  func(b *backend.Batch) bool
	batch backend.Batch
}

func newReadingJob(w reader, t Task) *readingJob {
	j := &readingJob{Reading: Reading{Task: t}, work: w, ops: t.Ops, meter: newMeter(&t)}
	j.batch.Record, j.batch.Consumer = t.Spec.Record, t.Spec.Consumer
	if t.Duration > 0 && !t.Once {
		j.Reading.Ops = math.MaxInt64
	}
	switch timed := j.meter != nil; {
	case w.body == nil && timed:
		j.run = (*readingJob).meteredBatches
	case w.body == nil:
		j.run = (*readingJob).batches
	case timed:
		j.run = (*readingJob).meteredSteps
	default:
		j.run = func(j *readingJob) error { return w.body(&j.Reading) }
	}
	return j
}

func (j *readingJob) Prepare() error {
	j.Total = 0
	if j.work.start != nil {
		j.fill = j.work.start(j.Task)
	}
	return nil
}

func (j *readingJob) Setup() (err error) {
	open := j.Access.Open
	if j.work.info.Stores {
		open = j.Access.OpenOwn
	}
	if j.file, err = open(j.Data, j.Spec); err != nil {
		return err
	}
	if j.worker, err = j.file.Worker(0); err != nil {
		return err
	}
	j.doer = backend.NewBatcher(j.worker)
	if j.meter != nil {
		j.meter.worker = j.worker
		j.worker = j.meter
	}
	return nil
}

func (j *readingJob) Body() error     { return j.run(j) }
func (j *readingJob) Sync() error     { return nil }
func (j *readingJob) Teardown() error { return j.file.Close() }
func (j *readingJob) Sum() uint64     { return j.Total }
func (j *readingJob) Opened() any     { return j.file }

func (j *readingJob) Ops() int64 {
	if j.Duration > 0 {
		return j.meter.ops
	}
	return j.ops
}

// Populate reads a word of every page by the backend.
func (j *readingJob) Populate() error { return populate(j.doer, j.Spec.Size) }

func populate(doer backend.Batcher, size int64) error {
	b := backend.Batch{Record: backend.WordBytes, Consumer: backend.Touch}
	page := int64(os.Getpagesize())
	n := (size + page - 1) / page
	pages := newSequence(n*page, page, n)
	for pages.fill(&b) {
		if err := doer.Do(&b); err != nil {
			return fmt.Errorf("populate: %w", err)
		}
	}
	return nil
}

// Distinct returns how many records the last lap's accesses were of at least, each counted
// once: a pattern is gone through once more. 0 where what was read decides.
func (j *readingJob) Distinct() int64 {
	switch {
	case j.work.whole:
		return j.ops
	case j.work.start == nil:
		return 0
	}
	records := j.Spec.Size / int64(j.Spec.Record)
	t, n := j.Task, int64(0)
	t.Ops = min(j.Ops(), 8*records) // nearly all were seen by then
	seen := make([]bool, records)
	fill, b := j.work.start(t), &backend.Batch{}
	for fill(b) {
		for _, off := range b.Off[:b.N] {
			if r := off / int64(j.Spec.Record); !seen[r] {
				seen[r] = true
				n++
			}
		}
	}
	return n
}

func (j *readingJob) batches() error {
	j.batch.Sum = 0
	j.batch.More = true
	for j.fill(&j.batch) {
		if j.batch.N < 0 || j.batch.N > backend.BatchMax {
			return j.overfilled()
		}
		if err := j.doer.Do(&j.batch); err != nil {
			return err
		}
	}
	return j.drain()
}

// drain ends the accesses that batches left in flight, by one that is empty.
func (j *readingJob) drain() error {
	j.batch.N, j.batch.More = 0, false
	err := j.doer.Do(&j.batch)
	j.Total = j.batch.Sum
	return err
}

// meteredBatches is batches with the clock read in between: an access that is
// to be timed gets a batch of its own.
func (j *readingJob) meteredBatches() error {
	m, b := j.meter, &j.batch
	b.Sum, b.More = 0, true
	m.begin()
	for !m.over {
		b.Limit = m.room()
		if !j.fill(b) {
			break
		}
		if b.N < 0 || b.N > len(b.Room()) {
			return j.overfilled()
		}
		m.start()
		if err := j.doer.Do(b); err != nil {
			return err
		}
		m.done(int64(b.N), int64(b.N)*int64(b.Record))
	}
	if err := j.drain(); err != nil {
		return err
	}
	return j.ended()
}

func (j *readingJob) overfilled() error {
	return fmt.Errorf("workload %s fills %d offsets of a batch that has room for %d", j.work.info.Name,
		j.batch.N, len(j.batch.Room()))
}

// meteredSteps runs a Reader's function with a worker that reads the clock.
func (j *readingJob) meteredSteps() error {
	m := j.meter
	m.begin()
	err := j.work.body(&j.Reading)
	m.finish()
	if err != nil && !(m.over && errors.Is(err, errOver)) {
		return err
	}
	return j.ended()
}

// ended reports a body that came to an end before its time was over.
func (j *readingJob) ended() error {
	if j.Duration > 0 && !j.meter.over && j.Once && (j.meter.ops == j.ops || j.work.info.Views != nil) {
		j.meter.stop()
		return nil
	}
	if j.Duration > 0 && !j.meter.over {
		return fmt.Errorf("workload %s ended by itself after %d accesses, before %v were over",
			j.work.info.Name, j.meter.ops, j.Duration)
	}
	return nil
}
