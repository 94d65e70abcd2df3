// Package preflight finds out by experiment what a benchmark takes for granted
// of a directory: that what is written comes back, that mappings and read/write
// see the same file, and which of the kernel's offers work there.
//
// Its attitude: that a call returned 0 is a claim. An answer rests on an effect
// that was observed just now, and its evidence says which one; what could not
// be asked is unknown, with the reason, and never guessed. A file system that
// refuses a mapping is honest, and costs a run some backends; one that returns
// other bytes than were written cannot be measured at all.
package preflight

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"mmapbench/internal/dataset"
	"mmapbench/internal/host"
	"mmapbench/internal/memfault"
	"mmapbench/internal/units"
)

// Format and Version are those of a Report as JSON.
const (
	Format  = "mmapbench-check"
	Version = 1
)

// Bytes is more than Check writes to the target.
const Bytes = 8 << 20

// An Answer is that to a question.
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
	Vital    Weight = "vital"    // without a yes no figure of the target can be trusted
	Degrades Weight = "degrades" // without a yes a run leaves something out
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
}

// Report is what was found out about a directory.
type Report struct {
	Format     string    `json:"format"`
	Version    int       `json:"version"`
	Dir        string    `json:"dir"`
	FileSystem string    `json:"file_system"` // "" if unknown
	Device     string    `json:"device"`      // kind and name; "" if unknown
	PageSize   int       `json:"page_size"`
	NoFile     string    `json:"no_file,omitempty"` // why no file could be made there; the questions that need one are unknown
	Trusted    bool      `json:"trusted"`           // every vital question was answered with yes
	Findings   []Finding `json:"findings"`
}

// probe is one entry of the table: a question and how it is answered.
type probe struct {
	name, group, question string

	weight Weight
	needs  need
	means  string // what a no means, and what can be done
	ask    func(*bench) (reply, error)
}

// need is what a probe cannot do without. Those that look at the page cache
// while it is used need a shared mapping: in FUSE's direct mode every new private
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
// that others rest on come first. It is never written to.
func table() []probe {
	var all []probe
	for _, part := range [][]probe{mappingProbes, growthProbes, adviceProbes, cacheProbes, blockProbes, systemProbes} {
		all = append(all, part...)
	}
	return all
}

// Check asks every question about the directory, in the folder that dataset
// keeps there, and leaves the directory as it found it. It writes less than
// Bytes, evicts nothing but its own files, and looks at ctx between two
// questions. An error without a report means that there is none; one beside a
// report says what could not be cleared away.
func Check(ctx context.Context, dir string) (*Report, error) {
	b := newBench(dir)
	giveBack := func() error { return nil }
	if b.noFile = b.room(); b.noFile == nil {
		var err error
		b.dir, giveBack, err = dataset.Borrow(dir)
		if busy, ok := errors.AsType[*dataset.BusyError](err); ok {
			return nil, busy
		}
		if b.noFile = failed("no file can be made there", err); err != nil {
			giveBack = func() error { return nil }
		}
	}
	r, err := b.report(ctx)
	return r, errors.Join(err, giveBack())
}

// report asks the questions.
func (b *bench) report(ctx context.Context) (*Report, error) {
	b.host = host.Read("/", []host.Target{{Name: "target", Dir: b.target}})
	r := &Report{Format: Format, Version: Version, Dir: b.target, PageSize: b.page}
	if b.noFile != nil {
		r.NoFile = b.noFile.Error()
	}
	r.FileSystem, r.Device = describe(&b.host.Targets[0])
	for _, p := range table() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r.Findings = append(r.Findings, b.find(p))
	}
	r.Trusted = trusted(r.Findings)
	return r, nil
}

// VitalPart asks the questions without which a run is worth nothing, and
// whether files can be mapped, in a folder that is open. It costs a few pages
// and a few flushes.
func VitalPart(d *dataset.Dir, target string) []Finding {
	b := newBench(target)
	b.dir = d
	var out []Finding
	for _, p := range table() {
		if p.weight == Vital || p.name == SharedMapping || p.name == PrivateMapping {
			out = append(out, b.find(p))
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

// find answers one question.
func (b *bench) find(p probe) Finding {
	f := Finding{Name: p.name, Group: p.group, Question: p.question, Weight: p.weight}
	why, refused := b.lacks(p.needs)
	switch {
	case why == "":
		f.Answer, f.Evidence = b.answer(p)
	case refused && p.weight == Vital: // a clean refusal is no lie
		f.Answer, f.Evidence, f.Weight = Unknown, why, Degrades
	default:
		f.Answer, f.Evidence = Unknown, why
	}
	if f.Answer == No {
		f.Consequence = p.means
	}
	return f
}

// answer asks a probe and clears up after it.
func (b *bench) answer(p probe) (Answer, string) {
	var r reply
	err := memfault.Catch(func() (err error) {
		r, err = p.ask(b)
		return err
	})
	if broken := b.clear(); broken != nil && err == nil && r.answer == Yes {
		err = broken
	}
	if err != nil {
		return answerOf(err), err.Error()
	}
	return r.answer, r.evidence
}

// lacks says why a probe cannot be asked, "" if it can, and whether that is
// because the file system refuses such mappings in so many words.
func (b *bench) lacks(n need) (why string, refused bool) {
	switch {
	case n != 0 && n != faults && b.noFile != nil:
		return b.noFile.Error(), false
	case n&shared != 0 && b.noShared != "":
		return "there is no shared mapping to ask it of: " + b.noShared, true
	case n&private != 0 && b.noPrivate != "":
		return "there is no private mapping to ask it of: " + b.noPrivate, true
	case n&mapping != 0 && b.noShared != "" && b.noPrivate != "":
		return "there is no mapping to ask it of: " + b.noPrivate, true
	case n&faults != 0 && !b.faultsArrive:
		return "faults do not arrive here with their address, as under user-mode emulation", false
	}
	return "", false
}

// room says why there is none for the files of Check. A file system that says
// nothing of its size (a tmpfs without a limit has 0 blocks) is given a try.
func (b *bench) room() error {
	free, known, err := b.free()
	if err != nil {
		return err
	}
	if known && free < Bytes {
		return fmt.Errorf("only %s are free, and it takes %s to ask", units.FormatSize(free), units.FormatSize(Bytes))
	}
	return nil
}

// free asks how many bytes this user may write to the target, which not every
// file system knows.
func (b *bench) free() (n int64, known bool, err error) {
	var st unix.Statfs_t
	if err := failed("statfs", unix.Statfs(b.target, &st)); err != nil {
		return 0, false, err
	}
	return int64(st.Bavail) * int64(st.Frsize), st.Blocks > 0, nil
}

func newBench(target string) *bench {
	return &bench{target: target, page: os.Getpagesize(), faultsArrive: memfault.Works()}
}
