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

func (appending) New(t Task) (Job, error) {
	a, ok := t.Backend.(backend.Appender)
	if !ok {
		return nil, fmt.Errorf("prepare append: %w", Appends.Fits(t.Backend))
	}
	return &appendJob{task: t, appender: a}, nil
}

type appendJob struct {
	task     Task
	appender backend.Appender
	file     backend.AppendFile
}

func (j *appendJob) Prepare() error { return nil }

func (j *appendJob) Setup() (err error) {
	j.file, err = j.appender.OpenAppend(j.task.Out, j.task.Spec)
	return err
}

func (j *appendJob) Body() error {
	return j.file.Append(j.task.Source, j.task.Spec.Size, j.task.Spec.Record)
}

func (j *appendJob) Sync() error     { return j.file.Sync() }
func (j *appendJob) Teardown() error { return j.file.Close() }
func (j *appendJob) Sum() uint64     { return 0 } // the file itself is compared
