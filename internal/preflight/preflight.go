// Package preflight finds out by experiment what a benchmark takes for granted
// of a directory: that what is written comes back, that mappings and read/write
// see the same file, and which of the kernel's offers work there.
//
// A call that returned 0 makes a claim. An answer rests on an effect
// that was observed just now, and its evidence says which effect; what could
// not be asked is unknown, with the reason, and never guessed. A file system that
// refuses a mapping is honest, and costs a run some backends; one that returns
// other bytes than were written cannot be measured at all.
package preflight

import (
	"context"
	"errors"
	"slices"

	"mmapbench/internal/dataset"
	"mmapbench/internal/host"
)

// Format and Version mark a Report as JSON.
const (
	Format  = "mmapbench-check"
	Version = 1
)

// Bytes is more than Check writes to the target.
const Bytes = 8 << 20

// An Answer answers one question.
type Answer string

// The answers.
const (
	Yes     Answer = "yes"
	No      Answer = "no"
	Unknown Answer = "unknown" // it could not be asked: the evidence is the reason
)

// A Weight says what hangs on an answer.
type Weight string

// The weights.
const (
	Vital    Weight = "vital"    // no figure of the target can be trusted unless the answer is yes
	Degrades Weight = "degrades" // a run leaves something out unless the answer is yes
	Fact     Weight = "fact"     // good to know
)

// Finding is the answer to one question.
type Finding struct {
	Name     string `json:"name"`
	Group    string `json:"group"`
	Question string `json:"question"`
	Answer   Answer `json:"answer"`
	Evidence string `json:"evidence"`
	Weight   Weight `json:"weight"`
	// Consequence is what a no means, and what can be done.
	Consequence string `json:"consequence,omitempty"`
	// LeavesOut is what a run leaves out for a no, where that is the consequence.
	LeavesOut string `json:"leaves_out,omitempty"`
	// Lacks is what an unknown answer could not be asked without.
	Lacks Lack `json:"lacks,omitempty"`
}

// A Lack is what a question could not be asked without.
type Lack string

// The lacks.
const (
	LacksFile    Lack = "file" // Report.NoFile says why
	LacksMapping Lack = "mapping"
	LacksShared  Lack = "shared-mapping"
	LacksPrivate Lack = "private-mapping"
	LacksFaults  Lack = "faults" // with their address
)

// Report is what was found out about a directory.
type Report struct {
	Format     string `json:"format"`
	Version    int    `json:"version"`
	Dir        string `json:"dir"`
	FileSystem string `json:"file_system"` // "" if unknown
	Device     string `json:"device"`      // kind and name; "" if unknown
	PageSize   int    `json:"page_size"`
	// NoFile is why no file could be made there. The questions that need one are
	// unknown.
	NoFile   string    `json:"no_file,omitempty"`
	Trusted  bool      `json:"trusted"` // every vital question was answered with yes
	Findings []Finding `json:"findings"`
}

// probe is one entry of the table: a question and how it is answered.
type probe struct {
	name, group, question string

	weight  Weight
	needs   need
	without string // what a run leaves out for a no
	means   string // what a no means otherwise, and what can be done
	ask     func(*probing) answer
}

// need is what a probe cannot do without. Probes that look at the page cache while
// a mapping uses it need a shared mapping: in FUSE's direct mode every new private
// one, mincore's too, drops the file's pages.
type need uint8

const (
	file    need = 1 << iota // a file on the target
	mapping                  // and a mapping of it, private where shared ones are refused
	shared                   // and a shared one
	private                  // and a private one
	faults                   // that a fault arrives as an error with its address
)

// table lists the probes in the order in which they are asked and shown: those
// that others rest on come first. Nothing writes to the table.
func table() []probe {
	return slices.Concat(mappingProbes, growthProbes, adviceProbes, cacheProbes, blockProbes, systemProbes)
}

// Check asks every question about the directory, in the folder that dataset
// keeps there, and leaves the directory as it found it. It writes less than
// Bytes, evicts nothing but its own files, and looks at ctx between two
// questions. An error without a report means that there is none; one beside a
// report says what could not be cleared away.
func Check(ctx context.Context, dir string) (*Report, error) {
	s := newSite(dir)
	giveBack := func() error { return nil }
	if s.noFile = s.room(); s.noFile == nil {
		var err error
		s.dir, giveBack, err = dataset.Borrow(dir)
		if busy, ok := errors.AsType[*dataset.BusyError](err); ok {
			return nil, busy
		}
		if s.noFile = failed("no file can be made there", err); err != nil {
			giveBack = func() error { return nil }
		}
	}
	r, err := s.report(ctx)
	return r, errors.Join(err, giveBack())
}

// report asks the questions.
func (s *site) report(ctx context.Context) (*Report, error) {
	s.host = host.Read("/", []host.Target{{Name: "target", Dir: s.target}})
	r := &Report{Format: Format, Version: Version, Dir: s.target, PageSize: s.page}
	if s.noFile != nil {
		r.NoFile = s.noFile.Error()
	}
	r.FileSystem, r.Device = describe(&s.host.Targets[0])
	for _, p := range table() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r.Findings = append(r.Findings, s.find(p))
	}
	r.Trusted = trusted(r.Findings)
	return r, nil
}

// VitalPart asks the questions without which a run is worth nothing, and
// whether files can be mapped, in a folder that is open. It costs a few pages
// and a few flushes.
func VitalPart(d *dataset.Dir, target string) []Finding {
	s := newSite(target)
	s.dir = d
	var out []Finding
	for _, p := range table() {
		if p.weight == Vital || p.name == SharedMapping || p.name == PrivateMapping {
			out = append(out, s.find(p))
		}
	}
	return out
}

// trusted reports whether every vital question was answered with yes.
func trusted(all []Finding) bool {
	for _, f := range all {
		if f.Weight == Vital && f.Answer != Yes {
			return false
		}
	}
	return true
}

// describe names the file system and the device.
func describe(t *host.TargetFacts) (fileSystem, device string) {
	if t.Device != nil {
		device = t.Device.Kind
		if t.Device.Name != "" {
			device += " " + t.Device.Name
		}
	}
	return t.FileSystem, device
}
