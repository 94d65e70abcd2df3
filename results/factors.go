package results

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"mmapbench/internal/spelling"
	"mmapbench/internal/units"
)

// A Factor is one thing in which arms may differ. Whatever names factors goes through
// the table [Factors]: flags, keys of experiment files, sentences, names of files,
// columns. Its levels are the values of one field of an [Arm].
type Factor struct {
	Key     string   // the name everywhere: flag, experiment file, run file, column, --by
	Noun    string   // what an error calls a level; "": the key
	Unit    string   // the unit of levels that are numbers: Bytes, or "" for a count
	Applies Applies  // the kinds of work that have the factor; arms of others have no level
	Usage   string   // the flag's help; "": an experiment does not list the levels
	Short   string   // the flag's one letter; "": none
	Levels  []string // all that there are, in their order; nil: any
	Default []string // levels of an experiment that names none

	// Implied is what tables show of arms that write and have no level. Names of arms, which
	// other programs keep, are without it.
	Implied string

	word   func(*Arm) *string // the field, if a level is a word
	number func(*Arm) *int64  // the field, if a level is a number
	counts bool               // the numbers of accesses and of bytes follow from the level
	phrase func(a *Arm, level string) string
}

// Applies is a set of kinds of work.
type Applies uint8

// The kinds of work that a factor may apply to.
const (
	ToReads Applies = 1 << iota
	ToAppends
	ToCopies
	ToCommands

	ToWrites    = ToAppends | ToCopies
	ToWorkloads = ToReads | ToWrites
	ToAll       = ToWorkloads | ToCommands
)

// Bytes is the unit of sizes.
const Bytes = "bytes"

// Consumers lists what is done with the bytes that are read. Each is an
// io/backend.Consumer.
var Consumers = []string{"touch", "sum", "copy"}

// Durabilities lists what writes must achieve. Each is an io/backend.Durability.
var Durabilities = []string{"none", "data", "full"}

// Factors is the table of all factors. A plan's arms come in its order: the levels of
// the last factor change fastest. Phrases come in that order too.
var Factors = []*Factor{
	{Key: "target", Applies: ToAll, phrase: as("on %s"),
		word: func(a *Arm) *string { return &a.Target }},
	{Key: "workload", Applies: ToAll, Short: "w", Default: []string{"seqscan", "random", "copy", "append"},
		Usage: "the workloads to try, with options, as a `list`: seqscan,random:zipf=0.99,… (see mmapbench list " +
			"workloads)",
		word: func(a *Arm) *string { return &a.Workload }},
	{Key: "size", Unit: Bytes, Applies: ToAll, Default: []string{"auto"}, counts: true, phrase: filePhrase,
		Usage:  "try files of these sizes, as a `list`: 64M,256M, or auto, which follows the device's speed",
		number: func(a *Arm) *int64 { return &a.Size }},
	{Key: "record", Unit: Bytes, Applies: ToWorkloads, Default: []string{"64k"}, counts: true,
		phrase: recordPhrase,
		Usage:  "access this many bytes at once, as a `list`: 4k,64k,1M",
		number: func(a *Arm) *int64 { return &a.Record }},
	{Key: "cache", Noun: "cache state", Applies: ToReads | ToCopies | ToCommands, phrase: cachePhrase,
		Levels: Caches, Default: []string{Cold, Cached},
		Usage: "which cache states to bring about, as a `list`: " + strings.Join(Caches, ","),
		word:  func(a *Arm) *string { return &a.Cache }},
	{Key: "consumer", Applies: ToReads, Levels: Consumers, Default: []string{"sum"}, phrase: as("consumer %s"),
		Usage: "what to do with the bytes, as a `list`: " + strings.Join(Consumers, ","),
		word:  func(a *Arm) *string { return &a.Consumer }},
	{Key: "durability", Applies: ToWrites, Levels: Durabilities, Default: []string{"none"}, phrase: as("durability %s"),
		Usage: "what writes must achieve, as a `list`: " + strings.Join(Durabilities, ","),
		word:  func(a *Arm) *string { return &a.Durability }},
	{Key: "sync", Applies: ToWrites, Implied: SyncEnd, phrase: syncPhrase,
		Usage: "when what was written is made durable, as a `list`: end,every,every=16 (records)",
		word:  func(a *Arm) *string { return &a.Sync }},
	{Key: "ops", Applies: ToAll, Default: []string{"auto"}, counts: true, phrase: as("%s accesses"),
		Usage:  "make this many random accesses in a trial, as a `list` of counts, all or auto",
		number: func(a *Arm) *int64 { return &a.Ops }},
	{Key: "backend", Applies: ToAll, Default: []string{"pread", "mmap"}, Short: "b",
		Usage: "the backends to try, with options, as a `list`: pread,mmap:private,populate (see mmapbench list " +
			"backends)",
		word: func(a *Arm) *string { return &a.Backend }},
	{Key: "side", Applies: ToAll, Levels: []string{SideBase, SideControl, SideNew}, phrase: as("side %s"),
		word: func(a *Arm) *string { return &a.Side }},
}

func as(format string) func(*Arm, string) string {
	return func(_ *Arm, level string) string { return fmt.Sprintf(format, level) }
}

func recordPhrase(a *Arm, level string) string {
	if a.Replays() {
		return "accesses of up to " + level
	}
	return "records of " + level
}

func filePhrase(a *Arm, level string) string {
	if a.Workload == Exec {
		return "files of " + level
	}
	return "file of " + level
}

func cachePhrase(_ *Arm, level string) string {
	switch level {
	case Cold:
		return "cold cache"
	case DropCaches:
		return "cold after dropping caches"
	case DeviceCold:
		return "cold down to the device"
	}
	return level // "cached" and "mapped" are words already
}

// FactorOf finds a factor by its key, or reports which keys there are. What tells
// commands apart stands in the arm's backend, so that [GateExec] is a name of it.
func FactorOf(key string) (*Factor, error) {
	if key == GateExec {
		key = "backend"
	}
	if i := slices.IndexFunc(Factors, func(f *Factor) bool { return f.Key == key }); i >= 0 {
		return Factors[i], nil
	}
	return nil, spelling.Unknown("factor", key, FactorKeys())
}

// FactorKeys lists the keys of all factors.
func FactorKeys() (keys []string) {
	for _, f := range Factors {
		keys = append(keys, f.Key)
	}
	return keys
}

// Listed are the factors of which an experiment lists levels.
func Listed() (list []*Factor) {
	for _, f := range Factors {
		if f.Usage != "" {
			list = append(list, f)
		}
	}
	return list
}

// IsNumber reports whether the factor's levels are numbers.
func (f *Factor) IsNumber() bool { return f.number != nil }

// Called is what an error calls a level.
func (f *Factor) Called() string { return cmp.Or(f.Noun, f.Key) }

// Value is the arm's level as the run file has it, a string or an int64; nil where
// the factor does not apply.
func (f *Factor) Value(a *Arm) any {
	switch {
	case f.number != nil && *f.number(a) != 0:
		return *f.number(a)
	case f.number == nil && *f.word(a) != "":
		return *f.word(a)
	}
	return nil
}

// Text is the arm's level as tables show it, such as "64 KiB"; "" where the factor
// does not apply.
func (f *Factor) Text(a *Arm) string {
	if level := f.write(a, units.FormatSize); level != "" || a.Durability == "" {
		return level
	}
	return f.Implied
}

// Label is the arm's level as flags take it, without a space and without loss, such
// as "64k"; "" where the factor does not apply.
func (f *Factor) Label(a *Arm) string { return f.write(a, units.CompactSize) }

func (f *Factor) write(a *Arm, size func(int64) string) string {
	switch {
	case f.number == nil:
		return *f.word(a)
	case *f.number(a) == 0:
		return ""
	case f.Unit == Bytes:
		return size(*f.number(a))
	}
	return strconv.FormatInt(*f.number(a), 10)
}

// Phrase is the arm's level as a part of a sentence, such as "records of 64 KiB"; ""
// where the factor does not apply.
func (f *Factor) Phrase(a *Arm) string {
	level := f.Text(a)
	if level == "" || f.phrase == nil {
		return level
	}
	return f.phrase(a, level)
}

// Phrases are those of the factors that apply to the arm.
func Phrases(a *Arm, factors ...*Factor) (list []string) {
	for _, f := range factors {
		if p := f.Phrase(a); p != "" {
			list = append(list, p)
		}
	}
	return list
}

// SetWord and SetNumber give the arm a level.
func (f *Factor) SetWord(a *Arm, level string)  { *f.word(a) = level }
func (f *Factor) SetNumber(a *Arm, level int64) { *f.number(a) = level }

// Clear takes the level out of the arm, and the numbers that follow from it.
func (f *Factor) Clear(a *Arm) {
	if f.number != nil {
		*f.number(a) = 0
	} else {
		*f.word(a) = ""
	}
	if f.counts {
		a.Ops, a.Bytes = 0, 0
	}
}

// Without returns the arm without its number in the plan and without the levels of
// these factors: the same for arms that differ in nothing else.
func (a Arm) Without(factors ...*Factor) Arm {
	a.ID = 0
	for _, f := range factors {
		f.Clear(&a)
	}
	return a
}

// Same reports whether two arms have the same level.
func (f *Factor) Same(a, b *Arm) bool { return f.Value(a) == f.Value(b) }

// Compare orders arms by their level: numbers by size, words as in Levels, and others
// by the alphabet.
func (f *Factor) Compare(a, b *Arm) int {
	if f.number != nil {
		return cmp.Compare(*f.number(a), *f.number(b))
	}
	x, y := *f.word(a), *f.word(b)
	return cmp.Or(cmp.Compare(slices.Index(f.Levels, x), slices.Index(f.Levels, y)), strings.Compare(x, y))
}

// Differing lists the factors in which the arms differ.
func Differing(arms []Arm) (list []*Factor) {
	for _, f := range Factors {
		if slices.ContainsFunc(arms, func(a Arm) bool { return !f.Same(&a, &arms[0]) }) {
			list = append(list, f)
		}
	}
	return list
}
