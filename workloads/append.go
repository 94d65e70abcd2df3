package workloads

import (
	"fmt"

	"mmapbench/io/backend"
)

// Append makes a new file grow record by record to the size asked for.
var Append Workload = appending{}

type appending struct{}

func (appending) Info() Info {
	return Info{Name: "append", Summary: "make a new file grow by a record at a time", Kind: Appends}
}

func (w appending) New(t Task) (Job, error) {
	n, record := int64(len(t.Source)), int64(t.Spec.Record)
	if n == 0 || record <= 0 || n < t.Spec.Size && n%record != 0 {
		return nil, fmt.Errorf("prepare append: a source of %d bytes is no whole number of records of %d", n, record)
	}
	if err := t.check(w.Info()); err != nil {
		return nil, err
	}
	return &appendJob{task: t, meter: newMeter(&t)}, nil
}

type appendJob struct {
	written
	task  Task
	meter *meter // nil: no access is timed
	file  backend.AppendFile
	pos   int // the next byte of the source
}

func (j *appendJob) Prepare() error {
	j.pos = 0
	return nil
}

func (j *appendJob) Setup() (err error) {
	j.file, err = j.task.Access.OpenAppend(j.task.Out, j.task.Spec)
	return err
}

func (j *appendJob) Body() error {
	size, record := j.task.Spec.Size, int64(j.task.Spec.Record)
	if j.task.SyncEvery == 0 {
		return j.write(size)
	}
	for step, left := j.task.SyncEvery*record, size; left > 0; left -= step {
		if err := j.write(min(step, left)); err != nil {
			return err
		}
		if err := j.task.commit(j.file); err != nil {
			return err
		}
	}
	return nil
}

// write appends n bytes and times what records of them are to be timed.
func (j *appendJob) write(n int64) error {
	if j.meter == nil {
		return j.append(n)
	}
	return j.meter.records(n, int64(j.task.Spec.Record), j.append)
}

// append appends the next n bytes of the source, again from its start as often as
// needed. The source ends between two records, so that no record is cut there.
func (j *appendJob) append(n int64) error {
	for n > 0 {
		src := j.task.Source[j.pos:]
		src = src[:min(n, int64(len(src)))]
		if err := j.file.Append(src); err != nil {
			return err
		}
		n -= int64(len(src))
		if j.pos += len(src); j.pos == len(j.task.Source) {
			j.pos = 0
		}
	}
	return nil
}

func (j *appendJob) Sync() error     { return j.file.Sync() }
func (j *appendJob) Teardown() error { return j.file.Close() }
func (j *appendJob) Ops() int64      { return j.task.Ops }
func (j *appendJob) Opened() any     { return j.file }
