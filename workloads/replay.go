package workloads

import (
	"errors"
	"fmt"
	"math/bits"
	"time"

	"mmapbench/internal/trace"
	"mmapbench/io/backend"
)

// replayName is what a replay is called: see results.Replay.
const replayName = "replay"

// replayInfo is a replay, which configure makes one with gaps.
func replayInfo(shape *Shape, configure func(backend.Options) (Workload, error)) Info {
	return Info{Name: replayName, Summary: "make the accesses that a program was recorded to make (--trace FILE)",
		Kind: Reads, Recorded: true, Shape: shape, Configure: configure,
		// Accesses are of lengths that differ: what is viewed is counted.
		Views: func(int64, int64) int64 { return 1 },
		Options: []backend.Option{{Name: "gaps", Doc: "let pass between two accesses what the program took between " +
			"them, which is a part of the lap"}}}
}

// Unrecorded stands for a replay where there is no trace: it is listed and cannot be run.
var Unrecorded = Reader(replayInfo(nil, func(backend.Options) (Workload, error) { return nil, errNoTrace }),
	func(*Reading) error { return errNoTrace })

var errNoTrace = errors.New("replay makes the accesses of a recorded program: name the record with --trace FILE; " +
	"mmapbench record makes one")

// Replay makes the reads of a trace, in their order, on a file that has the recorded
// files one behind the other. What the trace writes is left out.
func Replay(t *trace.Trace) Workload {
	list := t.Reads()
	shape := shapeOf(t.Size, list)
	with := func(info Info, gaps bool) Workload {
		return Reader(info, func(r *Reading) error { return replay(r, list, &shape, gaps) })
	}
	var info Info
	info = replayInfo(&shape, func(backend.Options) (Workload, error) {
		if !t.Timed {
			return nil, fmt.Errorf("the trace %s has no times, and so no gaps", t.Name)
		}
		return with(info, true), nil
	})
	return with(info, false)
}

// WithTrace is the catalogue with a replay of the trace.
func (c Catalogue) WithTrace(t *trace.Trace) Catalogue {
	all := make([]Workload, 0, len(c.Workloads)+1)
	for _, w := range c.Workloads {
		if !w.Info().Recorded {
			all = append(all, w)
		}
	}
	c.Trace, c.Workloads = t, append(all, Replay(t))
	return c
}

// A Shape is what a workload has in the place of levels: what was recorded decides.
type Shape struct {
	Size   int64 // bytes of the file
	Record int64 // the longest access, in whole words
	Ops    int64 // accesses of a lap
	Bytes  int64 // what they move
	Align  int64 // the largest power of two that divides every offset and every length
}

func shapeOf(size int64, list []trace.Access) Shape {
	s := Shape{Size: size, Record: backend.WordBytes, Ops: int64(len(list))}
	all := int64(0)
	for _, a := range list {
		s.Record = max(s.Record, int64(a.Len))
		s.Bytes += int64(a.Len)
		all |= a.Off | int64(a.Len)
	}
	s.Record = (s.Record + backend.WordBytes - 1) / backend.WordBytes * backend.WordBytes
	s.Align = 1 << bits.TrailingZeros64(uint64(all))
	return s
}

// replay is the body of a replay. On a file that is smaller than the recorded ones, as at
// a rehearsal, accesses are moved and cut so that they lie in the file.
func replay(r *Reading, list []trace.Access, shape *Shape, gaps bool) error {
	if r.Ops > int64(len(list)) {
		return fmt.Errorf("the trace has %d reads, and not %d", len(list), r.Ops)
	}
	whole := r.Spec.Size >= shape.Size && int64(r.Spec.Record) >= shape.Record
	for i := range list[:r.Ops] {
		off, n := list[i].Off, int(list[i].Len)
		if !whole {
			n = min(n, r.Spec.Record)
			off %= r.Spec.Size - int64(n) + 1
			off -= off % shape.Align
		}
		if gaps {
			r.pause(time.Duration(list[i].Gap))
		}
		p, err := r.View(off, n)
		if err != nil {
			return err
		}
		r.Consume(p, off)
		for _, b := range p[n&^(backend.WordBytes-1):] { // no consumer looks at less than a word
			r.Total += uint64(b)
		}
	}
	return nil
}

// pause lets time pass as a program does that computes. It belongs to no access.
func (r *Reading) pause(d time.Duration) {
	if m, ok := r.worker.(*meter); ok {
		m.finish()
	}
	for start := time.Now(); time.Since(start) < d; {
	}
}
