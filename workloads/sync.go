package workloads

import "time"

// commit makes what was written to a file so far durable, and takes the time of that.
func (t *Task) commit(file interface{ Commit() error }) error {
	start := time.Now()
	if err := file.Commit(); err != nil {
		return err
	}
	t.Syncs.Record(time.Since(start))
	return nil
}
