package backend

import (
	"fmt"
	"slices"
)

// A Table is the options of a backend, or of whatever else has options, and what
// they do to its configuration C: an option is an entry, and its code one function.
type Table[C any] []Entry[C]

// An Entry is one option of a Table.
type Entry[C any] struct {
	Option

	// Apply puts the value into the configuration. Whether options fit each other
	// is decided afterwards.
	Apply func(c *C, v Value)

	// Refuse has the reason for each verb that would make the option void.
	Refuse map[Verb]string
}

// A Value is what an option was given: its text, and the number it stands for, Real for
// one of kind [Number] and N for others. Both are 0 for a word.
type Value struct {
	Text string
	N    int64
	Real float64
}

// Options describes the options, in order.
func (t Table[C]) Options() []Option {
	all := make([]Option, len(t))
	for i := range t {
		all[i] = t[i].Option
	}
	return all
}

// Configure applies what was given to the configuration. An option that is not in the
// table, one that would be void for the verb, and a value that [ParseOptions] would not
// have let through are errors, which begin with the owner, such as "backend mmap".
func (t Table[C]) Configure(owner string, verb Verb, given Options, c *C) error {
	for _, s := range given {
		i := slices.IndexFunc(t, func(e Entry[C]) bool { return e.Name == s.Name })
		if i < 0 {
			return fmt.Errorf("%s has no option %s", owner, s.Name)
		}
		why := t[i].Refuse[verb]
		if verb == ToOwn { // what is void for a read is void for a read into memory of one's own
			why = t[i].Refuse[ToRead]
		}
		if why != "" {
			return fmt.Errorf("%s, option %s, to %s: %s", owner, s.Name, verb, why)
		}
		v, err := t[i].value(s.Value, s.Value != "")
		if err != nil {
			return fmt.Errorf("%s, option %s: %w", owner, s.Name, err)
		}
		t[i].Apply(c, v)
	}
	return nil
}
