package harness

import (
	"time"

	"mmapbench/schedule"
	"mmapbench/workloads"
)

// rehearsedDuration is how long the rehearsal of a trial with a duration lasts.
const rehearsedDuration = time.Millisecond

// rehearse walks the whole code path on a tiny file, so that the first timed
// lap does not pay for cold program text (after drop_caches even the binary is
// gone from memory), lazily bound symbols or the kernel's first use of its own
// code. The second time everything is warm and shows what one access costs at
// least; so it can be decided how many to time. With the clock in it the path
// is another one, and is walked too.
func (w *worker) rehearse() error {
	s := w.spec
	s.Size = schedule.RehearsedSize(s.Arm, s.Rehearse)
	s.Ops = min(s.Ops, s.Size/s.Record)
	s.Duration = 0
	if s.Data != "" {
		s.Data = s.Rehearsal
	}
	job, err := w.newJob(s, nil)
	if err != nil {
		return err
	}
	if _, err := w.walk(job, s.Out); err != nil {
		return err
	}
	took, err := w.walk(job, s.Out)
	if err != nil {
		return err
	}
	w.opTime = float64(took) / float64(max(w.accesses(s), 1))
	w.planLatency()
	if w.every == 0 && w.spec.Duration == 0 {
		return nil
	}
	s.Duration = min(w.spec.Duration, rehearsedDuration)
	if job, err = w.newJob(s, w.newRecorder()); err != nil {
		return err
	}
	_, err = w.walk(job, s.Out)
	return err
}

// walk is one lap on the rehearsal's file, with how long its body took.
func (w *worker) walk(job workloads.Job, out string) (time.Duration, error) {
	var l lap
	if err := l.run(job, w.syncs); err != nil {
		return 0, err
	}
	return l.phases[body].Wall, removeOut(out)
}
