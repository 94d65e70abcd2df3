package experiment

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"mmapbench/internal/spelling"
	"mmapbench/results"
)

// A KeyError says which key of an experiment has a value that it cannot have. The
// flags of the command line have the same names.
type KeyError struct {
	Key string
	Err error
}

func (e *KeyError) Error() string { return e.Key + ": " + e.Err.Error() }
func (e *KeyError) Unwrap() error { return e.Err }

// keyed is an error as that of a key; nil stays nil.
func keyed(key string, err error) error {
	if err == nil {
		return nil
	}
	return &KeyError{key, err}
}

// Check reports values that no run could have, each as a KeyError.
func (e *Experiment) Check() error {
	between := func(key string, value, least, most any, ok bool) error {
		if ok {
			return nil
		}
		return &KeyError{key, fmt.Errorf("%v must be at least %v and at most %v", value, least, most)}
	}
	budget := time.Duration(e.Budget)
	errs := []error{
		between("rounds", e.Rounds, 1, results.MaxRounds, e.Rounds >= 0 && e.Rounds <= results.MaxRounds),
		between("budget", budget, "1ns", "366 days", budget >= 0 && budget <= results.MaxBudget),
	}
	errs = append(errs, keyed("label", results.Labels(e.Label).Check()))
	for _, o := range results.Options {
		errs = append(errs, keyed(o.Key, o.Check(&e.Measure)))
	}
	return errors.Join(errs...)
}

// explain turns the decoder's errors into file:line:column and a remedy.
func explain(name string, err error) error {
	if strict, ok := errors.AsType[*toml.StrictMissingError](err); ok {
		var all []error
		for _, d := range strict.Errors {
			row, col := d.Position()
			key, known := d.Key(), Keys()
			if len(key) > 1 && key[0] == gridKey {
				known = names(gridKeys())
			}
			unknown := spelling.Unknown("key", key[len(key)-1], known)
			all = append(all, fmt.Errorf("%s:%d:%d: %w", name, row, col, unknown))
		}
		return errors.Join(all...)
	}
	if d, ok := errors.AsType[*toml.DecodeError](err); ok {
		row, col := d.Position()
		return fmt.Errorf("%s:%d:%d: %s", name, row, col, inWords(d))
	}
	return fmt.Errorf("%s: %s", name, strings.TrimPrefix(err.Error(), "toml: "))
}

// inWords is what is wrong at a place. The decoder speaks of types of Go.
func inWords(d *toml.DecodeError) string {
	text := strings.TrimPrefix(d.Error(), "toml: ")
	if len(d.Key()) == 0 {
		return text
	}
	name := d.Key()[len(d.Key())-1]
	saysType := func(words string) bool { return strings.Contains(text, words) }
	if saysType("cannot decode") || saysType("cannot be stored") || saysType("cannot store") {
		if want := wanted(d.Key()); want != "" {
			return name + " must be " + want
		}
	}
	return name + ": " + text
}

// wanted says in words what a key holds.
func wanted(key toml.Key) string {
	t := keyType(key[0])
	switch {
	case t == nil:
		return ""
	case key[0] == gridKey && len(key) == 1:
		return "tables, each begun with [[grid]]"
	case key[0] == gridKey, t == reflect.TypeFor[List]():
		return `a string, or a list of strings, such as ["4k", "64k"]`
	case t == reflect.TypeFor[Duration]():
		return `a time in quotes, such as "90s"`
	case t.Kind() == reflect.Map && len(key) == 1:
		return "a table of names, begun with [" + key[0] + "]"
	}
	switch t.Kind() {
	case reflect.Int:
		return "a whole number"
	case reflect.Pointer: // the seed
		return "a whole number that is not negative"
	case reflect.Float64:
		return "a number"
	case reflect.Bool:
		return "true or false"
	}
	return "a string in quotes"
}

// keyType is the type of a key at the top of a file; nil where there is no such key.
func keyType(name string) reflect.Type {
	for _, k := range topKeys() {
		if k.name == name {
			return k.kind
		}
	}
	return nil
}

// Keys lists the keys at the top of a file.
func Keys() []string { return names(topKeys()) }

func names(keys []key) (list []string) {
	for _, k := range keys {
		list = append(list, k.name)
	}
	return list
}

// locate puts the file, and the place of the key, before each error.
func locate(name string, source []byte, err error) error {
	var all []error
	for _, e := range Errors(err) {
		k, ok := errors.AsType[*KeyError](e)
		if !ok {
			all = append(all, fmt.Errorf("%s: %w", name, e))
			continue
		}
		all = append(all, fmt.Errorf("%s%s: %w", name, place(source, k.Key), e))
	}
	return errors.Join(all...)
}

// Errors takes apart what errors.Join put together.
func Errors(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

// place is the ":line:column" of a key at the top of a file, or "".
func place(source []byte, key string) (at string) {
	eachKey(source, func(p *unstable.Parser, name, value *unstable.Node) {
		if string(name.Data) == key && at == "" {
			start := p.Shape(name.Raw).Start
			at = fmt.Sprintf(":%d:%d", start.Line, start.Column)
		}
	})
	return at
}

// eachKey calls f for each key at the top of a file, with its value.
func eachKey(source []byte, f func(p *unstable.Parser, name, value *unstable.Node)) {
	p := unstable.Parser{}
	p.Reset(source)
	for p.NextExpression() {
		x := p.Expression()
		if x.Kind != unstable.KeyValue {
			return // a table begins: what follows is in it
		}
		if it := x.Key(); it.Next() {
			f(&p, it.Node(), x.Value())
		}
	}
}

// bareTimes refuses times without a unit, which the decoder takes for nanoseconds.
func bareTimes(source []byte) error {
	var errs []error
	eachKey(source, func(_ *unstable.Parser, name, value *unstable.Node) {
		key := string(name.Data)
		if keyType(key) == reflect.TypeFor[Duration]() && value.Kind != unstable.String {
			errs = append(errs, keyed(key, errors.New("must be "+wanted(toml.Key{key}))))
		}
	})
	return errors.Join(errs...)
}
