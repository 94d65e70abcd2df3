package workloads

import (
	"errors"
	"fmt"
	"os"

	"mmapbench/internal/units"
	"mmapbench/io/backend"
)

// Load has the whole file in memory that the program keeps, and goes through it: what a
// program does with a model or an index. A read fills memory that is new, whose page faults
// are a part of the price; of a mapping nothing need be copied.
//
// What a lap takes with one pass is the time to the end of the first complete pass. What
// one takes with more passes, less that, is the time of the later ones.
var Load = load(1)

func load(passes int64) Workload {
	return loading{passes, Info{
		Name:    "load",
		Summary: "bring the whole file into memory that is kept, and go through it there",
		Kind:    Reads,
		Options: []backend.Option{{Name: "passes", Kind: backend.Count, Min: 1, Max: 1000, Default: "1",
			Seen: "a test of the words consumed",
			Doc:  "how often to go through all of it once it is there"}},
		Configure: func(given backend.Options) (Workload, error) {
			passes, err := given.Count("passes")
			return load(passes), err
		},
		Fits: func(_, record int64) error {
			if page := int64(os.Getpagesize()); record%page != 0 {
				return fmt.Errorf("records are put side by side in memory, in whole pages: give --record %s or "+
					"a multiple of it", units.CompactSize(page))
			}
			return nil
		},
	}}
}

type loading struct {
	passes int64
	info   Info
}

func (w loading) Info() Info { return w.info }

func (w loading) New(t Task) (Job, error) {
	if err := t.check(w.info); err != nil {
		return nil, err
	}
	j := &loadJob{task: t, passes: w.passes, meter: newMeter(&t)}
	if n := t.Ops; t.Memory != nil { // over the definition, which forgets, a pass stands for all
		j.workers, j.parts = make([]backend.Worker, n), make([][]byte, n)
	} else {
		j.passes, j.workers = 1, make([]backend.Worker, 1)
	}
	return j, nil
}

type loadJob struct {
	task    Task
	passes  int64
	meter   *meter
	file    backend.File
	workers []backend.Worker // one for each record, as each has a part of the memory
	parts   [][]byte         // what they returned
	free    func() error
	sum     uint64
}

func (j *loadJob) Prepare() error {
	j.sum = 0
	return nil
}

// Setup asks for new memory, none of which is there before it is used, and opens the file.
func (j *loadJob) Setup() (err error) {
	s := j.task.Spec
	if j.task.Memory != nil {
		if s.Buf, j.free, err = j.task.Memory(j.task.Ops * int64(s.Record)); err != nil {
			return err
		}
	}
	if j.file, err = j.task.Access.Open(j.task.Data, s); err != nil {
		return err
	}
	for i := range j.workers {
		if j.workers[i], err = j.file.Worker(i); err != nil {
			return err
		}
	}
	return nil
}

func (j *loadJob) Body() error {
	if j.meter != nil {
		j.meter.begin()
	}
	record, c := j.task.Spec.Record, j.task.Spec.Consumer
	for i := range j.task.Ops {
		off := i * int64(record)
		p, err := j.view(i, off, record)
		if err != nil {
			return err
		}
		if j.parts == nil {
			j.sum += c.Consume(p, off)
			continue
		}
		j.parts[i] = p
	}
	if j.meter != nil {
		j.meter.finish()
	}
	for pass := range j.passes {
		sum := uint64(0)
		for i, p := range j.parts {
			sum += c.Consume(p, int64(i)*int64(record))
		}
		switch {
		case j.parts == nil:
		case pass == 0:
			j.sum = sum
		case sum != j.sum:
			return fmt.Errorf("pass %d over what was loaded saw other bytes than the first: %x, and not %x", pass+1,
				sum, j.sum)
		}
	}
	return nil
}

// view brings in record i, which is an access.
func (j *loadJob) view(i, off int64, record int) ([]byte, error) {
	w := j.workers[min(i, int64(len(j.workers)-1))]
	if j.meter == nil {
		return w.View(off, record)
	}
	j.meter.worker = w
	return j.meter.View(off, record)
}

func (j *loadJob) Opened() any     { return j.file }
func (j *loadJob) Sync() error     { return nil }
func (j *loadJob) Sum() uint64     { return j.sum }
func (j *loadJob) Ops() int64      { return j.task.Ops }
func (j *loadJob) Distinct() int64 { return j.task.Ops }

func (j *loadJob) Teardown() error {
	err := j.file.Close()
	if j.free != nil {
		err = errors.Join(err, j.free())
	}
	return err
}

// Populate reads a word of every page of the file into the first part of the memory alone.
func (j *loadJob) Populate() error {
	return populate(backend.NewBatcher(j.workers[0]), j.task.Spec.Size)
}
