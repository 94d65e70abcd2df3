package workloads

import (
	"errors"
	"math"
	"time"

	"mmapbench/internal/latency"
	"mmapbench/io/backend"
)

// meter is what a body has that times single accesses, or that lasts until a
// time is over. Both need the clock between two accesses, which a body without
// a meter never reads.
type meter struct {
	rec   *latency.Recorder // nil: nothing is timed
	gap   int64             // accesses before the next one that is timed, over all laps
	began time.Duration     // when the one that is being timed began
	pace

	// Of a Reader alone:
	worker backend.Worker
	inStep bool
	step   int64 // bytes of the step
}

// newMeter returns the task's meter, nil if it needs none.
func newMeter(t *Task) *meter {
	if t.Latency == nil && t.Duration <= 0 {
		return nil
	}
	m := &meter{rec: t.Latency, gap: math.MaxInt64, pace: pace{duration: t.Duration, tick: t.Tick}}
	if m.rec != nil {
		m.gap = m.rec.Next()
	}
	return m
}

// room returns how many accesses may be made without a look at the clock: 1 if
// the next one is to be timed.
func (m *meter) room() int { return int(max(min(m.gap, m.limit), 1)) }

// start is called before the accesses.
func (m *meter) start() {
	if m.gap == 0 {
		m.began = m.now()
	}
}

// done is called after ops accesses, one if it is timed.
func (m *meter) done(ops, bytes int64) {
	m.ops += ops
	m.bytes += bytes
	if m.gap == 0 {
		now := m.now()
		m.rec.Record(now - m.began)
		m.gap = m.rec.Next()
		m.look(now)
		return
	}
	m.gap -= ops
	if m.due() {
		m.look(m.now())
	}
}

// records makes the accesses of a file of size bytes through do, which is given
// bytes: one record to be timed, or all that lie before it.
func (m *meter) records(size, record int64, do func(n int64) error) error {
	m.begin()
	for left := size; left > 0; {
		ops := min(max(m.gap, 1), (left+record-1)/record)
		n := min(ops*record, left)
		m.start()
		if err := do(n); err != nil {
			return err
		}
		m.done(ops, n)
		left -= n
	}
	return nil
}

// errOver is what a Reader's View returns when the time is over.
var errOver = errors.New("the trial's time is over")

// View makes the meter the worker of a Reader: the step from one View to the
// next is an access. The time of View alone would not do: that of a mapping
// returns at once, and the page fault comes with what the Reader does then.
func (m *meter) View(off int64, n int) ([]byte, error) {
	m.finish()
	if m.over {
		return nil, errOver
	}
	m.inStep, m.step = true, int64(n)
	m.start()
	return m.worker.View(off, n)
}

// finish ends the step that a Reader is in.
func (m *meter) finish() {
	if m.inStep {
		m.inStep = false
		m.done(1, m.step)
	}
}

// begin is called when a body begins.
func (m *meter) begin() {
	m.inStep = false
	m.pace.begin()
}

// pace counts the accesses of one body, and where it has a duration tells what
// happened in each second and when it is over.
type pace struct {
	duration time.Duration // 0: the body ends by itself
	tick     func(elapsed time.Duration, ops, bytes int64)

	epoch      time.Time     // when the body began
	ops, bytes int64         // what was done since then
	over       bool          // the duration has elapsed
	limit      int64         // accesses until the next look at the clock
	last       mark          // what the last look found
	told       mark          // what the last tick was told
	next       time.Duration // when the next tick is due
}

type mark struct {
	at         time.Duration
	ops, bytes int64
}

// now reads the clock: time.Since takes the monotonic one alone, through the
// vDSO, in half of what time.Now takes.
func (p *pace) now() time.Duration { return time.Since(p.epoch) }

func (p *pace) begin() {
	*p = pace{duration: p.duration, tick: p.tick, limit: math.MaxInt64, next: time.Second}
	if p.duration > 0 {
		p.limit = 1 // nothing is known yet of how long an access takes
	}
	p.epoch = time.Now()
}

// due reports whether the clock must be looked at.
func (p *pace) due() bool { return p.ops-p.last.ops >= p.limit }

// The limit is doubled where the accesses up to it took less than quick, and
// cut where they took more than slow, so that a body still ends, and ticks, in
// time when it comes to the part of the file that waits for an SD card. At
// quick a look at the clock and a batch cut short cost about a thousandth.
const (
	quick = 50 * time.Microsecond
	slow  = 4 * quick
)

// look runs after an access: it adapts how often the clock is read, ticks, and
// ends the body when its time is up.
func (p *pace) look(now time.Duration) {
	if p.duration <= 0 {
		return
	}
	took, ops := now-p.last.at, p.ops-p.last.ops
	switch {
	case took > slow:
		p.limit = max(ops*int64(slow)/int64(took), 1)
	case took < quick && ops >= p.limit:
		p.limit = min(2*p.limit, backend.BatchMax)
	}
	p.last = mark{now, p.ops, p.bytes}
	p.over = now >= p.duration
	if p.over || now >= p.next {
		p.tell()
	}
}

// stop ends the body before its time is over.
func (p *pace) stop() {
	p.last, p.over = mark{p.now(), p.ops, p.bytes}, true
	if p.last.ops > p.told.ops {
		p.tell()
	}
}

// tell calls tick. Seconds that passed within one access have no tick.
func (p *pace) tell() {
	if p.tick != nil {
		p.tick(p.last.at, p.ops-p.told.ops, p.bytes-p.told.bytes)
	}
	p.told = p.last
	p.next = p.last.at.Truncate(time.Second) + time.Second
}
