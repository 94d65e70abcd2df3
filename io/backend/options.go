package backend

import (
	"errors"
	"fmt"
	"slices"
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
)

// An Option is one knob of a backend, described well enough that parsing,
// validation, completion, listing and documentation need nothing else.
type Option struct {
	Name     string
	Kind     Kind
	Values   []string // what a Choice can be
	Many     bool     // may be given more than once, with different values
	Excludes []string // flags that contradict this one
	Default  string   // what holds when it is not given; "" for off
	Doc      string   // one line
	Since    string   // the kernel that brought it, e.g. "Linux 5.14"; "" for all

	// Probe reports whether the running kernel has the option with that
	// value ("" for a flag), by asking it, not by its version. nil: always.
	Probe func(value string) error
}

// A Setting is one option as given.
type Setting struct{ Name, Value string }

// Options are a backend's settings in canonical form: in the order of
// Info.Options, nothing twice. Values are text: a size is written with the largest
// unit that divides it ("64k"), and [Options.Size] gives its bytes.
type Options []Setting

// ErrNotGiven is wrapped by the error of [Options.Size] for an option that was not
// given: the backend's default holds.
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
func (o Options) Size(name string) (int64, error) {
	value, given := o.Get(name)
	if !given {
		return 0, &OptionError{Name: name, Err: ErrNotGiven}
	}
	n, err := units.ParseSize(value)
	if err != nil {
		return 0, &OptionError{name, value, err}
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

// Parse reads the options after the colon: names separated by commas, a value
// after "=". Unknown names and values are errors that name the nearest right
// one.
func (in Info) Parse(text string) (Options, error) {
	given := map[string][]string{}
	for field := range strings.SplitSeq(text, ",") {
		if text == "" {
			break
		}
		name, value, hasValue := strings.Cut(field, "=")
		opt, err := in.option(name)
		if err != nil {
			return nil, err
		}
		value, err = opt.value(value, hasValue)
		if err != nil {
			return nil, fmt.Errorf("backend %s, option %s: %w", in.Name, name, err)
		}
		if old := given[name]; len(old) > 0 && (!opt.Many || slices.Contains(old, value)) {
			return nil, fmt.Errorf("backend %s: option %s is given twice", in.Name, name)
		}
		given[name] = append(given[name], value)
	}
	return in.canonical(given)
}

// canonical puts the settings in the table's order and refuses contradictions.
func (in Info) canonical(given map[string][]string) (Options, error) {
	var out Options
	for _, opt := range in.Options {
		for _, v := range given[opt.Name] {
			out = append(out, Setting{opt.Name, v})
		}
		for _, other := range opt.Excludes {
			if given[opt.Name] != nil && given[other] != nil {
				return nil, fmt.Errorf("backend %s: options %s and %s contradict each other", in.Name, opt.Name,
					other)
			}
		}
	}
	return out, nil
}

// Probe asks the running kernel about every one of the options; nil if it has
// them all.
func (in Info) Probe(o Options) error {
	for _, s := range o {
		opt, err := in.option(s.Name)
		if err != nil {
			return err
		}
		if opt.Probe == nil {
			continue
		}
		if err := opt.Probe(s.Value); err != nil {
			return fmt.Errorf("backend %s, option %s: %w", in.Name, Options{s}, err)
		}
	}
	return nil
}

func (in Info) option(name string) (*Option, error) {
	names := make([]string, len(in.Options))
	for i := range in.Options {
		if names[i] = in.Options[i].Name; names[i] == name {
			return &in.Options[i], nil
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("backend %s has no options, got %q", in.Name, name)
	}
	return nil, spelling.Unknown("option of backend "+in.Name, name, names)
}

// value checks a value and returns it in canonical form.
func (o *Option) value(v string, given bool) (string, error) {
	switch {
	case o.Kind == Flag && given:
		return "", fmt.Errorf("takes no value, got %q", v)
	case o.Kind == Flag:
		return "", nil
	case !given || v == "":
		return "", fmt.Errorf("needs a value: %s", o.Usage())
	case o.Kind == Size:
		n, err := units.ParseSize(v)
		if err != nil {
			return "", err
		}
		return units.CompactSize(n), nil
	case !slices.Contains(o.Values, v):
		return "", spelling.Unknown("value", v, o.Values)
	}
	return v, nil
}

// Usage writes the option with the values it takes: "advise=normal|random".
func (o *Option) Usage() string {
	switch o.Kind {
	case Choice:
		return o.Name + "=" + strings.Join(o.Values, "|")
	case Size:
		return o.Name + "=SIZE"
	}
	return o.Name
}
