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
	a, ok := t.Backend.(backend.Appender)
	if !ok {
		return nil, fmt.Errorf("prepare append: %w", Appends.Fits(t.Backend))
	}
	n, record := int64(len(t.Source)), int64(t.Spec.Record)
	if n == 0 || record <= 0 || n < t.Spec.Size && n%record != 0 {
		return nil, fmt.Errorf("prepare append: a source of %d bytes is no whole number of records of %d", n, record)
	}
	if err := t.check(w.Info()); err != nil {
		return nil, err
	}
	return &appendJob{task: t, meter: newMeter(&t), appender: a}, nil
}

type appendJob struct {
	task     Task
	meter    *meter // nil: no access is timed
	appender backend.Appender
	file     backend.AppendFile
	pos      int // in the source, where it is appended in several calls
}

func (j *appendJob) Prepare() error {
	j.pos = 0
	return nil
}

func (j *appendJob) Setup() (err error) {
	j.file, err = j.appender.OpenAppend(j.task.Out, j.task.Spec)
	return err
}

func (j *appendJob) Body() error {
	if j.meter == nil {
		return j.file.Append(j.task.Source, j.task.Spec.Size, j.task.Spec.Record)
	}
	return j.meter.records(j.task.Spec.Size, int64(j.task.Spec.Record), j.append)
}

// append appends the next n bytes. The source ends between two records, so that
// a call more there changes no access.
func (j *appendJob) append(n int64) error {
	for n > 0 {
		src := j.task.Source[j.pos:]
		k := min(n, int64(len(src)))
		if err := j.file.Append(src, k, j.task.Spec.Record); err != nil {
			return err
		}
		n -= k
		if j.pos += int(k); j.pos == len(j.task.Source) {
			j.pos = 0
		}
	}
	return nil
}

func (j *appendJob) Sync() error     { return j.file.Sync() }
func (j *appendJob) Teardown() error { return j.file.Close() }
func (j *appendJob) Sum() uint64     { return 0 } // the file itself is compared
func (j *appendJob) Ops() int64      { return j.task.Ops }
