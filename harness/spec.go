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
	"time"

	"mmapbench/internal/dataset"
	"mmapbench/io/backend"
	"mmapbench/results"
)

// Spec is what a worker process is told, as JSON on its standard input.
type Spec struct {
	Workload   string        `json:"workload"`
	Backend    string        `json:"backend"` // with options
	Protocol   int           `json:"protocol"`
	Folder     string        `json:"folder"` // path of the target's folder, for people: see enter; "" for a command
	Data       string        `json:"data"`   // name of the dataset in the folder; "" if the workload reads none
	Out        string        `json:"out"`    // name of the file to be made in it; "" if it makes none
	Rehearsal  string        `json:"rehearsal"`
	Rehearse   int64         `json:"rehearsal_size"` // bytes of the rehearsal file
	Size       int64         `json:"size"`
	Record     int64         `json:"record"`
	Ops        int64         `json:"ops"`
	Consumer   string        `json:"consumer"`
	Cache      string        `json:"cache"`
	Refill     bool          `json:"refill"` // evict before filling the cache; see worker.fill
	Durability string        `json:"durability"`
	Command    string        `json:"command"`   // to be run; "": the workload is one of the catalogue
	Way        results.Way   `json:"way"`       // how it is run
	Files      []string      `json:"files"`     // of the command, to be brought into the cache state
	Devices    []string      `json:"devices"`   // block devices behind the target
	NoDevice   string        `json:"no_device"` // why there are none
	Unseen     string        `json:"unseen"`    // why a cache below the file system would not show
	Settle     []string      `json:"settle"`    // folders: wait until what was written there is on its device; see Spec.unsettled
	NoCounters bool          `json:"no_counters"`
	Smaps      bool          `json:"smaps"`
	ByPhase    bool          `json:"by_phase"`   // the counters, also where laps do not repeat
	Latency    string        `json:"latency"`    // auto, on, off
	Every      int64         `json:"every"`      // as the arm's first trial decided; 0: this is the first
	OpTime     float64       `json:"op_time_ns"` // expected of one access, for latency auto; 0: not known
	Duration   time.Duration `json:"duration_ns"`
	Seed       uint64        `json:"seed"`      // of the access pattern
	DataSeed   uint64        `json:"data_seed"` // of the dataset's content
	MinTrial   time.Duration `json:"min_trial_ns"`
	Examine    bool          `json:"examine"` // look at the workload over the definition, and measure nothing

	groups  *os.File       // the reading end of the pipe that a command's worker tells groups by
	handles []*dataset.Dir // what is handed to the worker process: Folder, and those of Settle
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

func newSpec(p *results.Plan, a results.Arm, seed uint64) Spec {
	return Spec{
		Protocol: Protocol, Workload: a.Workload, Backend: a.Backend, Size: a.Size, Record: a.Record, Ops: a.Ops,
		Consumer: a.Consumer, Cache: a.Cache, Durability: a.Durability,
		NoCounters: p.NoCounters, Smaps: p.Smaps, ByPhase: p.PhaseCounters, Latency: p.Latency, Duration: p.Duration, Seed: seed, DataSeed: p.DataSeed, MinTrial: p.MinTrial,
	}
}

// backendSpec is the part of the trial that the backend sees.
func (s Spec) backendSpec(o backend.Options, buf []byte) (backend.Spec, error) {
	b := backend.Spec{
		Size: s.Size, Record: int(s.Record), Durability: backend.Durability(s.Durability), Options: o, Buf: buf,
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
