package workloads

import "mmapbench/io/backend"

// Copy copies the dataset to a new file.
var Copy Workload = copying{}

type copying struct{}

func (copying) Info() Info {
	return Info{Name: "copy", Summary: "copy the file to a new one, a record at a time", Kind: Copies}
}

func (w copying) New(t Task) (Job, error) {
	if err := t.check(w.Info()); err != nil {
		return nil, err
	}
	return &copyJob{task: t, meter: newMeter(&t)}, nil
}

type copyJob struct {
	written
	task  Task
	meter *meter // nil: no access is timed
	file  backend.CopyFile
}

func (j *copyJob) Prepare() error { return nil }

func (j *copyJob) Setup() (err error) {
	j.file, err = j.task.Access.OpenCopy(j.task.Data, j.task.Out, j.task.Spec)
	return err
}

func (j *copyJob) Body() error {
	if j.meter == nil {
		return j.file.Copy(j.task.Spec.Size)
	}
	return j.meter.records(j.task.Spec.Size, int64(j.task.Spec.Record), j.file.Copy)
}

func (j *copyJob) Sync() error     { return j.file.Sync() }
func (j *copyJob) Teardown() error { return j.file.Close() }
func (j *copyJob) Ops() int64      { return j.task.Ops }
func (j *copyJob) Opened() any     { return j.file }
