// Package harness carries out a plan: round by round, each trial in a fresh
// worker process, each result in the run file before the next trial begins.
//
// Its attitude: the parent decides and checks, the worker measures, and neither
// trusts the other. A worker that dies costs its trial and nothing else; a
// worker that returns a wrong sum ends the run. Nothing of the parent runs
// while a trial is timed: it waits in one system call.
package harness

import (
	"os"

	"mmapbench/internal/dataset"
	"mmapbench/io/backend"
	"mmapbench/results"
)

// Spec is what a worker process is told, as JSON on its standard input. What is left
// out has its zero value: see [Protocol].
type Spec struct {
	Protocol        int              `json:"protocol"`
	results.Arm     `json:"arm"`     // what is tried
	results.Measure `json:"measure"` // how
	Seed            uint64           `json:"seed"`                 // what the access pattern follows from
	DataSeed        uint64           `json:"data_seed,omitempty"`  // what the dataset's content follows from
	Every           int64            `json:"every,omitempty"`      // decided by the first trial of the arm
	OpTime          float64          `json:"op_time_ns,omitempty"` // the expected time of one access; 0: not known
	Examine         bool             `json:"examine,omitempty"`    // only look at the workload over the definition

	Folder string `json:"folder,omitempty"` // path of the target's folder, for people; "" for a command
	// Data is the name of the dataset in the folder; "" if the workload reads none.
	Data      string `json:"data,omitempty"`
	Out       string `json:"out,omitempty"`            // name of the file to be made in it; "" if it makes none
	Rehearsal string `json:"rehearsal,omitempty"`      // name of the file that the rehearsal reads
	Rehearse  int64  `json:"rehearsal_size,omitempty"` // bytes of that file
	Refill    bool   `json:"refill,omitempty"`         // evict before filling the cache; see worker.fill

	Devices  []string `json:"devices,omitempty"`   // block devices behind the target
	NoDevice string   `json:"no_device,omitempty"` // why there are none
	Unseen   string   `json:"unseen,omitempty"`    // why a cache below the file system would not show
	// Settle are folders whose writes must have reached the device; see Spec.unsettled.
	Settle []string `json:"settle,omitempty"`

	Command string      `json:"command,omitempty"` // the command to run; "": the workload is one of the catalogue
	Way     results.Way `json:"way,omitzero"`      // how it is run
	Files   []string    `json:"files,omitempty"`   // the command's files, which are brought into the cache state

	Trace Recorded `json:"trace,omitzero"` // the accesses that a replay makes

	recorded *os.File       // what is handed on for Trace
	handles  []*dataset.Dir // what is handed to the worker process: Folder, and those of Settle
}

// sourceMax bounds the memory that an appending trial appends from. It is
// larger than most last-level caches, as the data of a real program would be.
const sourceMax = 64 << 20

// sourceBytes is the length of that memory: a whole number of records.
func sourceBytes(size, record int64) int64 {
	if size <= sourceMax {
		return size
	}
	return max(sourceMax-sourceMax%record, record)
}

// sourceSeed is the seed of what is appended: not that of the dataset, so that
// the one can never be taken for the other.
func sourceSeed(dataSeed uint64) uint64 { return dataSeed + 1 }

// newSpec is the specification of a trial as far as the plan has it.
func newSpec(p *results.Plan, a results.Arm, seed uint64) Spec {
	return Spec{Protocol: Protocol, Arm: a, Measure: p.Measure, Seed: seed, DataSeed: p.DataSeed,
		Trace: recorded(p, a)}
}

// backendSpec is the part of the trial that the backend sees.
func (s Spec) backendSpec(buf []byte) (backend.Spec, error) {
	b := backend.Spec{
		Size: s.Size, Record: int(s.Record), Durability: backend.Durability(s.Durability), Buf: buf,
	}
	if s.Durability == "" {
		b.Durability = backend.None
	}
	if s.Consumer != "" {
		c, err := backend.ParseConsumer(s.Consumer)
		if err != nil {
			return b, err
		}
		b.Consumer = c
	}
	return b, nil
}
