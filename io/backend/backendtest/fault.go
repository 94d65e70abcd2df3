package backendtest

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"mmapbench/internal/memfault"
	"mmapbench/io/backend"
)

// shortened cuts the file while it is open. A read must then say so; for a
// mapping it is a SIGBUS, and its address must lie in the mapping, because that
// is how the worker process tells it from a bug.
func shortened(s *suite) (err error) {
	if !memfault.Works() {
		return errSkip
	}
	record := s.up(page)
	size := 4 * record
	r, err := s.open(size, record)
	if err != nil {
		return err
	}
	defer r.closing(&err)
	first, err := r.w.View(0, record)
	if err != nil {
		return err
	}
	mapping := unsafe.Slice(&first[0], size) // if it is one
	if err := os.Truncate(s.path("data"), int64(record)); err != nil {
		return err
	}
	var sink uint64
	accesses := map[string]func() error{"View": func() error {
		p, err := r.w.View(int64(3*record), record)
		if err == nil {
			sink += want(backend.Sum, p, 0)
		}
		return err
	}}
	for _, c := range consumers {
		accesses["Do, consumer "+c.String()] = func() error {
			b := backend.Batch{Record: record, N: 1, Consumer: c}
			b.Off[0] = int64(3 * record)
			return r.do.Do(&b)
		}
	}
	for what, access := range accesses {
		err := memfault.Catch(access)
		if err == nil {
			return fmt.Errorf("%s: nothing happened (sum %d)", what, sink)
		}
		if fault, ok := errors.AsType[*memfault.Error](err); ok {
			if _, in := fault.In(mapping); !in {
				return fmt.Errorf("%s: fault at %#x, outside the mapping at %p", what, fault.Addr, &first[0])
			}
		}
	}
	return r.view(0, record) // what is left is still there
}

// errSkip says that a check cannot be made here.
var errSkip = errors.New("memory faults carry no address here, as under user-mode emulation")
