package backend

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"mmapbench/internal/spelling"
	"mmapbench/internal/units"
)

// Info describes a backend.
type Info struct {
	Name    string   // the name that --backend takes, such as "mmap"
	Summary string   // one line
	Options []Option // listed and printed in this order
}

// Kind is what an option's value looks like.
type Kind uint8

const (
	Flag   Kind = iota // no value: "populate"
	Choice             // one of Values: "advise=random"
	Size               // a number of bytes: "grow=1M"; a backend reads it with Options.Size
	Count              // a whole number from Min to Max: "depth=32"; read with Options.Count
	Number             // a number above 0, with a fraction or not: "zipf=0.99"; see [Value]
)

// An Option is one knob of a backend, described well enough that parsing,
// validation, completion, listing and documentation need nothing else.
type Option struct {
	Name     string
	Kind     Kind
	Values   []string // what a Choice can be; words that a Size or a Count can be instead of a number
	Min, Max int64    // bounds of a Count; a Max of 0 is none
	Many     bool     // may be given more than once, with different values
	Excludes []string // options that contradict this one
	Default  string   // what holds when it is not given; "" for off
	Doc      string   // one line
	Seen     string   // where the effect shows, such as "VmFlags in smaps"; "" if nothing shows it
	Since    string   // the kernel that brought it, e.g. "Linux 5.14"; "" for all

	// Probe reports whether this machine has the option with that value ("" for a
	// flag), by trying it, not by its version: in the folder, where the file system
	// decides. Without a folder ("") only the kernel is asked. nil: always.
	Probe func(dir, value string) error
}

// A Setting is one option as given.
type Setting struct{ Name, Value string }

// Options are settings of a backend or of a workload in canonical form: in the order of
// Info.Options, nothing twice. Values are text: a size is written with the largest
// unit that divides it ("64k"), and [Options.Size] gives its bytes.
type Options []Setting

// ErrNotGiven is wrapped by the errors of [Options.Size] and [Options.Count] for an
// option that was not given: the backend's default holds.
var ErrNotGiven = errors.New("not given")

// An OptionError is the error about one option.
type OptionError struct {
	Name, Value string
	Err         error
}

func (e *OptionError) Error() string {
	return fmt.Sprintf("option %s: %v", Options{{e.Name, e.Value}}, e.Err)
}

func (e *OptionError) Unwrap() error { return e.Err }

// Get returns the option's value, "" for a flag, and whether the option was given;
// the first value of one that was given several times.
func (o Options) Get(name string) (value string, given bool) {
	for _, s := range o {
		if s.Name == name {
			return s.Value, true
		}
	}
	return "", false
}

// All returns the values of an option that may be given several times, in the order
// in which they were given.
func (o Options) All(name string) []string {
	var values []string
	for _, s := range o {
		if s.Name == name {
			values = append(values, s.Value)
		}
	}
	return values
}

// Size returns the bytes of an option of kind [Size]. The error is an *[OptionError]
// that wraps [ErrNotGiven] if the option was not given, and otherwise says why the
// value is no size.
func (o Options) Size(name string) (int64, error) { return o.number(name, units.ParseSize) }

// Count returns the number of an option of kind [Count], with the errors of
// [Options.Size].
func (o Options) Count(name string) (int64, error) { return o.number(name, parseCount) }

func (o Options) number(name string, parse func(string) (int64, error)) (int64, error) {
	value, given := o.Get(name)
	if !given {
		return 0, &OptionError{Name: name, Err: ErrNotGiven}
	}
	n, err := parse(value)
	if err != nil {
		return 0, &OptionError{name, value, err}
	}
	return n, nil
}

func parseCount(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no whole number", s)
	}
	return n, nil
}

// Has reports whether the flag or option is set.
func (o Options) Has(name string) bool {
	_, given := o.Get(name)
	return given
}

// String writes the options as they are given on the command line.
func (o Options) String() string {
	parts := make([]string, len(o))
	for i, s := range o {
		parts[i] = s.Name
		if s.Value != "" {
			parts[i] += "=" + s.Value
		}
	}
	return strings.Join(parts, ",")
}

// Split divides "mmap:private,advise=random" into the backend's name and its
// options.
func Split(s string) (name, options string) {
	name, options, _ = strings.Cut(s, ":")
	return name, options
}

// Join writes a backend's name and options in the form that Split reads.
func Join(name string, o Options) string {
	if len(o) == 0 {
		return name
	}
	return name + ":" + o.String()
}

// Parse reads the options after the colon.
func (in Info) Parse(text string) (Options, error) {
	return ParseOptions("backend "+in.Name, in.Options, text)
}

// ParseOptions reads options of the table: names separated by commas, a value after
// "=". Unknown names and values are errors that name the nearest right one. Errors
// begin with the owner, such as "backend mmap".
func ParseOptions(owner string, table []Option, text string) (Options, error) {
	given := map[string][]string{}
	for field := range strings.SplitSeq(text, ",") {
		if text == "" {
			break
		}
		name, value, hasValue := strings.Cut(field, "=")
		opt, err := findOption(owner, table, name)
		if err != nil {
			return nil, err
		}
		v, err := opt.value(value, hasValue)
		if err != nil {
			return nil, fmt.Errorf("%s, option %s: %w", owner, name, err)
		}
		if old := given[name]; len(old) > 0 && (!opt.Many || slices.Contains(old, v.Text)) {
			return nil, fmt.Errorf("%s: option %s is given twice", owner, name)
		}
		given[name] = append(given[name], v.Text)
	}
	return canonical(owner, table, given)
}

// canonical puts the settings in the table's order and refuses contradictions.
func canonical(owner string, table []Option, given map[string][]string) (Options, error) {
	var out Options
	for _, opt := range table {
		for _, v := range given[opt.Name] {
			out = append(out, Setting{opt.Name, v})
		}
		for _, other := range opt.Excludes {
			if given[opt.Name] != nil && given[other] != nil {
				return nil, fmt.Errorf("%s: options %s and %s contradict each other", owner, opt.Name, other)
			}
		}
	}
	return out, nil
}

// Probe asks this machine for every one of the options, in the folder where a file
// system decides; nil if they are all there.
func (in Info) Probe(dir string, o Options) error {
	for _, s := range o {
		opt, err := findOption("backend "+in.Name, in.Options, s.Name)
		if err != nil {
			return err
		}
		if opt.Probe == nil {
			continue
		}
		if err := opt.Probe(dir, s.Value); err != nil {
			return fmt.Errorf("backend %s, option %s: %w", in.Name, Options{s}, err)
		}
	}
	return nil
}

func findOption(owner string, table []Option, name string) (*Option, error) {
	names := make([]string, len(table))
	for i := range table {
		if names[i] = table[i].Name; names[i] == name {
			return &table[i], nil
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s has no options, got %q", owner, name)
	}
	return nil, spelling.Unknown("option of "+owner, name, names)
}

// value checks a value and returns it in canonical form.
func (o *Option) value(v string, given bool) (Value, error) {
	switch {
	case o.Kind == Flag && given:
		return Value{}, fmt.Errorf("takes no value, got %q", v)
	case o.Kind == Flag:
		return Value{}, nil
	case !given || v == "":
		return Value{}, fmt.Errorf("needs a value: %s", o.Usage())
	case slices.Contains(o.Values, v):
		return Value{Text: v}, nil
	case o.Kind == Choice, len(o.Values) > 0 && (v[0] < '0' || v[0] > '9'):
		return Value{}, spelling.Unknown("value", v, o.Values)
	case o.Kind == Size:
		n, err := units.ParseSize(v)
		return Value{Text: units.CompactSize(n), N: n}, err
	case o.Kind == Number:
		n, err := strconv.ParseFloat(v, 64)
		if err != nil || !(n > 0) || math.IsInf(n, 0) {
			return Value{}, fmt.Errorf("%q: want a number above 0, such as 0.5", v)
		}
		return Value{Text: strconv.FormatFloat(n, 'g', -1, 64), Real: n}, nil
	}
	n, err := parseCount(v)
	if err == nil && (n < o.Min || n > o.Max && o.Max != 0) {
		err = fmt.Errorf("%d is out of bounds: %s", n, o.Usage())
	}
	return Value{Text: strconv.FormatInt(n, 10), N: n}, err
}

// Usage writes the option with the values it takes: "advise=normal|random".
func (o *Option) Usage() string {
	values := slices.Clone(o.Values)
	switch {
	case o.Kind == Flag:
		return o.Name
	case o.Kind == Size:
		values = append(values, "SIZE")
	case o.Kind == Number:
		values = append(values, "NUMBER")
	case o.Kind == Count && o.Max != 0:
		values = append(values, fmt.Sprintf("%d..%d", o.Min, o.Max))
	case o.Kind == Count:
		values = append(values, "N")
	}
	return o.Name + "=" + strings.Join(values, "|")
}
