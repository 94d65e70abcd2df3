package harness_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"mmapbench/workloads"
)

// bad is a workload that behaves over the definition and at the rehearsal, and
// then misbehaves.
func bad(name string, body func(*workloads.Reading) error) workloads.Workload {
	return workloads.Reader(workloads.Info{Name: name, Kind: workloads.Reads}, func(r *workloads.Reading) error {
		if r.Data != "" && !strings.Contains(r.Data, "-256k-") { // "": over the definition
			return body(r)
		}
		return times(r, r.Ops)
	})
}

func misbehaving() []workloads.Workload {
	all := append(wholes(), search(sorted),
		bad("panics", func(*workloads.Reading) error { panic("on purpose") }),
		bad("killed", func(*workloads.Reading) error { return syscall.Kill(os.Getpid(), syscall.SIGKILL) }),
		bad("fails", func(*workloads.Reading) error { return errors.New("refused on purpose") }),
		bad("fails-by-mmap", func(r *workloads.Reading) error {
			if r.Access.Needs.Shared {
				return errors.New("refused on purpose")
			}
			return times(r, r.Ops)
		}),
		reader("prints", func(r *workloads.Reading) error {
			fmt.Println("hello on 1")
			println("hello on 2")
			return times(r, r.Ops)
		}),
		bad("hangs", func(*workloads.Reading) error {
			for {
				time.Sleep(time.Hour)
			}
		}),
		bad("stops", func(*workloads.Reading) error { return syscall.Kill(os.Getpid(), syscall.SIGSTOP) }),
		bad("lies", func(r *workloads.Reading) error { r.Total++; return times(r, r.Ops) }),
		bad("truncates", func(r *workloads.Reading) error {
			// Another process cuts the file off under the mapping.
			if err := os.Truncate(r.Data, 4096); err != nil {
				return err
			}
			p, err := r.View(r.Spec.Size-8, 8)
			if err == nil {
				r.Consume(p, r.Spec.Size-8)
			}
			return err
		}),
	)
	for _, w := range wrongs() {
		all = append(all, w.work)
	}
	return all
}
