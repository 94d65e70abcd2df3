package harness

import (
	"fmt"

	"mmapbench/internal/dataset"
	"mmapbench/io/backend"
	"mmapbench/workloads"
)

// alteration is what an oracle does to a part of what one access returns.
type alteration struct {
	access int64 // the first is 1; 0: none
	piece  int   // 0: the last piece, otherwise a place that differs from one access to the next
	how    func(p []byte)
}

// alterations are changes of which each consumer that looks at the bytes notices
// one: a comparison may come to the same end with some other bytes.
var alterations = []func(p []byte){
	func(p []byte) {
		for i := range p {
			p[i] ^= 0x5a
		}
	},
	func(p []byte) { clear(p) },
	func(p []byte) {
		for i := range p {
			p[i] = 0xff
		}
	},
}

// pieces is how many pieces of each access are altered.
const pieces = 2

// apply alters a piece of what an access returns: a word where the consumer is to
// look at every word, a page otherwise.
func (a alteration) apply(p []byte, c backend.Consumer) {
	size := alterable(c)
	count := (len(p) + size - 1) / size
	if count == 0 {
		return
	}
	at := count - 1
	if a.piece > 0 {
		at = int(uint64(a.access) * 0x9e3779b97f4a7c15 >> 32 % uint64(count))
	} else if c == backend.Sum {
		at = max(len(p)/size-1, 0) // the consumer adds up whole words
	}
	a.how(p[at*size : min((at+1)*size, len(p))])
}

func alterable(c backend.Consumer) int {
	if c == backend.Sum {
		return backend.WordBytes
	}
	return backend.Piece(1)
}

// alteredRecord is the longest record in which single pieces are altered: each
// alteration is one more pass.
const alteredRecord = 64 << 10

// consumesAll reports a workload that views more than it looks at, as its rate is
// computed from what it views. Where its total is not that of the consumer, it has
// one of its own, which must depend on as much: on every word of each view with
// the consumer sum, on every page otherwise.
func consumesAll(w workloads.Workload, s Spec, content dataset.Content) error {
	s.Record = min(s.Record, alteredRecord)
	s.Size = examinedRecords * s.Record
	info := w.Info()
	sums := content.Sums(s.Size)
	pass := func(a alteration) (seen, error) {
		t := &tally{limit: accessLimit(info, s), alter: a}
		return overDefinition(w, s, oracle{content: content, sums: sums, tally: t}, nil)
	}
	plain, err := pass(alteration{})
	if err != nil {
		return err
	}
	step := max(plain.accesses/examinedRecords, 1)
	for access := int64(1); access <= plain.accesses; access += step {
		for piece := range pieces {
			if !noticed(plain, pass, alteration{access: access, piece: piece}) {
				return broken(info, "does not look at all that it reads: r.Total is the same whatever %s of "+
					"access %d is; %s",
					pieceName(s, piece), access, mustLook(s))
			}
		}
	}
	return nil
}

// noticed reports whether one of the alterations leads to anything else: an error,
// too, shows that the bytes were looked at.
func noticed(plain seen, pass func(alteration) (seen, error), a alteration) bool {
	for _, a.how = range alterations {
		if got, err := pass(a); err != nil || got != plain {
			return true
		}
	}
	return false
}

func pieceName(s Spec, piece int) string {
	name := "page"
	if s.Consumer == backend.Sum.String() {
		name = "word"
	}
	if piece == 0 {
		return "the last " + name
	}
	return "a " + name + " in the middle"
}

func mustLook(s Spec) string {
	each := "one word of every page"
	if s.Consumer == backend.Sum.String() {
		each = "every word"
	}
	return fmt.Sprintf("with the consumer %s it is credited with %s that View returned: hand all of it to r.Consume",
		s.Consumer, each)
}

// accessLimit is after how many accesses an examined workload is stopped.
func accessLimit(i workloads.Info, s Spec) int64 {
	return 64*i.AccessesOf(s.Ops, s.Size, s.Record) + 4096
}
