package results

import (
	"cmp"
	"encoding/json"
	"iter"
	"math"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// A CounterKey names a counter of one phase, or of WholeLap.
type CounterKey struct{ Phase, Name string }

func (k CounterKey) compare(o CounterKey) int {
	return cmp.Or(cmp.Compare(k.Phase, o.Phase), cmp.Compare(k.Name, o.Name))
}

// Unread is the value of a counter that could not be read.
const Unread = math.MinInt64

// Counters are what the counters of one trial said. In JSON they are an object of
// phases, each with an object of names; a counter that could not be read is null.
// Trials with the same counters share their keys.
type Counters struct {
	Keys   []CounterKey // sorted, each once
	Values []int64      // one for each key; Unread where there is no number
}

// CountersOf makes counters of maps: phase, name, value. A nil value was not read.
func CountersOf(phases map[string]map[string]*int64) Counters {
	var c Counters
	for phase, names := range phases {
		for name := range names {
			c.Keys = append(c.Keys, CounterKey{phase, name})
		}
	}
	slices.SortFunc(c.Keys, CounterKey.compare)
	for _, k := range c.Keys {
		value := int64(Unread)
		if n := phases[k.Phase][k.Name]; n != nil {
			value = *n
		}
		c.Values = append(c.Values, value)
	}
	return c
}

// Get returns a counter's value; nil where the trial lacks the counter, or could not
// read it.
func (c Counters) Get(phase, name string) *int64 {
	i, ok := slices.BinarySearchFunc(c.Keys, CounterKey{phase, name}, CounterKey.compare)
	if !ok || c.Values[i] == Unread {
		return nil
	}
	return &c.Values[i]
}

// IsZero reports whether there is no counter, which leaves them out of the JSON.
func (c Counters) IsZero() bool { return len(c.Keys) == 0 }

// phases goes through the keys phase by phase: the phase, and the numbers of its
// first key and of the first key after it.
func phases(keys []CounterKey) iter.Seq2[string, [2]int] {
	return func(yield func(string, [2]int) bool) {
		for from, to := 0, 0; from < len(keys); from = to {
			for to < len(keys) && keys[to].Phase == keys[from].Phase {
				to++
			}
			if !yield(keys[from].Phase, [2]int{from, to}) {
				return
			}
		}
	}
}

// MarshalJSON writes the phases and the names in the order of the keys.
func (c Counters) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, text := range jsonKeys(c.Keys) {
		out = append(out, text...)
		if c.Values[i] == Unread {
			out = append(out, "null"...)
		} else {
			out = strconv.AppendInt(out, c.Values[i], 10)
		}
	}
	return append(out, jsonEnd(c.Keys)...), nil
}

// jsonKeys is the JSON before the value of each key, from the end of the value
// before it on.
func jsonKeys(keys []CounterKey) []string {
	quoted := func(s string) string {
		b, _ := jsontext.AppendQuote(nil, s) // its only error is text that is no UTF-8, for which it has U+FFFD
		return string(b)
	}
	texts := make([]string, len(keys))
	for phase, part := range phases(keys) {
		for i := part[0]; i < part[1]; i++ {
			switch {
			case i == 0:
				texts[i] = quoted(phase) + ":{"
			case i == part[0]:
				texts[i] = "}," + quoted(phase) + ":{"
			default:
				texts[i] = ","
			}
			texts[i] += quoted(keys[i].Name) + ":"
		}
	}
	return texts
}

func jsonEnd(keys []CounterKey) string {
	if len(keys) == 0 {
		return "}"
	}
	return "}}"
}

// UnmarshalJSON reads what MarshalJSON writes, in any order.
func (c *Counters) UnmarshalJSON(b []byte) error {
	var phases map[string]map[string]*int64
	if err := json.Unmarshal(b, &phases); err != nil {
		return err
	}
	*c = CountersOf(phases)
	return nil
}
